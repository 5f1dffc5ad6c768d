import type { FindingCode } from "../findings/kinds.js";
import type { Window } from "../io/window.js";
import { END_MARK, RECORD_HEAD, SMALLEST_RECORD, TXN_HEADER_LENGTH } from "./log-record.js";
import { type Message, say } from "../text/message.js";
import { zerosAtEnd } from "./zeros.js";
import { hex } from "./zxid.js";

/** How a log ends. */
export type LogEnd =
  /** With zeros to the end of the file (preallocated), or with the file. */
  | "clean"
  /** Inside a record, with nothing sound after it. */
  | "torn"
  /** At damage that nothing sound follows. */
  | "damaged"
  /** There is no record: the file cannot be read, the header is cut, or the magic another and nothing sound after it. */
  | "unreadable";

/** Where the frame of a record is broken, and how. */
export interface Breakage {
  code: FindingCode;
  message: Message;
  /** The zxid of a record of which nothing but the end mark is wrong. */
  unmarked?: bigint;
}

/** The bytes from a place in a log, where no sound record follows, to its end. */
export interface LogTail {
  from: number;
  /** Where its last byte that is not 0 ends; `from` if there is none. */
  end: number;
  /** That byte. */
  lastByte: number;
  /** The head of a record, if `from` is the beginning of one: checksum and length. */
  checksum: bigint;
  length: number;
  /** The Adler-32 of what is between such a head and the last byte. */
  sum: number;
}

/** Reads on from the window's position to the end of the file. */
export async function readTail(window: Window): Promise<LogTail> {
  await window.need(RECORD_HEAD);
  const from = window.offset;
  const headed = window.available >= RECORD_HEAD;
  const { view } = window.block;
  const checksum = headed ? view.getBigInt64(window.position) : 0n;
  const length = headed ? view.getInt32(window.position + 8) : 0;
  const tail: LogTail = { from, end: from, lastByte: 0, checksum, length, sum: 1 };
  let sum = 1;
  do {
    const { block, position, limit } = window;
    const last = zerosAtEnd(block.bytes, position, limit) - 1;
    const payload = Math.max(position, from + RECORD_HEAD - window.offset + position);
    if (last >= position) {
      tail.end = window.fileOffset(last) + 1;
      tail.lastByte = block.view.getUint8(last);
      tail.sum = payload < last ? block.adler32(payload, last, sum) : sum;
    }
    if (payload < limit) sum = block.adler32(payload, limit, sum);
    window.position = limit;
  } while (await window.need(1));
  return tail;
}

/** What is said of a tail that begins where a record is broken. */
export function tailFindings(
  tail: LogTail,
  breakage: Breakage,
): { code: FindingCode; message: Message; offset: number }[] {
  const { from, end, lastByte, checksum, length, sum } = tail;
  const { code, message, unmarked } = breakage;
  const claimed = from + RECORD_HEAD + length;
  const garbage = {
    code: "log.garbage" as const,
    message: say`damage of unknown extent: ${end - from} bytes that are not zeros follow, up to byte ${end}`,
    offset: from,
  };
  if (unmarked !== undefined) {
    const notThere = say`a server does not see the record of ${hex(unmarked)}`;
    if (end <= claimed)
      return [{ code: "log.torn-tail", message: say`its end mark was never written: ${notThere}`, offset: from }];
    const wrong = { code, message: say`${message}; nothing sound follows it: ${notThere}`, offset: claimed };
    return end === claimed + 1 ? [wrong] : [wrong, { ...garbage, offset: claimed + 1 }];
  }
  const isChecksum = checksum > 0n && checksum <= 0xffffffffn;
  const isHead = isChecksum && length >= TXN_HEADER_LENGTH;
  const proven = end - 1 - from - RECORD_HEAD;
  if (isChecksum && lastByte === END_MARK && BigInt(sum) === checksum && proven >= TXN_HEADER_LENGTH) {
    const right = say`its checksum proves a record of ${proven} bytes`;
    return [{ code: code === "log.length" ? code : "log.torn", message: say`${message}; ${right}`, offset: from }];
  }
  // A record that was being written when the server died: nothing is behind its end.
  const torn = end <= from + RECORD_HEAD || (isHead && end <= claimed + 1);
  if (code === "log.length")
    return torn ? [{ code, message, offset: from }] : [{ code, message, offset: from }, garbage];
  return [torn ? { code: "log.torn-tail", message, offset: from } : garbage];
}

/** What is said of bytes in the padding, from `nonZero` on, that no sound record follows. */
export function paddingFinding(
  padding: number,
  nonZero: number,
  { end }: LogTail,
): { code: FindingCode; message: Message } {
  if (end - nonZero < SMALLEST_RECORD)
    return { code: "log.padding", message: say`the padding from byte ${padding} on is not all zeros` };
  const message = say`damage of unknown extent: after the padding from byte ${padding} on, ${end - nonZero} bytes that are not zeros follow, up to byte ${end}`;
  return { code: "log.garbage", message };
}
