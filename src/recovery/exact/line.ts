import type { SnapshotScan } from "../scan/scan-snapshot.js";
import type { SegmentResult } from "../replay/segment.js";
import type { Safe } from "../../text/safe.js";
import { type Base, NOT_IN_DIGEST, type Unproven, unprovenIn } from "./base.js";
import type { ExactRange } from "./coverage.js";
import { type ViewComparison, compareViews, viewedContent, viewOf } from "./view.js";

/** The history from one base on, up to where the next one is no longer fuzzy. */
export interface Line {
  readonly base: Base;
  readonly scan: SnapshotScan | null;
  /** Null until it has been replayed. */
  result: SegmentResult | null;
  /** Where its replay ends; null for the end of the logs. */
  to: bigint | null;
  /**
   * Whether what another base has contradicts all after its base's own state, and nothing tells which of the two
   * is right.
   */
  broken: boolean;
  /** After this nothing of it is exact, for what follows it is broken; null where it is. */
  until: bigint | null;
  /** Whether bases before it contradict it that are no better themselves: only one after it can bear it out. */
  suspect: boolean;
  /** What of its states snapshots contradict that are no bases. */
  doubted: readonly Unproven[];
}

/** A line that has been replayed. */
export type Replayed = Line & { result: SegmentResult };

export function lineOf(base: Base, scan: SnapshotScan | null): Line {
  return { base, scan, result: null, to: null, broken: false, until: null, suspect: false, doubted: [] };
}

/** How two neighbours compare where the later one is no longer fuzzy; null where the earlier does not lead there. */
export function linkOf(earlier: Replayed | undefined, later: Replayed | undefined): ViewComparison | null {
  if (!earlier || !later || earlier.broken) return null;
  return comparedAt(earlier.result, later);
}

/** The same with another replay of the earlier one. */
export function comparedAt(earlier: SegmentResult, later: Replayed): ViewComparison | null {
  const { end } = later.base.window;
  const [before, after] = [viewOf(earlier, end), viewOf(later.result, end)];
  return before && after ? compareViews(before, after) : null;
}

/**
 * How a base's own content differs from what the one before it leads to, where digests did not fit when its window ended,
 * and fitted again later.
 */
export function differsUntilCleared(earlier: Replayed | undefined, { base, result }: Replayed): Safe | null {
  const { end } = base.window;
  if (!earlier || earlier.broken || result.exact === null || result.exact.from <= end) return null;
  const [before, content] = [viewOf(earlier.result, end), viewedContent(result)];
  return before && content && isLogged(earlier) ? compareViews(before, content).tree : null;
}

/** Whether a base has what the one before it leads to, so that the digest that it states, and that does not fit, is what is wrong. */
export function isMisstated({ base, result }: Replayed, earlier: Replayed | undefined): boolean {
  if (!earlier || earlier.broken) return false;
  const { end } = base.window;
  const [before, content] = [viewOf(earlier.result, end), viewedContent(result)];
  return before !== null && content !== null && compareViews(before, content).tree === null;
}

/** Whether a digest that a transaction carries says that the line is the server's up to where it ends. */
export function isLogged({ result }: Replayed): boolean {
  return result.matchedLogged && !result.disproven && result.exact?.to === result.last;
}

/**
 * Whether a transaction in its window did not fit what the base before it leads to exactly: that is no effect of the window,
 * and only digests say what came of it.
 */
export function takesForFuzzy({ base, result }: Replayed, earlier: Replayed): boolean {
  const { exact, last } = earlier.result;
  if (earlier.broken || exact === null || exact.to === last || result.matchedLogged) return false;
  return base.from <= exact.to && exact.to < base.window.end;
}

/** Whether pzxids of its base may be too low, and no digest says that they are not. */
export function mayLackPzxids(line: Replayed): boolean {
  return line.result.unnamedClose && !isLogged(line);
}

/** What a line gives exactly, `before` and `after` being how it compares with its neighbours. */
export function piecesOf(
  line: Replayed,
  before: ViewComparison | null,
  after: ViewComparison | null,
  conflicts: readonly bigint[],
): Piece[] {
  const { base, result } = line;
  const pieces = piecesOfLine(line, before, after);
  const conflict = conflicts.find((zxid) => zxid > base.from);
  if (conflict === undefined) return pieces;
  const isBorneOut = isLogged(line) && result.matchedTo !== null && result.matchedTo >= conflict;
  return pieces.flatMap((piece) => atConflict(piece, conflict, isBorneOut));
}

/**
 * What is exact of a piece where a zxid is in the logs with two contents: behind it nothing, or what a digest covers where
 * one says that the right one was applied.
 */
function atConflict(piece: Piece, conflict: bigint, isBorneOut: boolean): Piece[] {
  if (conflict > piece.to) return [piece];
  const before = conflict > piece.from ? [{ ...piece, to: conflict - 1n }] : [];
  if (!isBorneOut) return before;
  const from = conflict > piece.from ? conflict : piece.from;
  return [...before, { ...piece, from, unproven: unprovenIn(piece.unproven, NOT_IN_DIGEST) }];
}

function piecesOfLine(line: Replayed, before: ViewComparison | null, after: ViewComparison | null): Piece[] {
  const { base, result } = line;
  if (result.exact === null || (line.broken && base.window.end > base.from)) return [];
  const { from } = result.exact;
  const fits = line.broken ? from : result.exact.to;
  const to = line.until !== null && line.until < fits ? line.until : fits;
  if (to < from) return [];
  const unproven = unprovenOf(line, before, after);
  if (base.snapshot !== null) return splitAt(sessionsFrom(line), { from, to, base, unproven }, "sessions");
  // Before the first transaction there is nothing to be asked for.
  const { first, configShownAt: shown } = result;
  if (first === null || line.broken || to < first) return [];
  // Until a transaction shows that the server has it, /zookeeper/config is not there.
  return splitAt(shown, { from: first, to, base, unproven }, "/zookeeper");
}

/** A piece of which something is not proven before a zxid. */
function splitAt(zxid: bigint | null, piece: Piece, what: Unproven): Piece[] {
  if (zxid === null || zxid <= piece.from) return [piece];
  const before = { ...piece, unproven: unprovenIn(piece.unproven, [what]) };
  if (zxid > piece.to) return [before];
  return [
    { ...before, to: zxid - 1n },
    { ...piece, from: zxid },
  ];
}

/** Where the last session is closed that the snapshot lacks although it was open. */
function sessionsFrom({ result: { settled } }: Replayed): bigint | null {
  return settled.closing.reduce<bigint | null>((most, { zxid }) => (most === null || zxid > most ? zxid : most), null);
}

const ACLS: readonly Unproven[] = ["acls", "/zookeeper"];

/** Zxids that one base gives exactly. */
export interface Piece extends Omit<ExactRange, "base"> {
  base: Base;
}

/**
 * What nothing proves of a line's states: what its neighbours have otherwise, and without a neighbour all that no digest
 * covers. What agrees only later on does not prove what was open, or who was allowed what, until then.
 */
function unprovenOf(line: Replayed, before: ViewComparison | null, after: ViewComparison | null): readonly Unproven[] {
  const { base, result } = line;
  const unproven = new Set<Unproven>();
  if (base.snapshot === null) {
    if (result.lacksConfig) unproven.add("/zookeeper");
  } else if (base.from !== 0n && before === null && base.snapshot.proven !== true) {
    for (const each of after === null ? NOT_IN_DIGEST : base.unproven) unproven.add(each);
  }
  // An ACL that the map lacks is one that nobody knows.
  if (result.atExact !== null && result.atExact.dangling > 0) for (const each of ACLS) unproven.add(each);
  if (mayLackPzxids(line) && before === null && after?.tree !== null) unproven.add("pzxids");
  return unprovenIn(unproven, line.doubted, before?.rest.keys() ?? [], after?.rest.keys() ?? []);
}
