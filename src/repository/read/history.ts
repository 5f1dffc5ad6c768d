import { epochOf } from "../../storage/zxid.js";
import type { Head } from "../link/catalogue.js";
import { byFirst, type Line, overlaps } from "../link/line.js";
import type { FileObject, Segment, Snapshot, Tip } from "../link/link.js";
import { COMPACTION, zxidHex } from "../names.js";
import { basesOn, compactionOf, consolidated } from "./consolidated.js";
import { keyOf, type Piece } from "./piece.js";

/** History that the main line does not hold. */
export interface Branch {
  /** `<zxid of its first segment>-<the first digits of its content hash>`. */
  name: string;
  servers: string[];
  segments: Segment[];
}

/** What several servers' lines are, taken together. */
export interface History {
  main: Piece[];
  /** The same by the segments that servers shipped, whatever compaction has made of them. */
  shipped: Piece[];
  branches: Branch[];
  /** Those of the main line, in order of zxid; of several of one zxid the one that is told by the furthest line first. */
  snapshots: Snapshot[];
  /** The newest of each name, of the furthest line. */
  files: FileObject[];
  lines: Line[];
  /** Up to where a majority has it, or a later epoch builds on it; null where that is not known of any. */
  confirmed: bigint | null;
  voters: string[] | null;
  tip: Tip | null;
  holes: Hole[];
  /** The last transaction whose state can be rebuilt: the tip, unless it lies after a hole that no snapshot bridges. */
  recoveryPoint: Tip | null;
}

/** Transactions that no line holds: those after one zxid and before another; null where nothing comes before. */
export interface Hole {
  after: bigint | null;
  before: bigint;
}

/** `heads`: of all repositories that are read together. */
export function historyOf(heads: readonly Pick<Head, "line">[]): History {
  const all = heads.map(({ line }) => line);
  const lines = furthestFirst(all.filter(({ server }) => server !== COMPACTION));
  const compaction = compactionOf(all);
  const objects = objectsByContent(lines);
  const [best] = lines;
  let main: Piece[] = (best?.segments ?? []).map((segment) => pieceOf(segment, objects));
  for (const line of lines.slice(1)) main = filled(main, line, objects);
  const branches = branchesOf(lines, main);
  const voters = lines.map(({ voters: each }) => each).find((each) => each !== null) ?? null;
  const bases = compaction ? basesOn(main, compaction) : [];
  const snapshots = snapshotsOf(lines, branches, bases);
  const holes = holesOf(main);
  return {
    main: compaction ? consolidated(main, compaction) : main,
    shipped: main,
    branches,
    snapshots,
    files: filesOf(lines),
    lines,
    confirmed: confirmedUpTo(main, lines, voters),
    voters,
    tip: tipOf(main.at(-1)),
    holes,
    recoveryPoint: recoveryPointOf(main, holes, snapshots),
  };
}

function tipOf(piece: Piece | undefined): Tip | null {
  return piece ? { zxid: piece.to, time: piece.segment.to } : null;
}

/** Whether what comes after a hole has a state to start from: a snapshot that was begun where it ends, or later. */
export function isBridged({ after, before }: Hole, snapshots: readonly Snapshot[], end: bigint): boolean {
  // What the first transaction of an epoch follows, its zxid does not tell.
  const least = (before & 0xffffffffn) <= 1n && after !== null ? after + 1n : before - 1n;
  return snapshots.some(({ zxid }) => zxid >= least && zxid <= end);
}

function recoveryPointOf(main: readonly Piece[], holes: readonly Hole[], snapshots: readonly Snapshot[]): Tip | null {
  let last = main.at(-1);
  for (const hole of holes.toReversed()) {
    if (hole.after === null || !last || isBridged(hole, snapshots, last.to)) break;
    last = main.findLast(({ to }) => to === hole.after);
  }
  return tipOf(last);
}

/** The newest epoch, then the highest zxid. Of those that end alike, the one that knows more, in as few objects as can be. */
function furthestFirst(lines: readonly Line[]): Line[] {
  const places = lines.map((line) => ({ line, end: line.segments.at(-1)?.last ?? -1n, count: countOf(line) }));
  places.sort((a, b) =>
    a.end !== b.end ? (a.end > b.end ? -1 : 1) : b.count - a.count || a.line.segments.length - b.line.segments.length,
  );
  return places.map(({ line }) => line);
}

/** How many transactions a line has. */
function countOf({ segments }: Line): number {
  return segments.reduce((sum, { first, last }) => sum + Number(last - first) + 1, 0);
}

function objectsByContent(lines: readonly Line[]): Map<string, Segment[]> {
  const objects = new Map<string, Segment[]>();
  for (const { segments, dropped } of lines)
    for (const each of [...segments, ...dropped]) {
      const same = objects.get(keyOf(each)) ?? [];
      if (!same.some(({ name }) => name === each.name)) same.push(each);
      objects.set(keyOf(each), same);
    }
  return objects;
}

function pieceOf(segment: Segment, objects: Map<string, Segment[]>, from = segment.first, to = segment.last): Piece {
  return { from, to, segment, objects: objects.get(keyOf(segment)) ?? [segment] };
}

/** Fills what the main line has not from another line, up to where that contradicts it. */
function filled(main: readonly Piece[], line: Line, objects: Map<string, Segment[]>): Piece[] {
  const result = [...main];
  const end = contradiction(main, line);
  for (const gap of gapsOf(main))
    for (const each of line.segments) {
      if (each.last > end || !overlaps(each, gap)) continue;
      const from = each.first > gap.first ? each.first : gap.first;
      const to = each.last < gap.last ? each.last : gap.last;
      result.push(pieceOf(each, objects, from, to));
    }
  return result.sort((a, b) => byFirst({ first: a.from, last: a.to }, { first: b.from, last: b.to }));
}

/** The zxid before which a line does not contradict the main one, as far as names tell. */
function contradiction(main: readonly Piece[], line: Line): bigint {
  const last = main.at(-1)?.to ?? -1n;
  for (const each of line.segments) {
    const other = main.find(({ segment }) => segment.first === each.first && segment.last === each.last);
    if (other && other.segment.content !== each.content) return each.first - 1n;
    if (each.last <= last && reachesOver(main, each)) return each.first - 1n;
  }
  return last;
}

/** Whether a segment has transactions where the main line goes on without any. */
function reachesOver(main: readonly Piece[], { first, last }: Segment): boolean {
  return main.some((piece, index) => {
    const next = main[index + 1];
    if (next?.segment.after !== piece.to || next.from !== next.segment.first) return false;
    // Where zxids rise by one nothing can be in between.
    return next.from > piece.to + 1n && last > piece.to && first < next.from;
  });
}

/** Where the main line is not known to have nothing. */
function gapsOf(main: readonly Piece[]): { first: bigint; last: bigint }[] {
  const gaps: { first: bigint; last: bigint }[] = [];
  let before: bigint | null = null;
  for (const { from, to, segment } of main) {
    const known = from === segment.first ? segment.after : from - 1n;
    const first = before === null ? 0n : before + 1n;
    const last = known ?? from - 1n;
    if (last >= first) gaps.push({ first, last });
    before = to;
  }
  return gaps;
}

/** Whether one zxid comes right behind another, as far as zxids tell. */
function holesOf(main: readonly Piece[]): Hole[] {
  const holes: Hole[] = [];
  let before: Piece | null = null;
  for (const piece of main) {
    const { from, segment } = piece;
    const goesOn =
      before !== null && (from === before.to + 1n || (from === segment.first && segment.after === before.to));
    const isFirst = before === null && (from & 0xffffffffn) <= 1n && epochOf(from) <= 1;
    if (!goesOn && !isFirst) holes.push({ after: before?.to ?? null, before: from });
    before = piece;
  }
  return holes;
}

function branchesOf(lines: readonly Line[], main: readonly Piece[]): Branch[] {
  const onMain = new Set(main.map(({ segment }) => keyOf(segment)));
  const branches = new Map<string, Branch>();
  for (const line of lines) {
    for (const group of [line.segments, line.dropped]) {
      let current: Branch | null = null;
      let last: bigint | null = null;
      for (const each of [...group].sort(byFirst)) {
        const isKnown = onMain.has(keyOf(each)) || (group === line.segments && isCovered(each, main));
        if (isKnown) {
          current = null;
          continue;
        }
        if (!current || last === null || each.first <= last) {
          const name = `${zxidHex(each.first).replace(/^0+(?=.)/, "")}-${each.content.slice(0, 8)}`;
          current = branches.get(name) ?? { name, servers: [], segments: [] };
          branches.set(name, current);
        }
        if (!current.servers.includes(line.server)) current.servers.push(line.server);
        if (!current.segments.some((other) => keyOf(other) === keyOf(each))) current.segments.push(each);
        last = each.last;
      }
    }
  }
  return [...branches.values()].sort((a, b) => byFirst(a.segments[0] as Segment, b.segments[0] as Segment));
}

/**
 * Whether the main line has all of a segment's zxids in segments that are cut elsewhere: names do not tell whether they
 * are the same, and who reads them compares them.
 */
function isCovered(each: Segment, main: readonly Piece[]): boolean {
  if (reachesOver(main, each)) return false;
  let at = each.first;
  for (const { from, to, segment } of main) {
    if (to < at) continue;
    if (from > at) return false;
    if (segment.first === each.first && segment.last === each.last) return false;
    at = to + 1n;
    if (at > each.last) return true;
  }
  return false;
}

/** A snapshot that was begun while its server followed a branch, or may have been, can hold what the branch changed. */
function snapshotsOf(lines: readonly Line[], branches: readonly Branch[], bases: readonly Snapshot[]): Snapshot[] {
  const kept: Snapshot[] = [...bases];
  for (const { server, snapshots } of lines) {
    const own = branches.filter(({ servers }) => servers.includes(server)).map(({ segments }) => segments);
    for (const [index, each] of snapshots.entries()) {
      const next = snapshots[index + 1]?.zxid ?? null;
      const isTainted = own.some((segments) => {
        const first = (segments[0] as Segment).first;
        const last = (segments.at(-1) as Segment).last;
        if (each.kind === "base" || each.zxid === 0n || each.zxid > last) return false;
        return each.zxid >= first || next === null || next >= first;
      });
      const isThere = kept.some(({ zxid, content }) => zxid === each.zxid && content === each.content);
      if (!isTainted && !isThere) kept.push(each);
    }
  }
  return kept.sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0));
}

function filesOf(lines: readonly Line[]): FileObject[] {
  const files = new Map<string, FileObject>();
  for (const line of lines) for (const each of line.files) if (!files.has(each.file)) files.set(each.file, each);
  return [...files.values()];
}

function confirmedUpTo(main: readonly Piece[], lines: readonly Line[], voters: string[] | null): bigint | null {
  const last = main.at(-1);
  if (!last) return null;
  const epoch = epochOf(last.to);
  let confirmed = main.findLast(({ to }) => epochOf(to) < epoch)?.to ?? null;
  if (voters === null) return confirmed;
  const majority = Math.floor(voters.length / 2) + 1;
  const keys = new Map<string, Set<string>>();
  for (const { server, segments } of lines) {
    const own = keys.get(server) ?? new Set();
    for (const each of segments) own.add(keyOf(each));
    keys.set(server, own);
  }
  for (const { segment, to } of main) {
    const holders = voters.filter((voter) => keys.get(voter)?.has(keyOf(segment)));
    if (holders.length >= majority && (confirmed === null || to > confirmed)) confirmed = to;
  }
  return confirmed;
}

/** The main line up to a branch, and the branch. Null where there is none of that name. */
export function onBranch(history: History, name: string): History | null {
  const branch = history.branches.find((each) => each.name === name);
  const [first] = branch?.segments ?? [];
  if (!branch || !first) return null;
  const before = history.main
    .filter(({ from }) => from < first.first)
    .map((piece) => (piece.to < first.first ? piece : { ...piece, to: first.first - 1n }));
  const own = branch.segments.map((segment) => ({
    from: segment.first,
    to: segment.last,
    segment,
    objects: [segment],
  }));
  const main = [...before, ...own];
  const holes = holesOf(main);
  const snapshots = history.snapshots.filter(({ zxid }) => zxid < first.first);
  return {
    ...history,
    main,
    shipped: main,
    branches: history.branches.filter((each) => each !== branch),
    snapshots,
    confirmed: null,
    tip: tipOf(main.at(-1)),
    holes,
    recoveryPoint: recoveryPointOf(main, holes, snapshots),
  };
}
