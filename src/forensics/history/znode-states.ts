import type { Block } from "../../checksum/index.js";
import type { SnapshotReader } from "../../storage/snapshot-reader.js";
import {
  AclTable,
  aclAt,
  Arena,
  comparePaths,
  dataAt,
  inBlock,
  kindOf,
  NONE,
  PathSort,
  ROOT,
  SessionMap,
  STAT,
  STAT_LENGTH,
  statAt,
  ZnodeStore,
} from "../../tree/index.js";
import type { ZnodeState } from "./znode-state.js";
import { aclIdAt } from "../../storage/znode-record.js";

/**
 * What is known of many znodes at one moment. They are as records, as a tree's do, with a word beside each that says
 * what of it is not known: no object is kept for any of them, since there may be as many as a tree has.
 *
 * A znode is a slot, good until it is removed.
 */
export class ZnodeStates {
  /** Whether a path that is not here does not exist; otherwise that is known only of those that were noted as gone. */
  complete = false;
  private readonly znodes: ZnodeStore;
  private readonly acls = new AclTable();
  /** By slot: the bits of FIELDS that are not known. */
  private unknown: Uint16Array;
  private hasRoot = false;
  /** Where `complete` does not say it of all: the bytes of paths that do not exist, as latin1. */
  private readonly gone = new Set<string>();
  /** The slots of each session's ephemerals. */
  private readonly ephemerals = new SessionMap<Set<number>>();

  /** `expected`: how many there may be; 0 where that is not known. */
  constructor(expected = 0) {
    this.znodes = new ZnodeStore(new Arena(0), expected);
    this.unknown = new Uint16Array(Math.max(expected, 256));
    // The store's first slot is the root's, whether there is one or not.
    const { start } = EMPTY();
    this.znodes.create(EMPTY(), start, 0, start, 0, NONE);
  }

  /** The znodes that are here. */
  get size(): number {
    return this.znodes.size - (this.hasRoot ? 0 : 1);
  }

  /** Takes in an entry of a snapshot's ACL map. */
  adoptAcl(id: bigint, acl: Buffer): void {
    this.acls.adopt(id, acl);
  }

  /** Takes in the znode that a snapshot's reader stands at. */
  adopt({ window, pathStart, pathLength, dataStart, dataLength, aclAt: from }: SnapshotReader): void {
    const { block } = window;
    const slot = this.make(block, pathStart, pathLength, dataStart, dataLength);
    const view = this.znodes.viewOf(slot);
    const to = aclAt(view, this.znodes.recordOf(slot));
    for (let at = 0; at < 8 + STAT_LENGTH; at += 4) view.setInt32(to + at, block.view.getInt32(from + at));
    const known = this.acls.get(aclIdAt(view, to)) !== undefined;
    this.unknown[slot] = known ? 0 : FIELDS.acl;
    this.noteOwner(slot);
  }

  /** Takes in the state of the znode whose path is at from[pathStart…], and its data, if it has any, at `dataStart`. */
  put(from: Block, pathStart: number, pathLength: number, state: Readonly<ZnodeState>, dataStart: number): void {
    const dataLength = state.data === null ? -1 : (state.data?.length ?? 0);
    const slot = this.make(from, pathStart, pathLength, dataStart, dataLength);
    this.describe(slot, state);
    this.noteOwner(slot);
  }

  /** The same for a path and a state that are not in a block: for the few that no file tells of. */
  putFresh(path: string, state: Readonly<ZnodeState>): void {
    const bytes = Buffer.from(path);
    const block = inBlock(Buffer.concat([bytes, state.data ?? EMPTY_DATA]));
    this.put(block, block.start, bytes.length, state, block.start + bytes.length);
  }

  /** Changes a znode in all but its data. */
  describe(slot: number, state: Readonly<ZnodeState>): void {
    const view = this.znodes.viewOf(slot);
    const acl = aclAt(view, this.znodes.recordOf(slot));
    const stat = acl + 8;
    if (state.acl) view.setBigInt64(acl, BigInt(this.acls.intern(state.acl, 0, state.acl.length)));
    view.setBigInt64(stat + STAT.czxid, state.czxid ?? 0n);
    view.setBigInt64(stat + STAT.ctime, state.ctime ?? 0n);
    view.setBigInt64(stat + STAT.mzxid, state.mzxid ?? 0n);
    view.setBigInt64(stat + STAT.mtime, state.mtime ?? 0n);
    view.setInt32(stat + STAT.version, state.version ?? 0);
    view.setInt32(stat + STAT.aversion, state.aversion ?? 0);
    view.setBigInt64(stat + STAT.ephemeralOwner, state.ephemeralOwner ?? 0n);
    let unknown = 0;
    for (const [field, bit] of BITS) if (state[field] === undefined) unknown |= bit;
    this.unknown[slot] = unknown;
  }

  /** Changes a znode's data, and what comes with it. */
  setData(slot: number, state: Readonly<ZnodeState>, from: Block, dataStart: number): void {
    this.znodes.setData(slot, from, dataStart, state.data === null ? -1 : (state.data?.length ?? 0));
    this.describe(slot, state);
  }

  /** Says that something of a znode is not known any more. */
  doubt(slot: number, fields: readonly (keyof ZnodeState)[]): void {
    for (const field of fields) this.unknown[slot] = (this.unknown[slot] as number) | FIELDS[field];
  }

  /** The slot of the znode with the path at from[start…]; NONE where it is not here. */
  find(from: Block, start: number, length: number): number {
    const slot = this.znodes.find(from, start, length);
    return slot === ROOT && !this.hasRoot ? NONE : slot;
  }

  /** Whether a path that is not here is known not to exist. */
  isGone(path: Buffer): boolean {
    return this.complete || (this.gone.size > 0 && this.gone.has(path.toString("latin1")));
  }

  /** Says that a path that is not here does not exist. */
  noteGone(path: Buffer): void {
    if (!this.complete) this.gone.add(path.toString("latin1"));
  }

  /** Takes a znode out: from here on as little is known of its path as of any that is not here. */
  remove(slot: number): void {
    this.forgetOwner(slot);
    if (slot === ROOT) this.hasRoot = false;
    else this.znodes.remove(slot);
  }

  /** All that is known of a znode, copied. */
  read(slot: number): ZnodeState {
    const { znodes } = this;
    const unknown = this.unknown[slot] as number;
    const view = znodes.viewOf(slot);
    const acl = aclAt(view, znodes.recordOf(slot));
    const stat = acl + 8;
    const aclId = aclIdAt(view, acl);
    return {
      czxid: unknown & FIELDS.czxid ? undefined : view.getBigInt64(stat + STAT.czxid),
      ctime: unknown & FIELDS.ctime ? undefined : view.getBigInt64(stat + STAT.ctime),
      mzxid: unknown & FIELDS.mzxid ? undefined : view.getBigInt64(stat + STAT.mzxid),
      mtime: unknown & FIELDS.mtime ? undefined : view.getBigInt64(stat + STAT.mtime),
      version: unknown & FIELDS.version ? undefined : view.getInt32(stat + STAT.version),
      aversion: unknown & FIELDS.aversion ? undefined : view.getInt32(stat + STAT.aversion),
      data: unknown & FIELDS.data ? undefined : this.dataOf(slot),
      acl: unknown & FIELDS.acl ? undefined : this.acls.get(aclId),
      ephemeralOwner: unknown & FIELDS.ephemeralOwner ? undefined : view.getBigInt64(stat + STAT.ephemeralOwner),
    };
  }

  /** Whether a znode was created, or set, after a zxid; for znodes that a snapshot told of. */
  isLater(slot: number, field: "czxid" | "mzxid", zxid: bigint): boolean {
    const view = this.znodes.viewOf(slot);
    return view.getBigInt64(statAt(view, this.znodes.recordOf(slot)) + STAT[field]) > zxid;
  }

  /** The bytes of a znode's path, copied: "/" for the root. */
  pathOf(slot: number): Buffer {
    return slot === ROOT ? Buffer.from("/") : Buffer.from(this.pathBytes(slot));
  }

  /** Every znode, in byte order of the paths. */
  sorted(): Uint32Array {
    const slots = new Uint32Array(this.size);
    let count = 0;
    for (const slot of this.each()) slots[count++] = slot;
    new PathSort(this.znodes).sort(slots, 0);
    return slots;
  }

  /** Every znode; those that are given may be removed meanwhile. */
  *each(): Generator<number> {
    const { znodes } = this;
    if (this.hasRoot) yield ROOT;
    for (let slot = ROOT + 1; slot < znodes.slots; slot++) if (znodes.exists(slot)) yield slot;
  }

  /** Byte order of a path here and one in another's. */
  comparePath(slot: number, other: ZnodeStates, otherSlot: number): number {
    return Buffer.compare(this.pathBytes(slot), other.pathBytes(otherSlot));
  }

  /** A session's ephemerals, in byte order of their paths. */
  ephemeralsOf(sessionHigh: number, sessionLow: number): number[] {
    const slots = this.ephemerals.get(sessionHigh, sessionLow);
    return slots ? [...slots].sort((a, b) => comparePaths(this.znodes, a, b)) : [];
  }

  /** The slot for a path, with its data and with nothing known of the rest. */
  private make(from: Block, pathStart: number, pathLength: number, dataStart: number, dataLength: number): number {
    const { znodes } = this;
    let slot = znodes.find(from, pathStart, pathLength);
    if (slot === NONE) slot = znodes.create(from, pathStart, pathLength, dataStart, dataLength, NONE);
    else {
      if (slot !== ROOT || this.hasRoot) this.forgetOwner(slot);
      if (slot === ROOT) this.hasRoot = true;
      znodes.setData(slot, from, dataStart, dataLength);
    }
    if (slot >= this.unknown.length) {
      const grown = new Uint16Array(Math.ceil(znodes.slots * 1.5));
      grown.set(this.unknown);
      this.unknown = grown;
    }
    if (this.gone.size > 0) this.gone.delete(this.pathOf(slot).toString("latin1"));
    return slot;
  }

  private dataOf(slot: number): Buffer | null {
    const view = this.znodes.viewOf(slot);
    const at = dataAt(view, this.znodes.recordOf(slot));
    const length = view.getInt32(at);
    return length < 0 ? null : Buffer.from(this.znodes.memoryOf(slot).bytes.subarray(at + 4, at + 4 + length));
  }

  private pathBytes(slot: number): Buffer {
    const { znodes } = this;
    const record = znodes.recordOf(slot);
    return znodes.memoryOf(slot).bytes.subarray(record + 4, record + 4 + znodes.viewOf(slot).getInt32(record));
  }

  private noteOwner(slot: number): void {
    const [high, low] = this.ownerOf(slot);
    if (kindOf(high, low) !== "ephemeral") return;
    const owned = this.ephemerals.get(high, low);
    if (owned) owned.add(slot);
    else this.ephemerals.set(high, low, new Set([slot]));
  }

  private forgetOwner(slot: number): void {
    const [high, low] = this.ownerOf(slot);
    const owned = this.ephemerals.get(high, low);
    if (owned?.delete(slot) && owned.size === 0) this.ephemerals.delete(high, low);
  }

  /** The halves; 0 where it is not known. */
  private ownerOf(slot: number): [high: number, low: number] {
    const view = this.znodes.viewOf(slot);
    const at = statAt(view, this.znodes.recordOf(slot)) + STAT.ephemeralOwner;
    return [view.getInt32(at), view.getUint32(at + 4)];
  }
}

const EMPTY_DATA = Buffer.alloc(0);
const EMPTY = (): Block => inBlock(EMPTY_DATA);

/** A bit for each field of a state. */
const FIELDS: Readonly<Record<keyof ZnodeState, number>> = {
  czxid: 1,
  ctime: 2,
  mzxid: 4,
  mtime: 8,
  version: 16,
  aversion: 32,
  data: 64,
  acl: 128,
  ephemeralOwner: 256,
};
const BITS = Object.entries(FIELDS) as [keyof ZnodeState, number][];
