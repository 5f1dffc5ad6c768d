import { fromHalves } from "../../storage/zxid.js";
import { SessionMap } from "../../tree/index.js";
import { Body, effectOf, errorName, hasPath, opName, type TxnCursor, type TxnShape } from "../../txn/index.js";
import type { Grouping } from "./groupings.js";
import { PathPatterns } from "../inspect/path-pattern.js";
import { isFailed } from "./txn-filter.js";
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

/** How much one session did. */
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
 *
 * @example
 * import { readRange } from "zkrewind/export";
 * import { TxnStats } from "zkrewind/forensics";
 * import { discover } from "zkrewind/recovery";
 *
 * const stats = new TxnStats(["op"]);
 * await readRange(discover(["fixtures/3.8.6-standalone"]).logs, { from: null, to: null }, {
 *   take: (txn, shape, bytes, { file, offset }) => stats.take(txn, shape, bytes.length, file, offset),
 * });
 * console.log(stats.total, [...stats.ops.keys()]);
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
    const path = shape === "ok" && hasPath(txn.body) ? pathText(txn) : null;
    const made: LargeTxn = { ...momentOf(txn), op: opName(txn.type), path, bytes: length, file, offset };
    const place = largest.findIndex(({ bytes }) => bytes < length);
    largest.splice(place < 0 ? largest.length : place, 0, made);
    if (largest.length > mostLarge) largest.pop();
  }

  private countOp(txn: TxnCursor, shape: TxnShape, length: number, failed: boolean): void {
    add(entry(this.ops, opName(txn.type), emptyCount), length, failed);
    if (shape !== "ok") return;
    if (txn.body === Body.error) increment(this.errors, errorName(txn.error));
    else if (txn.body === Body.multi && !failed)
      txn.eachMember((member) => add(entry(this.members, opName(member.type), emptyCount), bodyLength(member), false));
  }

  private countPaths(txn: TxnCursor, length: number, failed: boolean): void {
    if (hasPath(txn.body)) this.countPath(txn, length, false);
    else if (txn.body === Body.multi)
      txn.eachMember((member) => {
        if (hasPath(member.body)) this.countPath(member, bodyLength(member), failed);
      });
    else if (txn.body === Body.closeSession) this.countClosed(txn);
  }

  private countPath(txn: TxnCursor, length: number, failed: boolean): void {
    const group = this.paths.at(pathText(txn));
    add(group, length, failed);
    if (failed) return;
    switch (effectOf(txn.body)) {
      case "created":
        group.creates++;
        break;
      case "deleted":
        group.deletes++;
        break;
      case "data":
        group.sets++;
        break;
      case "acl":
      case null:
    }
  }

  private countClosed(txn: TxnCursor): void {
    txn.eachPath((start, length) => {
      const group = this.paths.at(textAt(txn.view, start, length));
      add(group, 4 + length, false);
      group.deletes++;
      group.bySessionEnd++;
    });
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

function momentOf({ zxid, time }: TxnCursor): { zxid: bigint; time: bigint } {
  return { zxid, time };
}

function bodyLength({ bodyStart, bodyEnd }: TxnCursor): number {
  return bodyEnd - bodyStart;
}

function pathText({ view, pathStart, pathLength }: TxnCursor): string {
  return textAt(view, pathStart, pathLength);
}

function textAt(view: DataView, start: number, length: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, length).toString("utf8");
}
