import type { Line } from "../link/line.js";
import type { Segment, Snapshot } from "../link/link.js";
import { COMPACTION, parseSegmentName } from "../names.js";
import { keyOf, type Piece } from "./piece.js";

/** What compaction has made of a repository's objects. */
export interface Compaction {
  /** Consolidated segments by their first zxids, the longest first. */
  segments: ReadonlyMap<bigint, Segment[]>;
  /** The keys of those whose place they take. */
  replaced: ReadonlySet<string>;
  bases: readonly Snapshot[];
}

/** Null where nothing has been compacted. `isThere`: whether an object counts. */
export function compactionOf(
  lines: readonly Line[],
  isThere: (name: string) => boolean = () => true,
): Compaction | null {
  const own = lines.filter(({ server }) => server === COMPACTION);
  if (own.length === 0) return null;
  const segments = new Map<bigint, Segment[]>();
  for (const each of own.flatMap((line) => [...line.segments, ...line.dropped]))
    if (isThere(each.name)) segments.set(each.first, [...(segments.get(each.first) ?? []), each]);
  for (const each of segments.values()) each.sort((a, b) => (a.last > b.last ? -1 : a.last < b.last ? 1 : 0));
  const replaced = own
    .flatMap(({ replaces }) => replaces)
    .flatMap((name) => parseSegmentName(name) ?? [])
    .map(keyOf);
  return { segments, replaced: new Set(replaced), bases: own.flatMap(({ snapshots }) => snapshots) };
}

/** Pieces of a line, with consolidated segments in the place of what they were made of. */
export function consolidated(pieces: readonly Piece[], { segments, replaced }: Compaction): Piece[] {
  const result: Piece[] = [];
  for (let index = 0; index < pieces.length; ) {
    const piece = pieces[index] as Piece;
    const whole = segments.get(piece.from)?.find((each) => endOf(pieces, index, each, replaced) !== null);
    const end = whole ? (endOf(pieces, index, whole, replaced) as number) : index + 1;
    if (whole) {
      const objects = (segments.get(whole.first) as Segment[]).filter((each) => keyOf(each) === keyOf(whole));
      result.push({ from: whole.first, to: whole.last, segment: whole, objects, instead: pieces.slice(index, end) });
    } else result.push(piece);
    index = end;
  }
  return result;
}

/** Where the pieces end that a segment was made of; null where the line does not have just those. */
function endOf(
  pieces: readonly Piece[],
  begin: number,
  { first, last }: Segment,
  replaced: ReadonlySet<string>,
): number | null {
  let expected = first;
  for (let index = begin; index < pieces.length; index++) {
    const { from, to, segment } = pieces[index] as Piece;
    if (from !== expected || to > last || !replaced.has(keyOf(segment))) return null;
    if (to === last) return index + 1;
    expected = to + 1n;
  }
  return null;
}

/** The bases that are states of a line: each stands on the segment that it was made of. */
export function basesOn(pieces: readonly Piece[], { bases }: Compaction): Snapshot[] {
  const ends = new Map(pieces.map(({ to, segment }) => [to, keyOf(segment)]));
  const standing = bases.filter(({ zxid, on }) => {
    const named = on === undefined ? null : parseSegmentName(on);
    return named !== null && ends.get(zxid) === keyOf(named);
  });
  return [...new Map(standing.map((each) => [`${each.zxid} ${each.content}`, each])).values()];
}

/** A line as compaction made it: what it needs to be read. */
export function compactedLine(line: Line, compaction: Compaction | null): Line {
  if (!compaction) return line;
  const pieces = line.segments.map((segment) => ({
    from: segment.first,
    to: segment.last,
    segment,
    objects: [segment],
  }));
  const snapshots = [...line.snapshots, ...basesOn(pieces, compaction)];
  return {
    ...line,
    segments: consolidated(pieces, compaction).map(({ segment }) => segment),
    snapshots: snapshots.sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0)),
  };
}
