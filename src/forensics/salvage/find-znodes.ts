import type { StoredFile } from "../../recovery/index.js";
import { AssumedHeader } from "../../storage/assumed-header.js";
import { readFailure } from "../../io/read-failure.js";
import type { SnapshotSession } from "../../storage/snapshot-lists.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import type { Window } from "../../io/window.js";
import { firstNonZero, isZero } from "../../storage/zeros.js";
import { epochOf } from "../../storage/zxid.js";
import { aclAt, DataTree, freshTree, NONE, parentLength, STAT_LENGTH } from "../../tree/index.js";
import { type Plausible, plausiblePath, plausibleStat, type RecordShape, shapeAt } from "./plausible.js";
import type { LostBytes } from "./salvage-account.js";
import { say, type Message, plain } from "../../text/message.js";
import { SLASH } from "../../storage/path.js";

/** A znode whose parent was not read: its record as it is in the file. */
export interface OrphanRecord {
  path: string;
  offset: number;
  record: Buffer;
}

/** What can be read of a damaged snapshot. */
export interface FoundZnodes {
  tree: DataTree;
  sessions: Iterable<SnapshotSession>;
  orphans: OrphanRecord[];
  duplicates: string[];
  /** Znodes whose path and data parse but whose stat cannot be right. */
  badStats: string[];
  lostBytes: LostBytes[];
  damagedParts: Message[];
  /** Whether the first seal proves every byte of header, sessions, ACLs and znodes. */
  proven: boolean;
  /** Znodes read, the root included. */
  znodes: number;
}

/** Reads a snapshot as far as it makes sense, and goes on after what does not at the next znode that does. */
export async function findZnodes(snapshot: StoredFile): Promise<FoundZnodes> {
  const reader = new SnapshotReader(new AssumedHeader(snapshot.open()));
  try {
    return await new ZnodeSearch(snapshot, reader).run();
  } finally {
    reader.close();
  }
}

class ZnodeSearch {
  private readonly reader: SnapshotReader;
  private readonly window: Window;
  private readonly bounds: Plausible;
  private readonly result: FoundZnodes;
  private tree: DataTree | null = null;
  /** Where the znodes end; null until the end mark was found. */
  private sealed = false;

  constructor(snapshot: StoredFile, reader: SnapshotReader) {
    this.reader = reader;
    this.window = reader.window;
    // A snapshot that runs into a new epoch is one further at most; without a name nothing is known.
    const mostEpoch = snapshot.zxid === null ? 0x7fffffff : epochOf(snapshot.zxid) + 1;
    this.bounds = { mostEpoch, mostAcl: 0x7fffffff };
    const nothing = { orphans: [], duplicates: [], badStats: [], lostBytes: [], damagedParts: [] };
    this.result = { tree: new DataTree(), sessions: [], ...nothing, proven: false, znodes: 0 };
  }

  async run(): Promise<FoundZnodes> {
    const { reader, result } = this;
    try {
      const whole = await reader.readHead();
      if (!whole) result.damagedParts.push(this.headDamage());
      result.sessions = reader.sessions;
      if (!whole && !(await this.resync())) return this.finish();
      while (await this.takeNext());
      if (this.sealed) await this.checkSeal();
      else result.damagedParts.push(say`the end of the znodes and the seal`);
    } catch (error) {
      const offset = this.window.fileOffset(this.window.limit);
      const failure = readFailure(error, reader.file, offset);
      if (!failure) throw error;
      const what = failure.code === "file.compression" ? "the compressed stream" : say`the file (${failure.message})`;
      result.damagedParts.push(say`${what} from byte ${offset} on`);
    }
    return this.finish();
  }

  private headDamage(): Message {
    const { header, sessions, acls, findings } = this.reader;
    const reason = [...findings].at(-1)?.message ?? say`cut short`;
    if (!header || header.magic !== 0x5a4b534e) return say`the header (${reason})`;
    return acls.length > 0 || /ACL|entry/.test(plain(reason))
      ? say`the ACL map after ${acls.length} entries (${reason})`
      : say`the sessions after ${sessions.length} (${reason})`;
  }

  /** Takes the record at the window's position, or goes on where one makes sense again; false at the end. */
  private async takeNext(): Promise<boolean> {
    const { window, result } = this;
    if (await this.atEndMark()) {
      this.sealed = true;
      return false;
    }
    const shape = await this.shapeHere();
    if (shape && this.pathFits(shape)) {
      if (plausibleStat(window.block, shape.aclAt, this.bounds)) return this.take(shape);
      // Lengths that lead to another record that makes sense are right: only the stat is damaged.
      if (await this.followsSense(shape)) {
        const { pathStart, pathLength } = shape;
        const again = (await this.shapeHere()) as RecordShape;
        result.badStats.push(window.block.bytes.toString("utf8", pathStart, pathStart + pathLength) || "/");
        return this.take(again);
      }
    }
    return this.resync();
  }

  private pathFits({ pathStart, pathLength }: RecordShape): boolean {
    return plausiblePath(this.window.block, pathStart, pathLength) && (pathLength > 0 || this.tree === null);
  }

  private take(shape: RecordShape): true {
    this.add(shape);
    this.window.position = shape.end;
    this.result.znodes++;
    return true;
  }

  /** The record at the window's position with all its bytes in memory; null where its lengths cannot be right. */
  private async shapeHere(ahead = 0): Promise<RecordShape | null> {
    const { window } = this;
    for (;;) {
      const most = window.available + Math.min(window.unread, Number.MAX_SAFE_INTEGER) - ahead;
      const shape = shapeAt(window.block, window.position + ahead, window.limit, most);
      if (typeof shape !== "number") return shape;
      if (!(await window.need(ahead + shape))) return null;
    }
  }

  private async followsSense({ end }: RecordShape): Promise<boolean> {
    const { window } = this;
    const ahead = end - window.position;
    if (await this.atEndMark(ahead)) return true;
    const next = await this.shapeHere(ahead);
    if (!next || next.pathLength === 0) return false;
    return (
      plausiblePath(window.block, next.pathStart, next.pathLength) &&
      plausibleStat(window.block, next.aclAt, this.bounds)
    );
  }

  /** The ustring "/", and after it a seal or nothing: a znode is never called "/". */
  private async atEndMark(ahead = 0): Promise<boolean> {
    const { window } = this;
    if (!(await window.need(ahead + END_MARK))) return false;
    const at = window.position + ahead;
    if (window.block.view.getInt32(at) !== 1 || window.block.view.getUint8(at + 4) !== SLASH) return false;
    if (!(await window.need(ahead + END_MARK + SEAL))) return true;
    const seal = window.position + ahead + END_MARK;
    return window.block.view.getInt32(seal) === 0;
  }

  /** Goes on at the next place where a znode makes sense in every way, or the end mark stands; false at the end. */
  private async resync(): Promise<boolean> {
    const { window, result } = this;
    const from = window.offset;
    window.position++;
    for (;;) {
      if (window.available < SMALLEST && !(await window.need(SMALLEST))) {
        window.position = window.limit;
        break;
      }
      const at = window.position;
      const { view } = window.block;
      const length = view.getInt32(at);
      const first = view.getUint8(at + 4);
      if (length === 1 && first === SLASH && (await this.atEndMark())) break;
      if (
        length === 0 &&
        first === 0 &&
        at + ROOT_HEAD <= window.limit &&
        isZero(window.block.bytes, at, at + ROOT_HEAD)
      ) {
        // No znode is that empty: the next one begins where the zeros end, or just before.
        window.position = Math.max(at + 1, firstNonZero(window.block.bytes, at, window.limit) - ROOT_HEAD + 1);
        continue;
      }
      const named = length > 1 && first === SLASH;
      const root = length === 0 && this.tree === null;
      if ((named || root) && (await this.makesSense())) break;
      window.position++;
    }
    result.lostBytes.push({ from, to: window.offset });
    return window.available > 0;
  }

  private async makesSense(): Promise<boolean> {
    const shape = await this.shapeHere();
    if (!shape || !this.pathFits(shape)) return false;
    const { block } = this.window;
    return plausibleStat(block, shape.aclAt, this.bounds) && (await this.followsSense(shape));
  }

  private add({ pathStart, pathLength, dataStart, dataLength, aclAt: acl, end }: RecordShape): void {
    const { result, window } = this;
    const { block } = window;
    const path = (): string => block.bytes.toString("utf8", pathStart, pathStart + pathLength);
    if (pathLength === 0) {
      this.tree = new DataTree();
      this.adoptAcls();
      this.create(NONE, pathStart, 0, dataStart, dataLength, acl);
      return;
    }
    const tree = this.rootedTree();
    if (tree.znodes.find(block, pathStart, pathLength) !== NONE) {
      result.duplicates.push(path());
      return;
    }
    const parent = tree.znodes.find(block, pathStart, parentLength(block, pathStart, pathLength));
    if (parent === NONE) {
      const record = Buffer.from(block.bytes.subarray(pathStart - 4, end));
      result.orphans.push({ path: path(), offset: window.fileOffset(pathStart - 4), record });
    } else this.create(parent, pathStart, pathLength, dataStart, dataLength, acl);
  }

  private create(
    parent: number,
    path: number,
    pathLength: number,
    data: number,
    dataLength: number,
    acl: number,
  ): void {
    const { znodes } = this.tree as DataTree;
    const { block } = this.window;
    const slot = znodes.create(block, path, pathLength, data, dataLength, parent);
    const target = aclAt(znodes.viewOf(slot), znodes.recordOf(slot));
    block.bytes.copy(znodes.memoryOf(slot).bytes, target, acl, acl + 8 + STAT_LENGTH);
    znodes.refresh(slot);
    (this.tree as DataTree).noteOwner(slot);
  }

  /** Where the root itself is lost, a new one takes its place. */
  private rootedTree(): DataTree {
    if (this.tree) return this.tree;
    const fresh = freshTree();
    for (const path of ["/zookeeper/quota", "/zookeeper"])
      fresh.znodes.remove(fresh.znodes.findPath(Buffer.from(path)));
    this.tree = fresh;
    this.adoptAcls();
    this.result.damagedParts.push(say`the root: a new one replaces it, with zeros for its stat`);
    return fresh;
  }

  private adoptAcls(): void {
    for (const { id, acl } of this.reader.acls) this.tree?.acls.adopt(id, acl);
  }

  private async checkSeal(): Promise<void> {
    const { window, result } = this;
    window.position += END_MARK;
    if (!(await window.need(8))) {
      result.damagedParts.push(say`the seal is cut`);
      return;
    }
    const stored = window.block.view.getBigInt64(window.position);
    result.proven = stored === BigInt(window.adlerUpTo(window.position)) && result.lostBytes.length === 0;
    if (!result.proven) result.damagedParts.push(say`the seal does not match: a byte before it was changed`);
  }

  private finish(): FoundZnodes {
    this.result.tree = this.tree ?? this.result.tree;
    for (const { id, timeout } of this.result.sessions)
      this.result.tree.sessions.set(Number(id >> 32n), Number(id & 0xffffffffn), timeout);
    return this.result;
  }
}

const END_MARK = 5;
/** A long and the ustring "/". */
const SEAL = 13;
/** Two lengths and an aclId, which is not 0: what the root begins with where it has no data. */
const ROOT_HEAD = 16;
/** Int length and the first byte of a path, or the end mark. */
const SMALLEST = 5;
