import { fromHalves } from "../../storage/zxid.js";
import type { TxnCursor } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { eachHeader, type Moment } from "../scan/headers.js";

/** A transaction that is not later than a time, with the one after it, which is; null where the logs end. */
export interface ClockEdge {
  last: Moment;
  next: Moment | null;
}

/** Where a time is among the transactions of logs. */
export interface TimePlace {
  first: Moment;
  last: Moment;
  /** The latest time that any transaction has. */
  latest: bigint;
  /**
   * Where transactions that are not later than the time go over into later ones, in zxid order: one place, or none;
   * several where clocks stepped back across it. Of very many, the first and the last.
   */
  edges: ClockEdge[];
  /** How many there are in all. */
  edgeCount: number;
  /** Whether the first transaction is later already. */
  beginsLater: boolean;
}

/** Finds a time (milliseconds since 1970) in the logs; null where they hold no transaction. */
export async function placeOf(logs: readonly StoredFile[], time: bigint): Promise<TimePlace | null> {
  const search = new Search(time);
  for (const log of logs)
    await eachHeader(log, (cursor) => {
      search.add(cursor);
      return true;
    });
  return search.result();
}

const MOST_EDGES = 8;

/** Goes through transactions in zxid order; objects are made only where the time is crossed. */
class Search {
  private readonly limitHigh: number;
  private readonly limitLow: number;
  private readonly edges: ClockEdge[] = [];
  private edgeCount = 0;
  private first: Moment | null = null;
  private beginsLater = false;
  /** Of the transaction before. */
  private zxidHigh = 0;
  private zxidLow = 0;
  private timeHigh = 0;
  private timeLow = 0;
  private isLater = true;
  private latestHigh = -(2 ** 31);
  private latestLow = 0;

  constructor(time: bigint) {
    const limit = time < MIN_LONG ? MIN_LONG : time > MAX_LONG ? MAX_LONG : time;
    this.limitHigh = Number(limit >> 32n);
    this.limitLow = Number(limit & 0xffffffffn);
  }

  add({ zxidHigh, zxidLow, timeHigh, timeLow }: TxnCursor): void {
    const isFirst = this.first === null;
    // Logs that overlap hold some transactions twice.
    if (!isFirst && !isGreater(zxidHigh, zxidLow, this.zxidHigh, this.zxidLow)) return;
    const isLater = isGreater(timeHigh, timeLow, this.limitHigh, this.limitLow);
    if (isFirst) this.first = momentOf(zxidHigh, zxidLow, timeHigh, timeLow);
    if (isFirst) this.beginsLater = isLater;
    else if (isLater && !this.isLater) this.edge(momentOf(zxidHigh, zxidLow, timeHigh, timeLow));
    if (isGreater(timeHigh, timeLow, this.latestHigh, this.latestLow)) {
      this.latestHigh = timeHigh;
      this.latestLow = timeLow;
    }
    this.zxidHigh = zxidHigh;
    this.zxidLow = zxidLow;
    this.timeHigh = timeHigh;
    this.timeLow = timeLow;
    this.isLater = isLater;
  }

  result(): TimePlace | null {
    const { first, edges, beginsLater } = this;
    if (!first) return null;
    if (!this.isLater) this.edge(null);
    const latest = fromHalves(this.latestHigh, this.latestLow);
    return { first, last: this.previous(), latest, edges, edgeCount: this.edgeCount, beginsLater };
  }

  private edge(next: Moment | null): void {
    this.edgeCount++;
    if (this.edges.length === MOST_EDGES) this.edges.pop();
    this.edges.push({ last: this.previous(), next });
  }

  private previous(): Moment {
    return momentOf(this.zxidHigh, this.zxidLow, this.timeHigh, this.timeLow);
  }
}

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

function momentOf(zxidHigh: number, zxidLow: number, timeHigh: number, timeLow: number): Moment {
  return { zxid: fromHalves(zxidHigh, zxidLow), time: fromHalves(timeHigh, timeLow) };
}

/** Compares two longs by their halves: the upper signed, the lower not. */
function isGreater(high: number, low: number, thanHigh: number, thanLow: number): boolean {
  return high > thanHigh || (high === thanHigh && low > thanLow);
}
