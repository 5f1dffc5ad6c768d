import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type DataDirectory, discover, rebuildAt, Refusal, salvageTo, type SeenState, verifyAll } from "../adapter.js";
import { hex } from "../model/files.js";
import { readSnapshot, treeOf } from "../model/read-snapshot.js";
import { sameTree, sessionsText } from "../model/tree.js";
import { file, type Folder, type Seed } from "../seeds/seed.js";
import { type Evidence, evidenceOf } from "./evidence.js";
import { Judge } from "./judge.js";

/** What `restore` writes is the state that it was given, as the harness reads it. */
export async function judgeRestored(state: SeenState, target: string, judge: Judge): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  try {
    const path = await state.restore(target);
    const reading = readSnapshot(readFileSync(path));
    if (reading.trouble !== null) return judge.fail("restore", `the snapshot is not sound: ${reading.trouble}`);
    const tree = treeOf(reading);
    // An ACL that is not known is written as the open one.
    if (!sameTree(tree.hash, state.tree, ["acls", "/zookeeper"]) || tree.nodes.size !== state.tree.znodes)
      judge.fail("restore", `${tree.nodes.size} znodes of ${state.tree.znodes}, or others`);
    if (sessionsText(tree.sessions) !== state.sessions) judge.fail("restore", "the sessions are others");
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

/** What `salvage` writes is sound and loses no sound transaction; what is then exact is the truth. */
export async function judgeSalvaged(
  directory: DataDirectory,
  target: string,
  before: Evidence,
  seed: Seed,
  judge: Judge,
): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  try {
    await salvageTo(directory, target);
    const after = evidenceOf(folderAt(join(target, "version-2")));
    const broken = after.troubles.find(({ file: name, what }) => name !== null && !AS_IT_WAS.test(what));
    if (broken) judge.fail("salvage", `${broken.file} is not sound: ${broken.what}`);
    const aside = existsSync(join(target, "suspect")) ? evidenceOf(folderAt(join(target, "suspect"))).told : new Map();
    for (const [zxid, { record, log, conflict }] of before.told) {
      if (conflict || !record.txn || aside.has(zxid)) continue;
      if (!after.told.get(zxid)?.record.payload.equals(record.payload))
        return judge.fail("salvage", `${hex(zxid)} of ${log} is sound, and lost`);
    }
    await judgeResult(target, after, seed, judge, await unprovenOf(directory));
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

/** What has a checksum that fits is kept as it is, however odd. */
const AS_IT_WAS = /twice|after|begins|does not parse|the path/;

/** What was not proven of some state before: a snapshot that is rebuilt there has it as it is, and the account says so. */
async function unprovenOf(directory: DataDirectory): Promise<readonly string[]> {
  const unproven = new Set((await verifyAll(directory)).ranges.flatMap((range) => range.unproven));
  try {
    for (const each of (await rebuildAt(directory, "latest")).unproven) unproven.add(each);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return [...unproven];
}

async function judgeResult(
  target: string,
  after: Evidence,
  seed: Seed,
  judge: Judge,
  unproven: readonly string[],
): Promise<void> {
  if (after.reading.logs.length + after.reading.snapshots.length === 0) return;
  const inner = new Judge(seed, after);
  const found = discover(target);
  const { ranges } = await verifyAll(found);
  try {
    const state = await rebuildAt(found, "latest");
    inner.rebuilt("latest", { ...state, unproven: [...state.unproven, ...unproven] }, ranges);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  judge.notProvable += inner.notProvable;
  for (const { rule, text } of inner.failures)
    if (rule === "wrong" || rule === "wrong sessions") judge.fail("salvage", `what is salvaged: ${text}`);
}

function folderAt(path: string): Folder {
  return new Map(
    readdirSync(path)
      .sort()
      .map((name) => [name, file(readFileSync(join(path, name)))]),
  );
}
