import { counterOf, epochOf, hex } from "../../storage/zxid.js";
import type { Message } from "../../text/message.js";
import type { Unproven } from "../exact/base.js";
import type { State } from "../state.js";
import { isoTime } from "./resolve.js";

/** A point in time that a state was rebuilt at: "at", "from" and "to" of documents. */
export interface PointShape<M = Message> {
  zxid: string;
  epoch: number;
  counter: number;
  /** Null where that transaction is in no log. */
  time: string | null;
  exact: boolean;
  /** Why it is not exact. */
  doubt?: M;
  /** What of an exact state nothing proves. */
  unproven?: readonly Unproven[];
  /** Where the latest was asked for: a later state that the files show, and that could not be had. */
  later?: { zxid: string; why: M };
  /** Znodes that may be wrong. */
  inDoubt?: readonly string[];
  /** Only what the transactions of logs without a beginning show: much is missing. */
  partial?: true;
}

/** What it takes of a state. */
export type PointFacts = Pick<
  State,
  "zxid" | "time" | "exact" | "doubt" | "unproven" | "later" | "inDoubt" | "partial"
>;

/** One whose messages are text. */
export type HeaderPoint = PointShape<string>;

/**
 * The point of a state.
 *
 * @example
 * import { discover, pointShape, rebuild } from "zkrewind/recovery";
 *
 * console.log(pointShape(await rebuild(discover(["fixtures/3.8.6-standalone"]))));
 */
export function pointShape(state: PointFacts): PointShape {
  const { time, exact, doubt, unproven, later, inDoubt, partial } = state;
  return {
    ...zxidShape(state.zxid),
    time: time === null ? null : isoTime(time),
    exact,
    ...(doubt === null ? {} : { doubt }),
    ...(unproven.length === 0 ? {} : { unproven }),
    ...(later === null ? {} : { later: { zxid: hex(later.zxid), why: later.why } }),
    ...(inDoubt.length === 0 ? {} : { inDoubt }),
    ...(partial ? { partial } : {}),
  };
}

/**
 * The same, with its messages made into text.
 *
 * @example
 * import { plain } from "zkrewind";
 * import { discover, pointShape, rebuild, saidPoint } from "zkrewind/recovery";
 *
 * console.log(saidPoint(pointShape(await rebuild(discover(["fixtures/3.8.6-standalone"]))), plain));
 */
export function saidPoint({ doubt, later, ...rest }: PointShape, say: (message: Message) => string): HeaderPoint {
  return { ...rest, ...(doubt && { doubt: say(doubt) }), ...(later && { later: { ...later, why: say(later.why) } }) };
}

/**
 * A zxid and its parts.
 *
 * @example
 * import { zxidShape } from "zkrewind/recovery";
 *
 * console.log(zxidShape(0x100000022n));
 */
export function zxidShape(zxid: bigint): { zxid: string; epoch: number; counter: number } {
  return { zxid: hex(zxid), epoch: epochOf(zxid), counter: counterOf(zxid) };
}
