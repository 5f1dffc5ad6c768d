import { bodyOf, hasData } from "./ops.js";

/** TxnHeader, and where in it the type is. */
const HEADER = 32;
const TYPE = 28;

/** Where a payload that begins at view[start] and is there up to `limit` has its data; null where it has none. */
export function valueAt(view: DataView, start: number, limit: number): { at: number; length: number } | null {
  if (start + HEADER + 4 > limit || !hasData(bodyOf(view.getInt32(start + TYPE)))) return null;
  const pathLength = view.getInt32(start + HEADER);
  const at = HEADER + 8 + pathLength;
  if (pathLength < 0 || start + at > limit) return null;
  return { at, length: view.getInt32(start + at - 4) };
}
