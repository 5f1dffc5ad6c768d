import { fromHalves } from "../../storage/zxid.js";
import { SessionMap } from "../../tree/index.js";
import { errorName, OpCode, opName, TxnCursor, type TxnShape } from "../../txn/index.js";
import type { Grouping } from "./groupings.js";
import { PathPatterns } from "../inspect/path-pattern.js";
import { isFailed, WITH_PATH } from "./txn-filter.js";
import type { Safe } from "../../text/safe.js";

/** What is counted of any group of transactions. */
export interface Count {
  count: number;
  /** Of the records' payloads; of a multi's member, of its own body. */
  bytes: number;
  /** Errors, and multis that failed. */
  errors: number;
  /** The longest, in bytes. */
  largest: number;
}

/** By path pattern: a multi's members each, and the ephemerals that a closeSession names. */
export interface PathCount extends Count {
  creates: number;
  sets: number;
  deletes: number;
  /** Of the deletes, those by the end of a session. */
  bySessionEnd: number;
}

export interface SessionCount extends Count {
  /** The zxid of its first transaction, and the halves of that of its last. */
  first: bigint;
  lastHigh: number;
  lastLow: number;
}

/** A transaction that is worth a look for its size. */
export interface LargeTxn {
  zxid: bigint;
  time: bigint;
  op: Safe;
  path: string | null;
  bytes: number;
  file: string;
  offset: number;
}

/**
 * Counts transactions by what they are, in one pass. Memory grows with the groups that are asked for, never with the
 * transactions.
 */
export class TxnStats {
  readonly total: Count = emptyCount();
  first: { zxid: bigint; time: bigint } | null = null;
  /** The most within one second of the servers' clocks, and which (milliseconds since 1970). */
  busiestSecond = { count: 0, time: 0 };
  /** The longest, longest first. */
  readonly largest: LargeTxn[] = [];
  readonly ops = new Map<Safe, Count>();
  /** What multis consisted of: those that were carried out. */
  readonly members = new Map<Safe, Count>();
  readonly errors = new Map<Safe, number>();
  readonly paths = new PathPatterns<PathCount>(emptyPathCount, addPathCount);
  readonly sessions = new SessionMap<SessionCount>();
  /** By the beginning of each minute, in milliseconds since 1970. */
  readonly minutes = new Map<number, Count>();

  private readonly by: ReadonlySet<Grouping>;
  private readonly mostLarge: number;
  private readonly member = new TxnCursor();
  private readonly second = { time: 0, count: 0 };
  private lastHigh = 0;
  private lastLow = 0;
  private lastTime = 0;

  constructor(by: readonly Grouping[], mostLarge = 10) {
    this.by = new Set(by);
    this.mostLarge = mostLarge;
  }

  /** Takes in a transaction; `length` is that of its payload. */
  take(txn: TxnCursor, shape: TxnShape, length: number, file: string, offset: number): void {
    const failed = isFailed(txn, shape);
    const time = txn.timeHigh * 2 ** 32 + txn.timeLow;
    add(this.total, length, failed);
    this.noteEnds(txn, time);
    this.noteSecond(time);
    this.noteLarge(txn, shape, length, file, offset);
    if (this.by.has("op")) this.countOp(txn, shape, length, failed);
    if (this.by.has("path") && shape === "ok") this.countPaths(txn, length, failed);
    if (this.by.has("session")) this.countSession(txn, length, failed);
    if (this.by.has("minute")) add(entry(this.minutes, Math.floor(time / MINUTE) * MINUTE, emptyCount), length, failed);
  }

  get last(): { zxid: bigint; time: bigint } | null {
    return this.first && { zxid: fromHalves(this.lastHigh, this.lastLow), time: BigInt(this.lastTime) };
  }

  private noteEnds(txn: TxnCursor, time: number): void {
    this.first ??= momentOf(txn);
    this.lastHigh = txn.zxidHigh;
    this.lastLow = txn.zxidLow;
    this.lastTime = time;
  }

  private noteSecond(time: number): void {
    const { second, busiestSecond } = this;
    const now = Math.floor(time / 1000) * 1000;
    if (second.time !== now) {
      second.time = now;
      second.count = 0;
    }
    second.count++;
    if (second.count > busiestSecond.count) {
      busiestSecond.count = second.count;
      busiestSecond.time = now;
    }
  }

  private noteLarge(txn: TxnCursor, shape: TxnShape, length: number, file: string, offset: number): void {
    const { largest, mostLarge } = this;
    if (largest.length === mostLarge && length <= (largest.at(-1)?.bytes ?? 0)) return;
    const path = shape === "ok" && WITH_PATH.has(txn.type) ? pathText(txn) : null;
    const made: LargeTxn = { ...momentOf(txn), op: opName(txn.type), path, bytes: length, file, offset };
    const place = largest.findIndex(({ bytes }) => bytes < length);
    largest.splice(place < 0 ? largest.length : place, 0, made);
    if (largest.length > mostLarge) largest.pop();
  }

  private countOp(txn: TxnCursor, shape: TxnShape, length: number, failed: boolean): void {
    add(entry(this.ops, opName(txn.type), emptyCount), length, failed);
    if (shape !== "ok") return;
    if (txn.type === OpCode.error) increment(this.errors, errorName(txn.error));
    else if (txn.type === OpCode.multi && !failed) {
      this.eachMember(txn, (member, bytes) => add(entry(this.members, opName(member.type), emptyCount), bytes, false));
    }
  }

  private countPaths(txn: TxnCursor, length: number, failed: boolean): void {
    if (WITH_PATH.has(txn.type)) this.countPath(txn, length, false);
    else if (txn.type === OpCode.multi)
      this.eachMember(txn, (member, bytes) => {
        if (WITH_PATH.has(member.type)) this.countPath(member, bytes, failed);
      });
    else if (txn.type === OpCode.closeSession) this.countClosed(txn);
  }

  private countPath(txn: TxnCursor, length: number, failed: boolean): void {
    const group = this.paths.at(pathText(txn));
    add(group, length, failed);
    if (failed) return;
    switch (txn.type) {
      case OpCode.delete:
      case OpCode.deleteContainer:
        group.deletes++;
        break;
      case OpCode.setData:
      case OpCode.reconfig:
        group.sets++;
        break;
      case OpCode.setACL:
      case OpCode.check:
        break;
      default:
        group.creates++;
    }
  }

  private countClosed({ view, items, itemsStart }: TxnCursor): void {
    for (let index = 0, at = itemsStart; index < items; index++) {
      const length = view.getInt32(at);
      const group = this.paths.at(textAt(view, at + 4, length));
      add(group, 4 + length, false);
      group.deletes++;
      group.bySessionEnd++;
      at += 4 + length;
    }
  }

  private countSession(txn: TxnCursor, length: number, failed: boolean): void {
    const { sessionHigh, sessionLow } = txn;
    let group = this.sessions.get(sessionHigh, sessionLow);
    if (!group) {
      group = { ...emptyCount(), first: momentOf(txn).zxid, lastHigh: 0, lastLow: 0 };
      this.sessions.set(sessionHigh, sessionLow, group);
    }
    add(group, length, failed);
    group.lastHigh = txn.zxidHigh;
    group.lastLow = txn.zxidLow;
  }

  private eachMember(txn: TxnCursor, visit: (member: TxnCursor, bytes: number) => void): void {
    const { member } = this;
    for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
      const next = txn.parseMember(member, at);
      if (next >= 0) visit(member, member.bodyEnd - member.bodyStart);
      at = member.bodyEnd;
    }
  }
}

const MINUTE = 60_000;

function emptyCount(): Count {
  return { count: 0, bytes: 0, errors: 0, largest: 0 };
}

function emptyPathCount(): PathCount {
  return { ...emptyCount(), creates: 0, sets: 0, deletes: 0, bySessionEnd: 0 };
}

function addPathCount(into: PathCount, from: PathCount): void {
  for (const field of ["count", "bytes", "errors", "creates", "sets", "deletes", "bySessionEnd"] as const)
    into[field] += from[field];
  into.largest = Math.max(into.largest, from.largest);
}

function add(group: Count, bytes: number, failed: boolean): void {
  group.count++;
  group.bytes += bytes;
  if (failed) group.errors++;
  if (bytes > group.largest) group.largest = bytes;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function increment(counts: Map<Safe, number>, name: Safe): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function momentOf(txn: TxnCursor): { zxid: bigint; time: bigint } {
  return { zxid: fromHalves(txn.zxidHigh, txn.zxidLow), time: fromHalves(txn.timeHigh, txn.timeLow) };
}

function pathText({ view, pathStart, pathLength }: TxnCursor): string {
  return textAt(view, pathStart, pathLength);
}

function textAt(view: DataView, start: number, length: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, length).toString("utf8");
}
