import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { fileName } from "../../storage/names.js";
import type { SnapshotAcl } from "../../storage/snapshot-lists.js";
import { type SnapshotLayout, layoutName } from "../../storage/snapshot-trailers.js";
import { SnapshotWriter } from "../../storage/snapshot-writer.js";
import { type Compression, openSource, SUFFIX } from "../../io/byte-source.js";
import { writeNew } from "../../io/new-file.js";
import { makeFolder } from "../../io/new-folder.js";
import { createStored, type Stored } from "../../io/stored-writer.js";
import { syncFolder } from "../../io/sync-folder.js";
import { epochOf, fromHalves, hex } from "../../storage/zxid.js";
import { aclAt, ChildIndex, type DataTree, OPEN_ACL_ID, pathOf, ROOT, STAT_LENGTH } from "../../tree/index.js";
import { scanSnapshot } from "../scan/scan-snapshot.js";
import type { State } from "../state.js";
import { compareWritten, refuseLeftOut } from "./left-out.js";
import { plain, say, tag } from "../../text/message.js";

export interface RestoreOptions {
  /** Which trailers to write. */
  layout: SnapshotLayout;
  compression?: Compression;
  /** The slots to keep; all unless given. A kept znode's parents are kept. */
  keep?: ((slot: number) => boolean) | null;
  /** Give znodes whose ACL is not known the open one, instead of refusing. */
  openDanglingAcls?: boolean;
  /** Told of three passes, each over as many znodes as the tree has: they are sorted, written, and read back. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** What was written, as the manifest says it. */
export interface Restored {
  /** The snapshot, as a path. */
  snapshot: string;
  zxid: bigint;
  epoch: number;
  znodes: number;
  sessions: number;
  /** Znodes that `keep` or a quota that lost its znode left out. */
  dropped: number;
  /** Uncompressed. */
  bytes: number;
  stored: Stored;
  /** The tree digest (version 2), unsigned. */
  digest: bigint;
  layout: string;
}

/**
 * Writes a state as a new data directory that a server starts on: DIR/version-2/snapshot.<zxid>, currentEpoch and
 * acceptedEpoch, and a manifest beside version-2. It is built under a temporary name, brought to disk, read back and
 * verified before it gets its own.
 *
 * Throws ZkRewindError: 3 where DIR exists or cannot be written, 1 where a znode's ACL is not known, or where one that
 * `keep` keeps is in no list of children.
 */
export function restore(state: State, directory: string, options: RestoreOptions): Promise<Restored> {
  return makeFolder(directory, (temporary) => writeAll(state, temporary, directory, options));
}

async function writeAll(
  state: State,
  temporary: string,
  directory: string,
  options: RestoreOptions,
): Promise<Restored> {
  const { compression = "none" } = options;
  const name = fileName("snapshot", state.zxid, SUFFIX[compression]);
  const version = join(temporary, "version-2");
  mkdirSync(version);
  const written = await writeSnapshot(state, join(version, name), options);
  const epoch = epochOf(state.zxid);
  for (const file of ["currentEpoch", "acceptedEpoch"]) writeNew(join(version, file), String(epoch));
  syncFolder(version);
  const restored = { ...written, snapshot: join(directory, "version-2", name), epoch };
  const { stored } = restored;
  await readBack(restored, join(version, name), (storedBytes) => {
    tellPass(options, state.tree, 2, storedBytes / stored.size);
  });
  tellPass(options, state.tree, 2, 1);
  writeNew(join(temporary, MANIFEST), manifest(state, restored, name));
  return restored;
}

/** The manifest's name, in the restored folder. */
export const MANIFEST = "zkrewind-manifest.json";

/** Writes a tree as one snapshot file, which must not exist. */
export async function writeSnapshot(
  state: Pick<State, "tree" | "zxid">,
  path: string,
  options: RestoreOptions,
): Promise<Omit<Restored, "snapshot" | "epoch">> {
  const { tree, zxid } = state;
  const children = new ChildIndex(tree.znodes);
  refuseLeftOut(tree, children, options.keep ?? null);
  const keep = keeper(tree, children, options.keep ?? null);
  const acls = new FreshAcls(tree, options.openDanglingAcls ?? false);
  const slots = new Uint32Array(tree.znodes.size);
  let count = 0;
  let bytes = 0;
  for (const slot of children.walk()) {
    if (!keep(slot)) continue;
    slots[count++] = slot;
    bytes += recordLengthOf(tree, slot);
    acls.use(slot);
    if (count % TOLD_EVERY === 0) tellPass(options, tree, 0, count / tree.znodes.size);
  }
  const writer = new SnapshotWriter(createStored(path, options.compression ?? "none"));
  try {
    const sessions = tree.sessions.sorted().map(([id, timeout]) => ({ id, timeout }));
    await writer.begin(sessions, acls.list());
    let high = 0;
    let low = 0;
    for (const slot of slots.subarray(0, count)) {
      const record = tree.znodes.recordOf(slot);
      const end = record + recordLengthOf(tree, slot);
      low += tree.znodes.digest(slot);
      if (low >= 2 ** 32) {
        low -= 2 ** 32;
        high++;
      }
      const full = writer.add(tree.znodes.memoryOf(slot).bytes, record, end, acls.idOf(slot));
      if (!full) continue;
      await full;
      tellPass(options, tree, 1, writer.length / bytes);
    }
    const digest = fromHalves(high | 0, low);
    if (!options.keep) compareWritten(tree, { znodes: count, digest: BigInt.asUintN(64, digest) });
    const stored = await writer.finish(options.layout, zxid, digest);
    return {
      zxid,
      znodes: count,
      sessions: sessions.length,
      dropped: tree.znodes.size - count,
      bytes: writer.length,
      stored,
      digest: BigInt.asUintN(64, digest),
      layout: layoutName(options.layout),
    };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Says that a part (0 to 1) of the pass with this index is done. */
function tellPass({ onProgress }: RestoreOptions, { znodes }: DataTree, pass: number, part: number): void {
  onProgress?.({ done: Math.round((pass + Math.min(part, 1)) * znodes.size), total: PASSES * znodes.size });
}

const PASSES = 3;
/** Znodes. */
const TOLD_EVERY = 1 << 16;

function recordLengthOf({ znodes }: DataTree, slot: number): number {
  const record = znodes.recordOf(slot);
  return aclAt(znodes.viewOf(slot), record) + 8 + STAT_LENGTH - record;
}

/**
 * Which slots to write. /zookeeper is the server's own and stays, but for the quotas of znodes that are gone: a server
 * would otherwise look for them when it starts.
 */
function keeper(
  tree: DataTree,
  children: ChildIndex,
  keep: ((slot: number) => boolean) | null,
): (slot: number) => boolean {
  if (!keep) return () => true;
  const kept = new Uint8Array(tree.znodes.slots);
  const own = tree.znodes.findPath(Buffer.from("/zookeeper"));
  for (const slot of children.walk()) if (slot === ROOT || keep(slot)) kept[slot] = 1;
  if (own < 0) return (slot) => kept[slot] === 1;
  const quota = "/zookeeper/quota";
  for (const slot of children.walk(own)) {
    const path = pathOf(tree, slot);
    if (!path.startsWith(`${quota}/`)) {
      kept[slot] = 1;
      continue;
    }
    const target = tree.znodes.findPath(
      Buffer.from(path.slice(quota.length).replace(/\/zookeeper_(limits|stats)$/, "") || "/"),
    );
    kept[slot] = target >= 0 && kept[target] === 1 ? 1 : 0;
  }
  return (slot) => kept[slot] === 1;
}

/** The ACL map of the new snapshot: only what is used, numbered from 1. */
class FreshAcls {
  private readonly tree: DataTree;
  private readonly open: boolean;
  private readonly newIds = new Map<number, number>([[OPEN_ACL_ID, OPEN_ACL_ID]]);
  private readonly entries: SnapshotAcl[] = [];

  constructor(tree: DataTree, openDangling: boolean) {
    this.tree = tree;
    this.open = openDangling;
  }

  use(slot: number): void {
    const id = this.oldId(slot);
    if (this.newIds.has(id)) return;
    const acl = this.tree.acls.get(id);
    if (acl) {
      const fresh = this.entries.length + 1;
      this.entries.push({ id: BigInt(fresh), acl });
      this.newIds.set(id, fresh);
    } else if (this.open) this.newIds.set(id, OPEN_ACL_ID);
    else {
      throw new ZkRewindError(
        say`the ACL of ${tag.path(pathOf(this.tree, slot))} is not known: its id ${id} is in no map`,
        {
          exitCode: 1,
          hint: say`--open-dangling-acls gives such znodes world:anyone:cdrwa. A server fails on them when a client reads one.`,
        },
      );
    }
  }

  idOf(slot: number): number {
    return this.newIds.get(this.oldId(slot)) as number;
  }

  list(): readonly SnapshotAcl[] {
    return this.entries;
  }

  private oldId(slot: number): number {
    const view = this.tree.znodes.viewOf(slot);
    const at = aclAt(view, this.tree.znodes.recordOf(slot));
    return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
  }
}

/** Reads the new snapshot from disk as any other: seals, structure, count and digest must be what was meant. */
async function readBack(restored: Restored, path: string, onProgress: (storedBytes: number) => void): Promise<void> {
  const name = fileName("snapshot", restored.zxid);
  const { zxid, stored } = restored;
  const file = { kind: "snapshot" as const, name, path, zxid, size: stored.size, open: () => openSource(path) };
  const scan = await scanSnapshot(file, onProgress);
  const problem = scan.findings.find((each) => each.severity === "error");
  const wrong =
    problem?.message ??
    (scan.sound ? null : "it is not sound") ??
    (scan.znodes === restored.znodes ? null : say`${scan.znodes} znodes instead of ${restored.znodes}`) ??
    (scan.digest === restored.digest ? null : say`digest ${scan.digest} instead of ${restored.digest}`);
  if (wrong !== null)
    throw new ZkRewindError(say`what was written does not read back: ${wrong}`, {
      exitCode: 3,
      findings: scan.findings,
    });
}

function manifest(state: State, restored: Restored, name: string): string {
  const crc = restored.stored.crc32c.toString(16).padStart(8, "0");
  const content = {
    type: "manifest",
    schema: 1,
    at: {
      zxid: hex(state.zxid),
      epoch: restored.epoch,
      exact: state.exact,
      ...(state.doubt === null ? {} : { doubt: plain(state.doubt) }),
    },
    layout: restored.layout,
    znodes: restored.znodes,
    dropped: restored.dropped,
    sessions: restored.sessions,
    digest: { version: 2, value: restored.digest.toString() },
    files: [{ path: `version-2/${name}`, size: restored.stored.size, bytes: restored.bytes, crc32c: crc }],
    builtFrom: state.plan.filter((step) => step.use !== "rejected").map((step) => step.file),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
