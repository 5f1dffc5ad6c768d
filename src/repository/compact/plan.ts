import { counterOf, epochOf } from "../../storage/zxid.js";
import type { Piece } from "../read/piece.js";
import { endsSlot, sameSlot } from "../segment/slots.js";

/** Consolidated segments end where the counter is one less than a multiple of this: 16 slots. */
const GROUP_BITS = 16n;
/** A segment that is so large is small no more. Bytes as stored. */
const LARGE = 4 << 20;
/** As many open segments of the last slot are worth one of their own, which a sealed one will take the place of. */
const MANY = 8;

/**
 * Which pieces are going to be one segment: those of 16 slots, once the line has gone on after them; until then those of
 * a slot, where they are many. Where they are cut depends on nothing but zxids and sizes, so that whoever compacts the
 * same line makes the same of it.
 */
export function mergesOf(pieces: readonly Piece[], isThere: (name: string) => boolean): Piece[][] {
  const last = pieces.at(-1);
  if (!last) return [];
  const groups = stretches(pieces, isThere, ({ from }) => from >> GROUP_BITS);
  return groups.flatMap((group) => {
    const isOver = (group.at(-1) as Piece).to >> GROUP_BITS !== last.to >> GROUP_BITS;
    // One that spans several slots was made of all that the others could be made of.
    if (isOver) return group.length < 2 || group.some(({ from, to }) => !sameSlot(from, to)) ? [] : [group];
    return stretches(group, isThere, ({ from }) => from >> 12n).filter((slot) => slot.length >= MANY);
  });
}

/** Pieces that follow one another and are alike, are there, and are not large. */
function stretches(
  pieces: readonly Piece[],
  isThere: (name: string) => boolean,
  alike: (piece: Piece) => bigint,
): Piece[][] {
  const result: Piece[][] = [];
  let before: Piece | null = null;
  for (const piece of pieces) {
    const isFit = piece.segment.size < LARGE && piece.objects.some(({ name }) => isThere(name));
    if (isFit && before && piece.from === before.to + 1n && alike(piece) === alike(before)) result.at(-1)?.push(piece);
    else if (isFit) result.push([piece]);
    before = isFit ? piece : null;
  }
  return result;
}

/** A zxid at which a base can stand: the end of a slot, or of an epoch. */
export interface Boundary {
  zxid: bigint;
  /** The segment that ends there. */
  on: string;
  /** Transactions from the boundary before, or from a hole. */
  count: number;
  /** Whether nothing that is there leads here from the boundary before. */
  afterHole: boolean;
}

/** The boundaries of a line as it was shipped, and how many transactions follow the last one. */
export function boundariesOf(
  pieces: readonly Piece[],
  isThere: (piece: Piece) => boolean,
): { boundaries: Boundary[]; rest: number } {
  const boundaries: Boundary[] = [];
  let count = 0;
  let afterHole = true;
  let before: Piece | null = null;
  for (const [index, piece] of pieces.entries()) {
    if (!isThere(piece)) {
      before = null;
      continue;
    }
    if (before === null || !follows(before, piece)) {
      count = 0;
      afterHole = true;
    }
    before = piece;
    count += Number(piece.to - piece.from) + 1;
    const next = pieces[index + 1];
    const endsEpoch = next !== undefined && epochOf(next.from) > epochOf(piece.to) && follows(piece, next);
    if (piece.to !== piece.segment.last || !(endsSlot(piece.to) || endsEpoch)) continue;
    boundaries.push({ zxid: piece.to, on: piece.segment.name, count, afterHole });
    count = 0;
    afterHole = false;
  }
  return { boundaries, rest: count };
}

function follows(before: Piece, next: Piece): boolean {
  if (next.from === before.to + 1n) return true;
  const isFirst = next.from === next.segment.first && counterOf(next.from) <= 1;
  return isFirst && epochOf(next.from) > epochOf(before.to) && next.segment.after === before.to;
}
