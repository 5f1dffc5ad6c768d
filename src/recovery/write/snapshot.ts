import { ZkRewindError } from "../../findings/finding.js";
import type { SnapshotAcl } from "../../storage/snapshot-lists.js";
import { type SnapshotLayout, layoutName } from "../../storage/snapshot-trailers.js";
import { snapshotLength, SnapshotWriter } from "../../storage/snapshot-writer.js";
import type { Compression } from "../../io/byte-source.js";
import { createStored, type Stored } from "../../io/stored-writer.js";
import { nothingWritten, type Written } from "../../io/new/followed-file.js";
import { fromHalves } from "../../storage/zxid.js";
import { aclAt, ChildIndex, type DataTree, OPEN_ACL_ID, pathOf, STAT_LENGTH } from "../../tree/index.js";
import { compareWritten, refuseLeftOut } from "./left-out.js";
import { say, tag } from "../../text/message.js";
import { aclIdAt } from "../../storage/znode-record.js";

export interface SnapshotOptions {
  /** Which trailers to write. */
  layout: SnapshotLayout;
  compression?: Compression;
  /** Have siblings in the order of their names: the same tree is the same bytes. */
  sorted?: boolean;
  /** Give znodes whose ACL is not known the open one, instead of refusing. */
  openDanglingAcls?: boolean;
  /** Told, where that is known, how large the new file is going to be, and where to see how far it is. */
  onBegin?: (size: number, written: Written) => void;
  /** Told of passes, each over as many znodes as the tree has: they are sorted, and written. */
  onPass?: (pass: number, part: number) => void;
}

/** A snapshot that was written and read back. */
export interface WrittenSnapshot {
  zxid: bigint;
  znodes: number;
  sessions: number;
  /** Uncompressed. */
  bytes: number;
  stored: Stored;
  /** The tree digest (version 2), unsigned. */
  digest: bigint;
  layout: ReturnType<typeof layoutName>;
}

/**
 * Writes a tree as one snapshot file, which must not exist.
 *
 * Throws ZkRewindError 1 where a znode's ACL is not known, or where one is in no list of children.
 */
export async function writeSnapshot(
  { tree, zxid }: { tree: DataTree; zxid: bigint },
  path: string,
  options: SnapshotOptions,
): Promise<WrittenSnapshot> {
  // Servers take siblings in any order, and write them in none: as they lie in memory, they cost the least.
  const children = new ChildIndex(tree.znodes, options.sorted ?? false);
  refuseLeftOut(tree, children);
  const tell = options.onPass ?? (() => undefined);
  const acls = new FreshAcls(tree, options.openDanglingAcls ?? false);
  const slots = new Uint32Array(tree.znodes.size);
  let count = 0;
  let bytes = 0;
  for (const slot of children.walk()) {
    slots[count++] = slot;
    bytes += recordLengthOf(tree, slot);
    acls.use(slot);
    if (count % TOLD_EVERY === 0) tell(0, count / tree.znodes.size);
  }
  const sessions = tree.sessions.sorted().map(([id, timeout]) => ({ id, timeout }));
  const { layout, compression = "none" } = options;
  const length = snapshotLength(sessions, acls.list(), bytes, layout);
  const written = compression === "none" ? nothingWritten() : null;
  const writer = new SnapshotWriter(createStored(path, compression, written));
  try {
    if (written) options.onBegin?.(length, written);
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
      tell(1, writer.length / bytes);
    }
    const signed = fromHalves(high | 0, low);
    const digest = BigInt.asUintN(64, signed);
    compareWritten(tree, { znodes: count, digest });
    const stored = await writer.finish(layout, zxid, signed);
    const { length: size } = sessions;
    return { zxid, znodes: count, sessions: size, bytes: writer.length, stored, digest, layout: layoutName(layout) };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Znodes. */
const TOLD_EVERY = 1 << 16;

function recordLengthOf({ znodes }: DataTree, slot: number): number {
  const record = znodes.recordOf(slot);
  return aclAt(znodes.viewOf(slot), record) + 8 + STAT_LENGTH - record;
}

/** The ACL map of the new snapshot: only what is used, each once, numbered from 1. */
class FreshAcls {
  private readonly tree: DataTree;
  private readonly open: boolean;
  private readonly newIds = new Map<number, number>([[OPEN_ACL_ID, OPEN_ACL_ID]]);
  private readonly entries: SnapshotAcl[] = [];
  private readonly byContent = new Map<string, number>();

  constructor(tree: DataTree, openDangling: boolean) {
    this.tree = tree;
    this.open = openDangling;
  }

  use(slot: number): void {
    const id = this.oldId(slot);
    if (this.newIds.has(id)) return;
    const acl = this.tree.acls.get(id);
    if (acl) {
      // A server's map can have one under two ids; what is written is a function of the state alone.
      const content = acl.toString("latin1");
      const known = this.byContent.get(content);
      const fresh = known ?? this.entries.length + 1;
      if (known === undefined) this.entries.push({ id: BigInt(fresh), acl });
      this.byContent.set(content, fresh);
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
    return aclIdAt(view, at);
  }
}
