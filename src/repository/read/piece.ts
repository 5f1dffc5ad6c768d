import type { Segment } from "../link/link.js";
import { zxidHex } from "../names.js";

/** What of a segment counts, and where it can be had: the same transactions can be stored as several objects. */
export interface Piece {
  from: bigint;
  to: bigint;
  segment: Segment;
  objects: Segment[];
  /** Of a consolidated segment, what it took the place of: these have the same, as long as they are there. */
  instead?: Piece[];
}

/** A key that segments of the same transactions share. */
export function keyOf({ first, last, content }: Pick<Segment, "first" | "last" | "content">): string {
  return `${zxidHex(first)}-${zxidHex(last)}.${content}`;
}
