import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { fileBytes } from "../../io/file-bytes.js";
import { openBytes } from "../../io/open-bytes.js";
import { Scratch } from "../../io/scratch.js";
import { discover } from "../../recovery/directory/discover.js";
import { rebuild, type State } from "../../recovery/index.js";
import { readBack } from "../../recovery/write/read-back.js";
import { writeSnapshot } from "../../recovery/write/snapshot.js";
import { hex } from "../../storage/zxid.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import type { Recipients } from "../crypt/index.js";
import type { Snapshot } from "../link/link.js";
import { gather } from "../read/gather.js";
import type { History } from "../read/history.js";
import type { Objects } from "../read/objects.js";
import { RepositoryTree } from "../read/tree.js";
import type { BuiltObject } from "../segment/build.js";
import { Hashed, partsOf } from "../segment/pieces.js";
import type { Boundary } from "./plan.js";

export interface BaseOptions {
  objects: Objects;
  recipients: Recipients | null;
  /** A folder with room for the tree and the files that it is built from; the system's unless given. */
  scratch?: string | undefined;
  /** Stores an object; answers false where its name must not be used. */
  store: (object: BuiltObject) => Promise<boolean>;
}

/** A base that was made, and what it holds. */
export interface MadeBase {
  snapshot: Snapshot;
  znodes: number;
  digest: bigint;
}

/**
 * Makes the base at a boundary, if the state there is proven: a digest that the server wrote for it is that of the replay,
 * and nothing that digests do not cover is in question. A message where it is not: why.
 */
export async function makeBase(
  history: History,
  { zxid, on }: Boundary,
  { objects, recipients, scratch, store }: BaseOptions,
): Promise<MadeBase | Message> {
  const files = new Scratch(scratch);
  const folder = mkdtempSync(join(scratch ?? tmpdir(), "zkrewind-base-"));
  try {
    const state = await stateAt(history, zxid, objects, files);
    const doubt = doubtOf(state, zxid);
    if (doubt !== null) return doubt;
    const path = join(folder, `snapshot.${zxid.toString(16)}`);
    const written = await writeSnapshot(state, path, { layout: LAYOUT, sorted: true });
    await readBack(written, path, null, () => undefined);
    const whole = new Hashed();
    for await (const _ of whole.read(openBytes(fileBytes(path))));
    const snapshot: Snapshot = { kind: "base", zxid, content: whole.digest(), bytes: whole.bytes, parts: [], on };
    for (let number = 0; !(await putParts(snapshot, path, recipients, number, store)); ) number++;
    return { snapshot, znodes: written.znodes, digest: written.digest };
  } catch (error) {
    if (!(error instanceof ZkRewindError) || error.exitCode === 3) throw error;
    return error.said.message;
  } finally {
    files.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function stateAt(history: History, zxid: bigint, objects: Objects, scratch: Scratch): Promise<State> {
  const wanted = { snapshotsUpTo: zxid, snapshots: SNAPSHOTS, from: null, to: zxid };
  const { files } = await gather(history, objects, scratch, wanted);
  const directory = discover([{ id: "backup", tree: new RepositoryTree("backup", files, []), path: "/" }]);
  const request = { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true } as const;
  // A second base is compared, however large it is: what is committed is relied on from then on.
  return rebuild(directory, request, { compareUpTo: Number.MAX_SAFE_INTEGER });
}

function doubtOf({ zxid, exact, digest, unproven, doubt, partial }: State, wanted: bigint): Message | null {
  if (zxid !== wanted || partial || !exact) return doubt ?? say`the state at ${hex(wanted)} is not known exactly`;
  if (!digest.verified) return say`no digest of the server's at ${hex(wanted)} proves the state there`;
  if (unproven.length === 0) return null;
  const what = joined(
    unproven.map((each) => tag.system(each)),
    ", ",
  );
  return say`nothing proves what the state at ${hex(wanted)} has of: ${what}; a second snapshot of a server's would`;
}

/** Whether all parts could be stored. */
async function putParts(
  snapshot: Snapshot,
  path: string,
  recipients: Recipients | null,
  number: number,
  store: BaseOptions["store"],
): Promise<boolean> {
  snapshot.parts = [];
  const whole = new Hashed();
  for await (const object of partsOf(whole.read(openBytes(fileBytes(path))), snapshot, recipients, { number })) {
    if (!(await store(object))) return false;
    const { bytes: _, ...part } = object;
    snapshot.parts.push(part);
  }
  return true;
}

/** One for all releases: they read the digest, or pass over it. */
const LAYOUT = { digest: true, lastZxid: false };
/** The newest can be ahead of the boundary, and another may be damaged. */
const SNAPSHOTS = 3;
