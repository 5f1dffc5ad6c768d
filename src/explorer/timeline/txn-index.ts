import { isFailed } from "../../forensics/transactions/txn-filter.js";
import { readTimeline, type TimelineVisitor } from "../../forensics/history/timeline.js";
import type { DataDirectory, StoredFile } from "../../recovery/index.js";
import type { TxnPlace } from "../../recovery/scan/txn-visitor.js";
import { fromHalves } from "../../storage/zxid.js";
import { Body, effectOf, OpCode, type TxnCursor, type TxnShape } from "../../txn/index.js";
import { breathe } from "../breathe.js";
import { Chunks, type Counted, KIND_OF } from "./chunks.js";
import { Bursts, type Burst } from "./bursts.js";

/** Transactions between two that are missing or damaged. */
export interface TimelineHole {
  after: bigint;
  before: bigint;
  time: number;
}

/** Where an epoch begins. */
export interface EpochStart {
  epoch: number;
  zxid: bigint;
  time: number;
}

/**
 * Where transactions lie in the logs, and how many of each kind there were over time: built in one pass, in bounded memory.
 * It can be asked while it is being built.
 */
export class TxnIndex {
  readonly chunks: Chunks;
  readonly holes: TimelineHole[] = [];
  readonly epochs: EpochStart[] = [];
  /** Bytes of the logs read, and in all. */
  done = 0;
  readonly total: number;
  isWhole = false;
  private readonly logs: readonly StoredFile[];
  private readonly bursts = new Bursts();

  constructor({ logs }: Pick<DataDirectory, "logs">, mostChunks = MOST_CHUNKS) {
    this.logs = logs;
    this.chunks = new Chunks(mostChunks);
    this.total = logs.reduce((sum, { size }) => sum + size, 0);
  }

  /** Reads the logs, up to a zxid if one is given; `signal` ends it early. */
  async read(signal?: AbortSignal, to: bigint | null = null): Promise<void> {
    const files = new Map(this.logs.map(({ name }, index) => [name, index]));
    const before = this.logs.map((_, index) => this.logs.slice(0, index).reduce((sum, { size }) => sum + size, 0));
    let last: Counted | null = null;
    let missing: { after: bigint; before: bigint } | null = null;
    const visitor: TimelineVisitor = {
      begin: (next, after) => {
        if (after !== null) missing = { after, before: next };
      },
      take: (txn, shape, _, place) => {
        const file = files.get(place.file) ?? 0;
        const counted = count(txn, shape, place, file);
        if (missing) this.holes.push({ ...missing, time: counted.time });
        missing = null;
        if (last?.zxidHigh !== counted.zxidHigh && this.epochs.length < MOST_MARKS)
          this.epochs.push({ epoch: counted.zxidHigh, zxid: txn.zxid, time: counted.time });
        last = counted;
        this.chunks.add(counted);
        this.bursts.add(counted);
        this.done = Math.min((before[file] as number) + place.offset, this.total);
      },
      isDone: () => signal?.aborted ?? false,
      pause: () => breathe(),
    };
    await readTimeline(this.logs, { from: null, to }, visitor);
    this.bursts.finish();
    this.done = this.total;
    this.isWhole = true;
  }

  /** Seconds with very many writes or deletes. */
  get remarkable(): readonly Burst[] {
    return this.bursts.found(this.chunks.count);
  }

  get first(): { zxid: bigint; time: number } | null {
    return this.chunks.length === 0 ? null : { zxid: this.chunks.firstZxid(0), time: this.chunks.time(0) };
  }

  get last(): { zxid: bigint; time: number } | null {
    const at = this.chunks.length - 1;
    return at < 0 ? null : { zxid: this.chunks.lastZxid(at), time: this.chunks.lastTime(at) };
  }

  /** The logs from the first transaction after a zxid on; all of them while that is not known yet. */
  logsAfter(zxid: bigint): readonly StoredFile[] {
    const at = this.chunks.at(zxid + 1n);
    if (at < 0) return this.logs;
    const { file, offset } = this.chunks.placeOf(at);
    const log = this.logs[file] as StoredFile;
    const to = log.range?.to ?? Number.MAX_SAFE_INTEGER;
    return [{ ...log, open: () => log.open({ from: offset, to }) }, ...this.logs.slice(file + 1)];
  }

  /** About how many transactions lie after one zxid, up to another. */
  between(after: bigint, to: bigint): number {
    const { chunks } = this;
    return Math.max(chunks.at(to) - chunks.at(after), 0) * chunks.per;
  }

  /** A transaction about this many before another: the last of a chunk. Null where there is none. */
  before(zxid: bigint, transactions: number): bigint | null {
    const { chunks } = this;
    const at = chunks.at(zxid) - Math.ceil(transactions / chunks.per);
    return at <= 0 ? null : chunks.lastZxid(at - 1);
  }
}

/** 26 MB in all. */
const MOST_CHUNKS = 1 << 18;
const MOST_MARKS = 1000;

function count(txn: TxnCursor, shape: TxnShape, place: TxnPlace, file: number): Counted {
  const failed = isFailed(txn, shape);
  return {
    zxidHigh: txn.zxidHigh,
    zxidLow: txn.zxidLow,
    time: fromHalvesNumber(txn.timeHigh, txn.timeLow),
    kind: KIND_OF[txn.body],
    bytes: place.length,
    failed,
    deletes: failed ? 0 : deletesOf(txn),
    sessions: txn.type === OpCode.createSession ? 1 : txn.type === OpCode.closeSession ? -1 : 0,
    file,
    offset: place.offset,
  };
}

function deletesOf(txn: TxnCursor): number {
  if (txn.body === Body.closeSession) return Math.max(txn.items, 0);
  if (txn.body !== Body.multi) return effectOf(txn.body) === "deleted" ? 1 : 0;
  let deletes = 0;
  txn.eachMember((member) => {
    if (effectOf(member.body) === "deleted") deletes++;
  });
  return deletes;
}

function fromHalvesNumber(high: number, low: number): number {
  return Number(fromHalves(high, low));
}
