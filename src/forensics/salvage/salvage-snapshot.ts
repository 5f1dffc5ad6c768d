import { type DataDirectory, rebuild, scanSnapshot, type SnapshotScan, type StoredFile } from "../../recovery/index.js";
import { unprovenText } from "../../recovery/exact/unproven-text.js";
import { writeSnapshot } from "../../recovery/write/snapshot.js";
import { encodeAcl } from "../../storage/acl.js";
import { AssumedHeader } from "../../storage/assumed-header.js";
import { ZkRewindError } from "../../findings/finding.js";
import { isDamage } from "../../findings/kinds.js";
import { createStored } from "../../io/stored-writer.js";
import { hex } from "../../storage/zxid.js";
import { aclAt, type DataTree, pathOf } from "../../tree/index.js";
import { confirmValues } from "./confirm-values.js";
import { attachOrphans, writeLostAndFound } from "./lost-and-found.js";
import { emptySnapshot, type SnapshotAccount } from "./salvage-account.js";
import { findZnodes } from "./find-znodes.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { aclIdAt } from "../../storage/znode-record.js";

export interface SalvageSnapshotOptions {
  /** Whether it is sound by itself, but not of its zxid: only a rebuilt one can stand in its place. */
  contradicted: boolean;
  /** What else there is: other files of the server, and other servers'. Without the damaged snapshot. */
  others: DataDirectory;
  /** Snapshots that are sound. */
  sound: readonly StoredFile[];
  /** Where a proven file goes, where an unproven one goes, and where znodes without a parent are written down. */
  provenPath: string;
  suspectPath: string;
  lostAndFoundPath: string;
  makeParents: boolean;
  openDanglingAcls: boolean;
  /** Makes the folder that a file is to be written to. */
  prepare(path: string): void;
}

/** Makes of a damaged snapshot the best that can be had, and says exactly how good that is. */
export async function salvageSnapshot(
  snapshot: StoredFile,
  damage: Message,
  options: SalvageSnapshotOptions,
): Promise<SnapshotAccount> {
  const account = emptySnapshot(snapshot, damage);
  if (!options.contradicted && (await trim(snapshot, account, options))) return account;
  if (await rebuildInstead(snapshot, account, options)) return account;
  if (options.contradicted) {
    // It is whole, and a server that loads it would serve another state than the zxid says.
    account.fate = "lost";
    return account;
  }
  await takeWhatIsThere(snapshot, account, options);
  return account;
}

/** A snapshot whose seals hold once its header is put right and what follows the last seal is left out. */
async function trim(
  snapshot: StoredFile,
  account: SnapshotAccount,
  { provenPath }: SalvageSnapshotOptions,
): Promise<boolean> {
  const repaired = { ...snapshot, open: () => new AssumedHeader(snapshot.open()) };
  const scan = await scanSnapshot(repaired);
  const damage = scan.findings.filter(isDamage);
  if (!scan.trailers?.sealed || damage.some(({ code }) => code !== "snapshot.trailing")) return false;
  const trailing = damage[0]?.offset;
  const source = repaired.open();
  const out = createStored(provenPath, "none");
  try {
    const buffer = Buffer.alloc(1 << 20);
    for (let left = trailing ?? Number.POSITIVE_INFINITY; left > 0; ) {
      const count = await source.read(buffer, 0, Math.min(buffer.length, left));
      if (count === 0) break;
      await out.write(buffer.subarray(0, count));
      left -= count;
    }
    await out.finish();
  } catch (error) {
    out.abandon();
    throw error;
  } finally {
    source.close();
  }
  if (trailing !== undefined) account.lostBytes.push({ from: trailing, to: scan.bytes });
  return proven(account, "trimmed", scan, provenPath);
}

function proven(
  account: SnapshotAccount,
  fate: SnapshotAccount["fate"],
  { znodes, sessions }: Pick<SnapshotScan, "znodes" | "sessions">,
  output: string,
): true {
  Object.assign(account, { fate, znodes, sessions, output });
  return true;
}

/** The state at its zxid from the other files, if they give it exactly. */
async function rebuildInstead(
  snapshot: StoredFile,
  account: SnapshotAccount,
  { others, provenPath, openDanglingAcls }: SalvageSnapshotOptions,
): Promise<boolean> {
  const { zxid } = snapshot;
  if (zxid === null || zxid === 0n) return false;
  try {
    const state = await rebuild(others, { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true });
    if (!state.exact || state.zxid !== zxid) return false;
    const written = await writeSnapshot(state, provenPath, { layout: state.layout, openDanglingAcls });
    const from = state.plan.filter(({ use }) => use !== "rejected").map(({ file }) => file);
    const unproven = state.unproven.length === 0 ? "" : say` (not proven: ${unprovenText(state.unproven)})`;
    account.why = say`${account.why}; rebuilt at ${hex(zxid)} from ${joined(from.map(tag.file), ", ")}${unproven}`;
    return proven(account, "rebuilt", written, provenPath);
  } catch (error) {
    if (error instanceof ZkRewindError) return false;
    throw error;
  }
}

async function takeWhatIsThere(
  snapshot: StoredFile,
  account: SnapshotAccount,
  options: SalvageSnapshotOptions,
): Promise<void> {
  const found = await findZnodes(snapshot);
  const { tree, orphans, duplicates, lostBytes, damagedParts, badStats } = found;
  account.duplicates = duplicates;
  account.lostBytes = lostBytes;
  account.damagedParts = [...damagedParts, ...badStats.map((path) => say`the stat of ${tag.path(path)}`)];
  account.orphans = orphans.map(({ path, offset }) => ({ path, offset }));
  if (orphans.length > 0) {
    options.prepare(options.lostAndFoundPath);
    await writeLostAndFound(orphans, tree, createStored(options.lostAndFoundPath, "none"));
    if (options.makeParents) account.madeParents = attachOrphans(tree, orphans);
  }
  if (tree.znodes.size === 0) return;
  const path = found.proven ? options.provenPath : options.suspectPath;
  if (!found.proven) Object.assign(account, await confirmValues(tree, options.others.logs, options.sound));
  account.withoutAcl = closeDanglingAcls(tree, options.openDanglingAcls);
  options.prepare(path);
  const zxid = snapshot.zxid ?? 0n;
  // No digest: the tree's own would say that a server had vouched for it.
  const written = await writeSnapshot({ tree, zxid }, path, { layout: { digest: false, lastZxid: false } });
  proven(account, found.proven ? "trimmed" : "scavenged", written, path);
}

/**
 * Znodes whose ACL id is in no map get an ACL that lets nobody in (but a superuser), or, if asked for, everybody: a
 * server would die of the id.
 */
function closeDanglingAcls(tree: DataTree, open: boolean): string[] {
  const paths: string[] = [];
  const { znodes } = tree;
  const nobody = encodeAcl([{ perms: 0, scheme: "world", id: "anyone" }]);
  const id = open ? -1 : tree.acls.intern(nobody, 0, nobody.length);
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    const view = znodes.viewOf(slot);
    const at = aclAt(view, znodes.recordOf(slot));
    if (tree.acls.get(aclIdAt(view, at))) continue;
    view.setBigInt64(at, BigInt(id));
    paths.push(pathOf(tree, slot));
  }
  return paths;
}
