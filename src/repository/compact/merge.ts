import type { Segment } from "../link/link.js";
import { parseSegmentName, type SegmentName } from "../names.js";
import type { Recipients } from "../crypt/index.js";
import { readPiece } from "../read/gather.js";
import type { Objects } from "../read/objects.js";
import type { Piece } from "../read/piece.js";
import { type BuiltObject, buildSegment } from "../segment/build.js";
import { Run } from "../segment/run.js";
import { MOST_SEGMENT } from "../segment/slots.js";

/** A consolidated segment, and its object. */
export interface Merged {
  segment: Segment;
  object: BuiltObject;
  /** How many it was made of. */
  pieces: number;
}

/**
 * Makes segments of pieces that follow one another: as few as hold no more than a segment may. A piece that would be alone
 * is left as it is. `isTaken`: names that must not be used again.
 *
 * Throws DamagedObject where no sound object is left of a piece.
 */
export async function* merge(
  pieces: readonly Piece[],
  objects: Objects,
  recipients: Recipients | null,
  isTaken: (name: string) => boolean,
): AsyncGenerator<Merged, void, undefined> {
  let run = new Run();
  let of: Piece[] = [];
  for (const piece of pieces) {
    const read = await readPiece(piece, objects);
    const part = new Run();
    part.append(read, piece.from, piece.to);
    if (run.count > 0 && run.size + part.size > MOST_SEGMENT) {
      if (of.length > 1) yield await built(run, of, recipients, isTaken);
      run = new Run();
      of = [];
    }
    run.append(part, piece.from, piece.to);
    of.push(piece);
  }
  if (of.length > 1) yield await built(run, of, recipients, isTaken);
}

async function built(
  run: Run,
  pieces: readonly Piece[],
  recipients: Recipients | null,
  isTaken: (name: string) => boolean,
): Promise<Merged> {
  const [first] = pieces as [Piece];
  const content = run.contentOf(run.first, run.last);
  const object = await buildSegment(run.first, run.last, content, run.fileOf(run.first, run.last), recipients, isTaken);
  const { name, size, crc32c } = object;
  const segment: Segment = {
    ...(parseSegmentName(name) as SegmentName),
    size,
    crc32c,
    after: first.from === first.segment.first ? first.segment.after : first.from - 1n,
    from: run.timeOf(run.first),
    to: run.timeOf(run.last),
  };
  return { segment, object, pieces: pieces.length };
}
