import type { Window } from "../io/window.js";
import { RECORD_HEAD, SMALLEST_RECORD, TXN_HEADER_LENGTH, ZXID_AT } from "./log-record.js";
import { follows } from "./zxid.js";

/**
 * Whether a record with a right checksum that follows on `zxid` is right after the one at the window's position,
 * whose payload has `length` bytes. Its own may have `longest`.
 */
export async function isFollowed(window: Window, longest: number, zxid: bigint, length: number): Promise<boolean> {
  const next = RECORD_HEAD + length + 1;
  if (!(await window.need(next + SMALLEST_RECORD - 1))) return false;
  const nextLength = window.block.view.getInt32(window.position + next + 8);
  if (nextLength < TXN_HEADER_LENGTH || nextLength > longest) return false;
  if (!(await window.need(next + RECORD_HEAD + nextLength))) return false;
  const { view, kernel } = window.block;
  const head = window.position + next;
  const payload = head + RECORD_HEAD;
  if (view.getBigInt64(head) !== BigInt(kernel.adler32(payload, nextLength, 1) >>> 0)) return false;
  return follows(zxid, view.getBigInt64(payload + ZXID_AT));
}

/** Whether a record, padding or the end can be here: the upper half of a checksum is 0, and a length is not tiny. */
export function mayFollow(window: Window, at: number): boolean {
  if (at + RECORD_HEAD > window.limit) return true;
  const { view } = window.block;
  const length = view.getInt32(at + 8);
  return view.getInt32(at) === 0 && (length >= TXN_HEADER_LENGTH || (length === 0 && view.getInt32(at + 4) === 0));
}
