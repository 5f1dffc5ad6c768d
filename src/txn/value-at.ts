import { bodyOf, hasData } from "./ops.js";

/** TxnHeader, and where in it the type is. */
const HEADER = 32;
const TYPE = 28;

/**
 * Where a payload that begins at view[start] and is there up to `limit` has its data; null where it has none.
 *
 * @example
 * import { LogReader } from "zkrewind/storage";
 * import { openBytes } from "zkrewind/io";
 * import { valueAt } from "zkrewind/txn";
 *
 * const reader = new LogReader(openBytes("fixtures/3.8.6-standalone/version-2/log.1"));
 * await reader.readHead();
 * await reader.fill();
 * while (reader.next()) {
 *   const found = valueAt(reader.window.block.view, reader.payloadStart, reader.payloadEnd);
 *   if (found !== null && found.length > 100_000) console.log(found.length);
 * }
 * reader.close();
 */
export function valueAt(view: DataView, start: number, limit: number): { at: number; length: number } | null {
  if (start + HEADER + 4 > limit || !hasData(bodyOf(view.getInt32(start + TYPE)))) return null;
  const pathLength = view.getInt32(start + HEADER);
  const at = HEADER + 8 + pathLength;
  if (pathLength < 0 || start + at > limit) return null;
  return { at, length: view.getInt32(start + at - 4) };
}
