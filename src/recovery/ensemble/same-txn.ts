import { OpCode, type TxnCursor } from "../../txn/index.js";

/** Whose bytes a cursor has parsed. */
export interface Parsed {
  cursor: TxnCursor;
  bytes: Buffer;
  /** Where the payload begins in `bytes`. */
  start: number;
}

/**
 * Whether two servers' records are of one transaction: header and body are the same bytes, whatever digest follows.
 *
 * One difference means nothing: while one thread of a server writes a multi that failed to the log, another, applying
 * it, turns its members' types into error (DataTree.processTxn). So a failed multi's members can have their own type in
 * one log and error in another; nothing of it is applied anywhere.
 */
export function sameTransaction(a: Parsed, b: Parsed): boolean {
  if (a.bytes.compare(b.bytes, b.start, b.cursor.bodyEnd, a.start, a.cursor.bodyEnd) === 0) return true;
  const [x, y] = [a.cursor, b.cursor];
  if (x.type !== OpCode.multi || y.type !== OpCode.multi || x.items !== y.items) return false;
  if (x.bodyEnd - a.start !== y.bodyEnd - b.start || !x.multiFailed() || !y.multiFailed()) return false;
  if (a.bytes.compare(b.bytes, b.start, y.itemsStart, a.start, x.itemsStart) !== 0) return false;
  let at = x.itemsStart;
  let other = y.itemsStart;
  for (let index = 0; index < x.items; index++) {
    const [typeA, typeB] = [a.bytes.readInt32BE(at), b.bytes.readInt32BE(other)];
    if (typeA !== typeB && typeA !== OpCode.error && typeB !== OpCode.error) return false;
    const length = 8 + Math.max(a.bytes.readInt32BE(at + 4), 0);
    if (a.bytes.compare(b.bytes, other + 4, other + length, at + 4, at + length) !== 0) return false;
    at += length;
    other += length;
  }
  return true;
}
