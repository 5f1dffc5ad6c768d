import type { Block } from "../checksum/index.js";
import { Body, hasPath, type TxnCursor } from "../txn/index.js";
import type { DataTree, TxnWatcher } from "./data-tree.js";
import { parentLength } from "./parent-length.js";
import { mayBeOfQuota, type SavedQuotas } from "./quota.js";
import { inBlock } from "./scratch.js";
import { aclAt, dataAt, STAT, STAT_LENGTH } from "./znode-fields.js";
import { NONE, type ZnodeStore } from "./znode-store.js";

/** A znode before a transaction: its record (znode-fields.ts), or null where there was none. */
interface Image {
  path: Buffer;
  record: Buffer | null;
}

/** What takes one transaction back. */
interface Step {
  /** The zxid before it. */
  zxidHigh: number;
  zxidLow: number;
  images: readonly Image[];
  /** The session that it opened or closed, with its timeout before; undefined where it was not open. */
  session: { high: number; low: number; timeout: number | undefined } | null;
  /** What quotas had counted; null where there were none. */
  quotas: SavedQuotas | null;
  bytes: number;
}

/**
 * What a tree was before each of the last transactions, so that it can go back: the znodes that a transaction may
 * change, as they are in memory. What cannot be taken back that way (quotas that are made or deleted, orphans) ends it: then
 * nothing before that can be reached.
 *
 * @example
 * import { discover, replay } from "zkrewind/recovery";
 * import { freshTree, Journal } from "zkrewind/tree";
 *
 * const tree = freshTree();
 * const journal = new Journal(tree, 1 << 20, 100);
 * await replay(tree, discover(["fixtures/3.8.6-standalone"]).logs, { from: 0n, to: 0x20n, exactFrom: 0n, proven: true });
 * console.log(tree.zxidLow, journal.length, journal.back(), tree.zxidLow);
 */
export class Journal implements TxnWatcher {
  /** Told of each step, forward or back, which znodes it came by: their paths' bytes in latin1. Null: it may be any. */
  onStep: (paths: Iterable<string> | null) => void = () => {};
  private readonly tree: DataTree;
  private readonly mostBytes: number;
  private readonly mostSteps: number;
  private steps: Step[] = [];
  private bytes = 0;

  /** Follows a tree from now on. The oldest steps go where more than this many bytes, or steps, would be kept. */
  constructor(tree: DataTree, mostBytes: number, mostSteps: number) {
    this.tree = tree;
    this.mostBytes = mostBytes;
    this.mostSteps = mostSteps;
    tree.watcher = this;
  }

  /** How many transactions can be taken back. */
  get length(): number {
    return this.steps.length;
  }

  /** About how many bytes it takes. */
  get size(): number {
    return this.bytes;
  }

  /** The earliest zxid that can be reached. */
  get first(): bigint {
    const { tree, steps } = this;
    const { zxidHigh, zxidLow } = steps[0] ?? tree;
    return (BigInt(zxidHigh) << 32n) | BigInt(zxidLow);
  }

  /** Called by the tree before it applies a transaction. */
  before(txn: TxnCursor, from: Block): void {
    const { tree } = this;
    if (this.cannotGoBack(txn, from)) {
      this.onStep(null);
      this.forget();
      return;
    }
    const images = new Map<string, Image>();
    if (txn.body === Body.multi) {
      if (!txn.multiFailed()) txn.eachMember((member) => this.noteOf(images, member, from));
    } else if (txn.body === Body.closeSession) this.noteClosed(images, txn, from);
    else this.noteOf(images, txn, from);
    const ofSession = txn.body === Body.createSession || txn.body === Body.closeSession;
    const { sessionHigh: high, sessionLow: low } = txn;
    const session = ofSession ? { high, low, timeout: tree.sessions.get(high, low) } : null;
    const quotas = tree.quotas.active ? tree.quotas.save() : null;
    if (quotas) for (const path of tree.quotas.statsPaths()) this.notePath(images, path);
    const { zxidHigh, zxidLow } = tree;
    this.keep({ zxidHigh, zxidLow, images: [...images.values()], session, quotas, bytes: 0 });
  }

  /** Takes the last transaction back; false where that cannot be done. */
  back(): boolean {
    const { tree } = this;
    if (tree.znodes.orphans > 0) this.forget();
    const step = this.steps.pop();
    if (!step) return false;
    this.bytes -= step.bytes;
    const { znodes } = tree;
    const byDepth = [...step.images].sort((a, b) => a.path.length - b.path.length);
    const gone = byDepth.filter(({ path, record }) => isAnother(znodes, znodes.findPath(path), record));
    for (const { path } of gone.toReversed()) tree.remove(znodes.findPath(path));
    for (const { path, record } of byDepth) if (record) this.restore(path, record);
    if (step.quotas) tree.quotas.load(step.quotas);
    if (step.session) {
      const { high, low, timeout } = step.session;
      if (timeout === undefined) tree.sessions.delete(high, low);
      else tree.sessions.set(high, low, timeout);
    }
    tree.zxidHigh = step.zxidHigh;
    tree.zxidLow = step.zxidLow;
    this.onStep(step.images.map(({ path }) => path.toString("latin1")));
    return true;
  }

  /** Nothing before now can be reached any more. */
  forget(): void {
    this.steps = [];
    this.bytes = 0;
  }

  private cannotGoBack(txn: TxnCursor, from: Block): boolean {
    const { tree } = this;
    if (tree.znodes.orphans > 0 || !tree.cversionEnds.isEmpty) return true;
    const isOfQuota = ({ body, pathStart, pathLength }: TxnCursor): boolean =>
      (body === Body.create || body === Body.delete) && mayBeOfQuota(from, pathStart, pathLength);
    return txn.body === Body.multi ? txn.someMember(isOfQuota) : isOfQuota(txn);
  }

  private noteOf(images: Map<string, Image>, txn: TxnCursor, from: Block): void {
    if (!hasPath(txn.body) || txn.body === Body.check) return;
    this.note(images, from, txn.pathStart, txn.pathLength);
    if (txn.body === Body.create || txn.body === Body.delete)
      this.note(images, from, txn.pathStart, parentLength(from, txn.pathStart, txn.pathLength));
  }

  private noteClosed(images: Map<string, Image>, txn: TxnCursor, from: Block): void {
    const { znodes, ephemerals } = this.tree;
    const note = (block: Block, start: number, length: number): void => {
      this.note(images, block, start, length);
      this.note(images, block, start, parentLength(block, start, length));
    };
    txn.eachPath((start, length) => note(from, start, length));
    for (const slot of ephemerals.get(txn.sessionHigh, txn.sessionLow) ?? []) {
      const record = znodes.recordOf(slot);
      note(znodes.memoryOf(slot), record + 4, znodes.viewOf(slot).getInt32(record));
    }
  }

  private note(images: Map<string, Image>, block: Block, start: number, length: number): void {
    const isRoot = length <= 1;
    const key = isRoot ? "" : block.bytes.toString("latin1", start, start + length);
    if (images.has(key)) return;
    const { znodes } = this.tree;
    const slot = znodes.find(block, start, isRoot ? 0 : length);
    images.set(key, { path: Buffer.from(key, "latin1"), record: slot === NONE ? null : recordOf(znodes, slot) });
  }

  private notePath(images: Map<string, Image>, path: Buffer): void {
    const block = inBlock(path);
    this.note(images, block, block.start, path.length);
  }

  private keep(step: Step): void {
    step.bytes = step.images.reduce((sum, { path, record }) => sum + OVERHEAD + path.length + (record?.length ?? 0), 0);
    this.onStep(step.images.map(({ path }) => path.toString("latin1")));
    this.steps.push(step);
    this.bytes += step.bytes;
    while (this.steps.length > this.mostSteps || (this.bytes > this.mostBytes && this.steps.length > 0))
      this.bytes -= this.steps.shift()?.bytes ?? 0;
  }

  /** Makes a znode what it was: a new one where it is gone. */
  private restore(path: Buffer, record: Buffer): void {
    const { tree } = this;
    const { znodes } = tree;
    let slot = znodes.findPath(path);
    const isNew = slot === NONE;
    const parent = isNew ? znodes.findPath(path.subarray(0, path.lastIndexOf("/"))) : NONE;
    const block = inBlock(record);
    const start = block.start;
    const data = dataAt(block.view, start);
    const dataLength = block.view.getInt32(data);
    if (isNew) slot = znodes.create(block, start + 4, path.length, data + 4, dataLength, parent);
    else znodes.setData(slot, block, data + 4, dataLength);
    const target = znodes.memoryOf(slot).bytes;
    const at = aclAt(znodes.viewOf(slot), znodes.recordOf(slot));
    record.copy(target, at, record.length - 8 - STAT_LENGTH);
    znodes.refresh(slot);
    if (isNew) tree.noteOwner(slot);
  }
}

/** About what an image takes beside its bytes. */
const OVERHEAD = 200;

function recordOf(znodes: ZnodeStore, slot: number): Buffer {
  const record = znodes.recordOf(slot);
  const end = aclAt(znodes.viewOf(slot), record) + 8 + STAT_LENGTH;
  return Buffer.from(znodes.memoryOf(slot).bytes.subarray(record, end));
}

/** Whether a znode that exists was not there, or was another of the same path. */
function isAnother(znodes: ZnodeStore, slot: number, record: Buffer | null): boolean {
  if (slot === NONE) return false;
  if (!record) return true;
  const view = znodes.viewOf(slot);
  const stat = znodes.statOf(slot);
  const before = record.length - STAT_LENGTH + STAT.czxid;
  return (
    view.getInt32(stat + STAT.czxid) !== record.readInt32BE(before) ||
    view.getInt32(stat + STAT.czxid + 4) !== record.readInt32BE(before + 4)
  );
}
