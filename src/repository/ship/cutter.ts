import { type Finding, finding } from "../../findings/finding.js";
import type { TxnCursor } from "../../txn/index.js";
import { Run } from "../segment/run.js";
import { beginsSlot, endsSlot, MOST_RECORD, MOST_SEGMENT } from "../segment/slots.js";
import { hex } from "../../storage/zxid.js";
import { say } from "../../text/message.js";
import type { RecordVisitor } from "./local-logs.js";

/**
 * What ends a run. `slot`: its slot, or its size; `epoch`: the log goes on in a later epoch; `hole`: what comes next is not
 * there, or was not read; `tip`: nothing comes after it yet.
 */
export type RunEnd = "slot" | "epoch" | "hole" | "tip";

export interface CutRun {
  run: Run;
  end: RunEnd;
  /** Whether it begins where a segment is cut on every server. */
  aligned: boolean;
  /** The next transaction, where there is one. */
  next: bigint | null;
}

/** Cuts a server's transactions into runs at the bounds of segments, and hands on each that has ended. */
export class RunCutter implements RecordVisitor {
  /** What has not ended. */
  current: CutRun | null = null;

  private readonly ended: CutRun[] = [];
  private readonly idle: Run[] = [];
  private high = 0;
  private low = 0;
  private readonly onRun: (cut: CutRun) => Promise<void>;
  private readonly onFinding: (finding: Finding) => void;
  readonly isDone: () => boolean;
  private readonly mostRecord: number;
  /** Bytes taken since this was last set to 0. */
  taken = 0;

  constructor(
    onRun: (cut: CutRun) => Promise<void>,
    onFinding: (finding: Finding) => void = () => {},
    isDone: () => boolean = () => false,
    mostRecord = MOST_RECORD,
  ) {
    this.onRun = onRun;
    this.onFinding = onFinding;
    this.isDone = isDone;
    this.mostRecord = mostRecord;
  }

  take(cursor: TxnCursor, bytes: Buffer, start: number, end: number, parsed: boolean): void {
    if (end - start > this.mostRecord) {
      this.leaveOut(cursor.zxid, end - start);
      return;
    }
    const { zxidHigh: high, zxidLow: low } = cursor;
    const { current } = this;
    let bySize = false;
    if (current) {
      const goesOn = high === this.high && low === this.low + 1;
      bySize = goesOn && current.run.size >= MOST_SEGMENT;
      if (!goesOn || bySize || (low & SLOT_BITS) === 0) this.finish(this.endBefore(high, low, goesOn), cursor.zxid);
    }
    if (!this.current) {
      const run = this.idle.pop() ?? new Run();
      run.clear();
      const before = current && (this.isNext(high, low) ? this.before : null);
      this.current = {
        run,
        end: "tip",
        aligned: bySize ? (current as CutRun).aligned : beginsSlot(cursor.zxid),
        next: null,
      };
      run.add(cursor, bytes, start, end, parsed);
      run.after = before;
    } else this.current.run.add(cursor, bytes, start, end, parsed);
    this.high = high;
    this.low = low;
    this.taken += end - start;
  }

  async pause(): Promise<void> {
    for (let cut = this.ended.shift(); cut; cut = this.ended.shift()) {
      await this.onRun(cut);
      if (this.idle.length < 2) this.idle.push(cut.run);
    }
  }

  finding(finding: Finding): void {
    this.onFinding(finding);
  }

  /** Forgets what was taken: reading begins again. */
  reset(): void {
    this.current = null;
    this.ended.length = 0;
  }

  /** What no reader would take is not shipped; without it the history has a hole, and says so. */
  private leaveOut(zxid: bigint, length: number): void {
    if (this.current) this.finish("hole", zxid);
    const most = say`${length} bytes, and a backup takes ${this.mostRecord}`;
    this.onFinding(finding("backup.record-too-long", say`the record of ${hex(zxid)} has ${most}`, { zxid }));
  }

  private get before(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** Whether a zxid may follow the last one in an unbroken log. */
  private isNext(high: number, low: number): boolean {
    return (high === this.high && low === this.low + 1) || (high > this.high && low <= 1);
  }

  private endBefore(high: number, low: number, goesOn: boolean): RunEnd {
    if (goesOn) return "slot";
    const current = this.current as CutRun;
    if (high > this.high) return low <= 1 ? "epoch" : "hole";
    return endsSlot(current.run.last) ? "slot" : "hole";
  }

  private finish(end: RunEnd, next: bigint): void {
    this.ended.push({ ...(this.current as CutRun), end, next });
    this.current = null;
  }
}

const SLOT_BITS = 0xfff;
