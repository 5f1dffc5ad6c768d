import { type Finding, finding } from "../../findings/finding.js";
import { LogReader } from "../../storage/log-reader.js";
import { follows, fromHalves } from "../../storage/zxid.js";
import { addConfigNode } from "../../tree/fresh.js";
import { type DataTree, Outcome, type OutcomeCode } from "../../tree/index.js";
import { OpCode, TxnCursor, type TxnShape } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { type Checkpoint, ReplayProof } from "./replay-proof.js";
import { isBefore34 } from "../scan/headers.js";
import { LookAhead } from "./prefetch.js";
import { type Fingerprint, fingerprint } from "./fingerprint.js";

export interface ReplayOptions {
  /** The last zxid that the tree has: its snapshot's, 0 for a fresh one. */
  from: bigint;
  /** The last zxid to apply; null for all there are. */
  to: bigint | null;
  /** From here on the tree is no longer fuzzy: digests must match and every transaction must fit. */
  exactFrom: bigint;
  checkpoints?: readonly Checkpoint[];
  /** Apply the transaction at `from` once more if it is a multi: the base may hold half of it. */
  reapply?: boolean;
  /** Whether to take the tree's fingerprint at `exactFrom`, to be compared with another replay's. */
  fingerprint?: boolean;
  /** Bytes of logs read so far. */
  onProgress?: (bytes: number) => void;
}

/** Why a replay ended. */
export type ReplayStop =
  /** The next transaction is later than `to`. */
  | { kind: "reached" }
  /** The logs end. */
  | { kind: "end" }
  /** The next transaction does not follow the last. */
  | { kind: "gap"; next: bigint; file: string }
  /** A record that cannot be trusted or understood comes next. */
  | { kind: "damage"; finding: Finding };

export interface Replay {
  /** The last zxid applied, or `from`. */
  last: bigint;
  /** Its time in milliseconds; null if nothing was applied. */
  lastTime: bigint | null;
  applied: number;
  stop: ReplayStop;
  /** How many digests were compared and matched. */
  digestsMatched: number;
  /** Whether the state at `last` was proven by a digest of the server's. */
  verified: boolean;
  /** The tree at `exactFrom`, if the options asked for it and the replay came by. */
  fingerprintAtExact: Fingerprint | null;
  /** Whether everything at and after `exactFrom` fitted. */
  consistent: boolean;
  /** The last transaction up to `exactFrom` that met its own effect, or may have: the base was ahead of it. */
  lastMisfit: bigint | null;
  /** Whether transactions of a server before 3.4 were replayed in the fuzzy window: cversions may be too large. */
  recounted: boolean;
  findings: Finding[];
  /** Which logs were read, with how many transactions of each were applied. */
  logs: { file: string; applied: number }[];
}

/** Applies the transactions after `from` to a tree, in order, from the logs that hold them. */
export async function replay(tree: DataTree, logs: readonly StoredFile[], options: ReplayOptions): Promise<Replay> {
  const replayer = new Replayer(tree, options);
  const first = options.reapply ? options.from - 1n : options.from;
  const relevant = logsAfter(logs, first);
  for (const [index, log] of relevant.entries()) if (!(await replayer.read(log, index === relevant.length - 1))) break;
  return replayer.result();
}

/** The logs that can hold what follows a zxid: by their names, from the last that begins at or before it. */
export function logsAfter(logs: readonly StoredFile[], zxid: bigint): readonly StoredFile[] {
  let start = 0;
  for (const [index, log] of logs.entries()) if (log.zxid !== null && log.zxid <= zxid + 1n) start = index;
  return logs.slice(start);
}

class Replayer {
  private readonly tree: DataTree;
  private readonly options: ReplayOptions;
  private readonly cursor = new TxnCursor();
  private readonly lookAhead = new LookAhead();
  private readonly proof: ReplayProof;
  private readonly logs: { file: string; applied: number }[] = [];
  private readonly checkpoints: readonly Checkpoint[];
  private checkpoint = 0;
  private high: number;
  private low: number;
  private readonly toHigh: number;
  private readonly toLow: number;
  private exactHigh: number;
  private exactLow: number;
  private time = 0;
  private applied = 0;
  /** Bytes read of the logs before the current one. */
  private bytesBefore = 0;
  private stop: ReplayStop = { kind: "end" };
  private fingerprintAtExact: Fingerprint | null = null;
  /** Built from nothing: /zookeeper/config appears with the first sign of a server that has it. */
  private mayLackConfig: boolean;
  private misfit: bigint | null = null;
  private recounted = false;
  private mayReapply: boolean;

  constructor(tree: DataTree, options: ReplayOptions) {
    this.tree = tree;
    this.proof = new ReplayProof(tree, options.from === 0n);
    this.options = options;
    this.mayReapply = options.reapply ?? false;
    this.high = Number(options.from >> 32n);
    this.low = Number(options.from & 0xffffffffn);
    const to = options.to ?? MAX_ZXID;
    this.toHigh = Number(to >> 32n);
    this.toLow = Number(to & 0xffffffffn);
    this.exactHigh = Number(options.exactFrom >> 32n);
    this.exactLow = Number(options.exactFrom & 0xffffffffn);
    this.checkpoints = [...(options.checkpoints ?? [])].sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
    this.mayLackConfig = options.from === 0n && tree.znodes.size === FRESH_SIZE;
    if (options.from >= options.exactFrom) this.reachExact();
    this.meetCheckpoints();
  }

  /** Applies what one log adds; false when the replay is over. */
  async read(log: StoredFile, isLast: boolean): Promise<boolean> {
    this.tree.beforeParentCVersion = (await isBefore34(log)) ?? this.tree.beforeParentCVersion;
    // What the padding of an earlier log hid would be missing before the next one's first transaction.
    const reader = new LogReader(log.open(), isLast);
    const entry = { file: log.name, applied: 0 };
    this.logs.push(entry);
    try {
      if (!(await reader.readHead())) return true;
      const before = this.applied;
      let going = true;
      while (going && (await reader.fill())) {
        going = this.applyRead(reader);
        entry.applied = this.applied - before;
        this.options.onProgress?.(this.bytesBefore + reader.window.offset);
      }
      return going;
    } finally {
      this.proof.findings.push(...reader.findings);
      this.bytesBefore += reader.window.offset;
      reader.close();
    }
  }

  result(): Replay {
    const { proof } = this;
    const last = fromHalves(this.high, this.low);
    proof.settle(last);
    return {
      last,
      lastTime: this.applied > 0 ? BigInt(this.time) : null,
      applied: this.applied,
      stop: this.stop,
      digestsMatched: proof.digestsMatched,
      verified: proof.verified,
      fingerprintAtExact: this.fingerprintAtExact,
      consistent: proof.consistent,
      lastMisfit: this.misfit,
      recounted: this.recounted,
      findings: proof.findings,
      logs: this.logs.filter((each) => each.applied > 0),
    };
  }

  private applyRead(reader: LogReader): boolean {
    const { cursor } = this;
    while (reader.next()) {
      const { block } = reader.window;
      this.lookAhead.next(reader.window, this.tree.znodes);
      const shape = cursor.parse(block.view, reader.payloadStart, reader.payloadEnd);
      const { zxidHigh, zxidLow } = cursor;
      if (reader.checksumOk && (zxidHigh < this.high || (zxidHigh === this.high && zxidLow <= this.low))) {
        if (this.mayReapply && zxidLow === this.low && zxidHigh === this.high) this.reapply(reader);
        continue;
      }
      if (zxidHigh > this.toHigh || (zxidHigh === this.toHigh && zxidLow > this.toLow)) {
        if (reader.checksumOk) {
          this.reach(fromHalves(zxidHigh, zxidLow), reader.file);
          return false;
        }
      }
      if (!reader.checksumOk || shape !== "ok") return this.damaged(reader, shape);
      if (zxidHigh !== this.high || zxidLow !== this.low + 1) {
        const next = fromHalves(zxidHigh, zxidLow);
        if (!follows(fromHalves(this.high, this.low), next)) {
          this.stop = { kind: "gap", next, file: reader.file };
          return false;
        }
      }
      if (this.mayLackConfig && (cursor.hasDigest || cursor.type > OpCode.multi)) {
        addConfigNode(this.tree);
        this.mayLackConfig = false;
      }
      const outcome = this.tree.apply(cursor, block);
      this.high = zxidHigh;
      this.low = zxidLow;
      this.time = cursor.timeHigh * 2 ** 32 + cursor.timeLow;
      this.applied++;
      const exact = zxidHigh > this.exactHigh || (zxidHigh === this.exactHigh && zxidLow >= this.exactLow);
      if (!exact || (zxidHigh === this.exactHigh && zxidLow === this.exactLow)) this.noteInWindow(outcome);
      if (!exact) continue;
      if (zxidHigh === this.exactHigh && zxidLow === this.exactLow) this.reachExact();
      // A transaction inside the fuzzy window may meet its own effects; the one at its end is the last that may.
      if (outcome !== Outcome.ok && !(zxidHigh === this.exactHigh && zxidLow === this.exactLow))
        this.proof.reportOutcome(outcome, cursor, reader);
      this.proof.compareDigest(cursor, reader);
      if (this.checkpoint < this.checkpoints.length) this.meetCheckpoints();
    }
    return true;
  }

  /**
   * Whether a transaction in the fuzzy window met its own effect. A closeSession that does not name what it deletes
   * (before 3.6) may have done so unseen.
   */
  private noteInWindow(outcome: OutcomeCode): void {
    const { cursor } = this;
    // What raises the parent's cversion by one, whatever it was, counts twice if the snapshot has it already.
    if (this.tree.beforeParentCVersion) this.recounted = true;
    if (outcome === Outcome.ok && !(cursor.type === OpCode.closeSession && cursor.items < 0)) return;
    this.misfit = fromHalves(cursor.zxidHigh, cursor.zxidLow);
  }

  /** The next transaction is beyond `to`: what is asked for has been reached unless it lies in a hole before that. */
  private reach(next: bigint, file: string): void {
    const last = fromHalves(this.high, this.low);
    const whole = last === this.options.to || follows(last, next);
    this.stop = whole ? { kind: "reached" } : { kind: "gap", next, file };
  }

  private reapply(reader: LogReader): void {
    this.mayReapply = false;
    if (this.cursor.type === OpCode.multi) this.tree.apply(this.cursor, reader.window.block);
  }

  private damaged(reader: LogReader, shape: TxnShape): false {
    const zxid = fromHalves(this.cursor.zxidHigh, this.cursor.zxidLow);
    const place = { file: reader.file, offset: reader.recordOffset, zxid };
    const what = !reader.checksumOk
      ? finding("log.crc", "the checksum does not match the bytes", place)
      : shape === "unknown"
        ? finding("log.unknown-type", `transaction type ${this.cursor.type}`, { ...place, severity: "error" })
        : finding("log.malformed", `a transaction of type ${this.cursor.type} that does not parse`, place);
    this.proof.findings.push(what);
    this.stop = { kind: "damage", finding: what };
    return false;
  }

  private reachExact(): void {
    if (this.options.fingerprint) this.fingerprintAtExact = fingerprint(this.tree);
  }

  /** Compares with the snapshots' digests whose zxid the replay has come to. */
  private meetCheckpoints(): void {
    const now = fromHalves(this.high, this.low);
    for (
      let next = this.checkpoints[this.checkpoint];
      next && next.zxid <= now;
      next = this.checkpoints[++this.checkpoint]
    ) {
      if (next.zxid === now && now >= this.options.exactFrom) this.proof.compareCheckpoint(next);
    }
  }
}

/** A tree just made by freshTree. */
const FRESH_SIZE = 3;
const MAX_ZXID = 2n ** 63n - 1n;
