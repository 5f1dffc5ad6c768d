import { follows, hex } from "../model/files.js";
import type { LogRecord } from "../model/read-log.js";
import { treeOf } from "../model/read-snapshot.js";
import { type Misfit, sameTree, sessionsText, Tree, type TreeHash } from "../model/tree.js";
import { OP, type Txn } from "../model/txn.js";
import type { FolderReading } from "./reading.js";

/** A state on a line. */
export interface Moment {
  tree: TreeHash;
  sessions: string;
}

/** A replay from one base over all the records that follow without a hole, with what it met. */
export interface Line {
  /** The snapshot's name; null for a replay from nothing. */
  base: string | null;
  /** Everything up to here is in the base. */
  begin: bigint;
  /** From here on it is no longer fuzzy; null where nothing says. */
  exactFrom: bigint | null;
  /** The same, as a replay shows it where nothing else does: from the last change that met its own effect on. */
  measuredFrom: bigint | null;
  /** Where it can be compared with others: the same where sessions' ends that name nothing leave pzxids in doubt. */
  comparedFrom: bigint | null;
  unseen: boolean;
  /** What the snapshot says of the digest at a zxid. */
  stated: { zxid: bigint; value: bigint } | null;
  /** How long that digest has not been met, from its zxid on; null before. */
  unmet: { sure: boolean; left: number } | null;
  /** The states, from `begin` on. */
  moments: Map<bigint, Moment>;
  reach: bigint;
  /** Where a digest was met. */
  proven: bigint[];
  /** Whether nothing tells if the server had /zookeeper/config, as those from 3.5 on have. */
  unsure: boolean;
  /** Where something does not fit, and what; in order. */
  contradictions: { zxid: bigint; what: string; sure?: boolean; own?: boolean }[];
  /** Parts that no digest covers, and that another line has otherwise. */
  unsettled: Set<string>;
  /** What does not fit, though digests bear out the states on both sides: it lies in what no digest covers, or is undone. */
  doubts: string[];
}

/** What the records of all logs say about one zxid. */
export interface Told {
  record: LogRecord;
  log: string;
  /** Whether another record has the same zxid and other bytes. */
  conflict: boolean;
}

export function tell(reading: FolderReading): Map<bigint, Told> {
  const told = new Map<bigint, Told>();
  for (const { name, reading: log } of reading.logs)
    for (const record of log.records) {
      const before = told.get(record.zxid);
      if (!before) told.set(record.zxid, { record, log: name, conflict: false });
      else if (!before.record.payload.equals(record.payload)) before.conflict = true;
    }
  return told;
}

/**
 * Records that lack only their end mark and whose successor begins where they end: the server had gone on from them, so
 * that it is the mark that was lost later.
 */
function completed(reading: FolderReading, told: ReadonlyMap<bigint, Told>): Told[] {
  return reading.logs.flatMap(({ name, reading: { records, damage } }) => {
    const all = [...records, ...damage.flatMap(({ unmarked }) => unmarked ?? [])];
    return damage.flatMap(({ unmarked }) => {
      if (!unmarked || told.has(unmarked.zxid)) return [];
      const next = all.find(({ at }) => at === unmarked.end);
      return next && follows(unmarked.zxid, next.zxid) ? [{ record: unmarked, log: name, conflict: false }] : [];
    });
  });
}

export function linesOf(reading: FolderReading, told: ReadonlyMap<bigint, Told>): Line[] {
  const records = [...told.values(), ...completed(reading, told)].sort((a, b) =>
    a.record.zxid < b.record.zxid ? -1 : 1,
  );
  const lines: Line[] = [];
  const wraps = isBefore36(reading, records);
  const first = records[0]?.record.zxid;
  if (first === 1n || first === 0x100000001n) lines.push(fromNothing(reading, records, wraps));
  const sound = reading.snapshots.filter((each) => each.reading.trouble === null);
  for (const [index, snapshot] of sound.entries()) {
    const next = sound.slice(index + 1).find(({ zxid }) => zxid > snapshot.zxid);
    lines.push(fromSnapshot(snapshot, next?.zxid ?? null, records, wraps));
  }
  disagreements(lines);
  return lines;
}

/** Whether nothing shows a server of 3.6 or later: neither digests, nor trailers, nor sessions' ends that name znodes. */
function isBefore36(reading: FolderReading, records: readonly Told[]): boolean {
  const trailers = reading.snapshots.some(
    ({ reading: { trailers: each } }) => each.digest ?? each.lastZxid !== undefined,
  );
  return !trailers && !records.some(({ record: { txn } }) => txn?.digest !== undefined || txn?.paths !== undefined);
}

function fromNothing(reading: FolderReading, records: readonly Told[], wraps: boolean): Line {
  const shown = records.some(({ record: { txn } }) => txn && (txn.digest !== undefined || txn.type > OP.multi));
  const sound = reading.snapshots.filter((each) => each.reading.trouble === null);
  const held = sound.some((each) => each.reading.nodes.some(({ path }) => path === "/zookeeper/config"));
  const line = newLine(null, 0n);
  line.exactFrom = 0n;
  line.unsure = !shown && sound.length === 0;
  const tree = Tree.fresh(shown || held);
  tree.wraps = wraps;
  return follow(line, tree, records);
}

function newLine(base: string | null, begin: bigint): Line {
  return {
    base,
    begin,
    exactFrom: null,
    measuredFrom: null,
    comparedFrom: null,
    unseen: false,
    stated: null,
    unmet: null,
    moments: new Map(),
    reach: begin,
    proven: [],
    unsure: false,
    contradictions: [],
    doubts: [],
    unsettled: new Set(),
  };
}

function fromSnapshot(
  { name, zxid, reading }: FolderReading["snapshots"][number],
  next: bigint | null,
  records: readonly Told[],
  wraps: boolean,
): Line {
  const tree = treeOf(reading);
  tree.wraps = wraps;
  const { digest, lastZxid } = reading.trailers;
  const line = newLine(name, zxid);
  const newest = reading.newest > zxid ? reading.newest : zxid;
  const ends = [digest?.zxid ?? 0n, lastZxid ?? 0n].filter((end) => end >= zxid && end > 0n);
  if (
    digest &&
    digest.zxid >= zxid &&
    digest.zxid > 0n &&
    digest.value === tree.digest &&
    digest.zxid >= reading.newest
  ) {
    // It proves itself: what it holds is the tree at its digest's zxid, whether the log has what came before or not.
    if (!leads(records, zxid, digest.zxid)) line.begin = digest.zxid;
    line.exactFrom = digest.zxid;
    line.proven.push(digest.zxid);
  } else if (digest && digest.zxid >= zxid && digest.zxid >= reading.newest && !leads(records, zxid, digest.zxid)) {
    // Its own digest is not that of its znodes, and no log tells why: nothing of it is proven.
    line.exactFrom = NEVER;
  } else if (ends.length > 0) line.exactFrom = [...ends, newest].reduce((most, end) => (end > most ? end : most));
  else if (zxid === 0n && reading.newest <= 0n) line.exactFrom = 0n;
  // A server writes one snapshot after the other.
  else if (next !== null) line.exactFrom = next > newest ? next : newest;
  if (digest && digest.zxid === zxid && reading.newest <= zxid && zxid > 0n && digest.value !== tree.digest)
    line.contradictions.push({ zxid, what: `${name}: its digest is not that of its znodes` });
  if (digest && digest.zxid > line.begin && digest.zxid >= reading.newest) line.stated = digest;
  const bounded = ends.length > 0 || line.exactFrom === 0n;
  line.measuredFrom = bounded ? null : newest;
  const beyond = impossible({ name, zxid, reading }, next);
  if (beyond !== null) line.contradictions.push({ zxid, what: beyond, own: true });
  line.reach = line.begin;
  return follow(line, tree, records);
}

const NEVER = 2n ** 63n;

/** Whether records lead from one zxid to another without a hole. */
function leads(records: readonly Told[], from: bigint, to: bigint): boolean {
  let at = from;
  for (const { record, conflict } of records) {
    if (record.zxid <= at) continue;
    if (at >= to || !follows(at, record.zxid) || conflict || !record.txn) break;
    at = record.zxid;
  }
  return at >= to;
}

/** Why a sound snapshot cannot be what its name says, by itself; null where it can. */
export function impossible(
  { name, zxid, reading }: FolderReading["snapshots"][number],
  next: bigint | null,
): string | null {
  const { digest, lastZxid } = reading.trailers;
  if (lastZxid !== undefined && lastZxid < zxid) return `${name}: its last zxid is ${hex(lastZxid)}`;
  const ends = [digest?.zxid, lastZxid].filter((end) => end !== undefined && end >= zxid && end > 0n) as bigint[];
  // A transaction that is applied while a trailer is written may be in the znodes and not in the trailer.
  const end = ends.length > 0 ? ends.reduce((least, each) => (each < least ? each : least)) + 1n : next;
  if (end === null || reading.newest <= end) return null;
  return `${name}: it holds a change of ${hex(reading.newest)}, and it ended before that`;
}

/** Applies what follows, and notes every state. */
function follow(line: Line, tree: Tree, records: readonly Told[]): Line {
  note(line, line.begin, tree);
  const last = records.at(-1)?.record.zxid ?? 0n;
  // Without anything that bounds it, a snapshot is not fuzzy beyond all that is known.
  const known = line.measuredFrom !== null && line.measuredFrom > last ? line.measuredFrom : last;
  line.exactFrom ??= last >= line.begin && records.length > 0 ? known : null;
  let unseen = false;
  const stated = line.base !== null && line.measuredFrom === null && line.begin > 0n;
  const missing = new Set<string>();
  // A server's snapshot may hold a little more than the trailer that it writes behind it says.
  const early: Line["contradictions"] = [];
  for (const { record, conflict } of records) {
    if (record.zxid <= line.reach) continue;
    if (!follows(line.reach, record.zxid) || conflict || !record.txn) break;
    const misfit = tree.apply(record.txn);
    line.reach = record.zxid;
    const exact = line.exactFrom !== null && record.zxid > line.exactFrom;
    if (exact && misfit && misfit !== "session") {
      const found = { zxid: record.zxid, what: `${hex(record.zxid)}: ${misfit}`, own: true };
      if (stated && record.zxid <= (line.exactFrom ?? 0n) + BigInt(OUT_OF_STEP)) early.push(found);
      else line.contradictions.push(found);
    }
    if (!exact) noteMissing(missing, record.txn, misfit);
    const { digest, type, paths } = record.txn;
    // A session's end that names nothing: what it deleted may be missing already, and its parents' pzxid not yet raised.
    unseen ||= !exact && type === OP.closeSession && paths === undefined && line.base !== null;
    if (digest !== undefined) {
      if (digest === tree.digest) line.proven.push(record.zxid);
      else if (exact) line.contradictions.push({ zxid: record.zxid, what: `${hex(record.zxid)}: its digest` });
    }
    if (line.stated && record.zxid >= line.stated.zxid) meetStated(line, line.stated, tree, digest);
    const met = misfit !== null || (type === OP.closeSession && paths === undefined);
    if (met && !exact && line.measuredFrom !== null && record.zxid > line.measuredFrom) line.measuredFrom = record.zxid;
    note(line, record.zxid, tree);
  }
  const [lacked] = missing;
  if (lacked !== undefined && line.proven.length === 0 && line.base !== null)
    line.contradictions.push({ zxid: line.begin, what: `${line.base}: ${lacked} is not there, and was`, own: true });
  for (const each of early) {
    if (line.contradictions.length === 0 && line.proven.some((zxid) => zxid >= each.zxid)) line.exactFrom = each.zxid;
    else line.contradictions.push(each);
  }
  const { exactFrom } = line;
  // Behind where the records end its window may go on: what is lost may be in it.
  const whole = exactFrom !== null && line.reach >= exactFrom;
  line.comparedFrom = whole ? (line.measuredFrom ?? exactFrom) : null;
  line.unseen = unseen;
  if (unseen && exactFrom !== null) {
    const proven = line.proven.find((zxid) => zxid >= exactFrom) ?? null;
    line.exactFrom = proven;
    line.contradictions = line.contradictions.filter(
      ({ zxid, sure }) => sure || zxid <= line.begin || (proven !== null && zxid > proven),
    );
  }
  return line;
}

/**
 * What is changed in a snapshot's window and not there has been deleted while it was written: that comes later, or the
 * snapshot is of another zxid.
 */
function noteMissing(missing: Set<string>, txn: Txn, misfit: Misfit | null): void {
  const { type, path, paths, members } = txn;
  for (const each of [path, ...(paths ?? []), ...members.map((member) => member.path)]) {
    const deletes = type === OP.closeSession || type === OP.multi || type === OP.delete || type === OP.deleteContainer;
    if (deletes) missing.delete(each);
  }
  if (type === OP.closeSession && paths === undefined) missing.clear();
  if (misfit === "no znode" && (type === OP.setData || type === OP.setACL)) missing.add(path);
}

/**
 * What a snapshot states of the digest at a zxid. A server writes it after the znodes while it applies transactions: one
 * or two of those may be in the digest already, and not in the zxid beside it, so that nothing tells until they are by.
 */
function meetStated(line: Line, stated: { zxid: bigint; value: bigint }, tree: Tree, logged: bigint | undefined): void {
  line.unmet ??= { sure: logged === tree.digest, left: OUT_OF_STEP };
  if (stated.value === tree.digest) line.stated = null;
  else if (line.unmet.left-- === 0) {
    const what = `${line.base}: its digest is not that of ${hex(stated.zxid)}`;
    line.contradictions.push({ zxid: stated.zxid, what, sure: line.unmet.sure });
    line.stated = null;
  }
}

/** Transactions by which a snapshot's digest and its zxid can be out of step. */
const OUT_OF_STEP = 2;

function note(line: Line, zxid: bigint, tree: Tree): void {
  line.moments.set(zxid, { tree: tree.hash, sessions: sessionsText(tree.sessions) });
}

/** Where two replays are exact and give different trees, something is wrong with one of them. */
function disagreements(lines: readonly Line[]): void {
  // What a replay shows of a window: a difference from its end on is none that transactions in it made.
  for (const from of [(line: Line) => line.exactFrom, (line: Line) => line.comparedFrom]) {
    const pairs = lines.flatMap((later, index) =>
      lines.slice(0, index).flatMap((earlier) => (earlier.unsure ? [] : (compared(earlier, later, from) ?? []))),
    );
    for (const pair of pairs) if (!pair.alike) disagree(pair, pairs);
  }
  for (const line of lines) line.contradictions.sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
}

/** Two lines at the zxid from which on both are exact. */
interface Pair {
  earlier: Line;
  later: Line;
  at: bigint;
  a: TreeHash;
  b: TreeHash;
  alike: boolean;
  /** Parts that are not compared. */
  without: readonly string[];
}

function compared(earlier: Line, later: Line, from: (line: Line) => bigint | null): Pair | null {
  const [one, other] = [from(earlier), from(later)];
  if (one === null || other === null) return null;
  const at = one > other ? one : other;
  const [a, b] = [earlier.moments.get(at)?.tree, later.moments.get(at)?.tree];
  if (!a || !b) return null;
  // A server may have /zookeeper/config or not, by which release made its directory, and in each it is another: no
  // transaction and no digest speaks of it.
  const without = earlier.unseen || later.unseen ? ["pzxids", "config"] : ["config"];
  return { earlier, later, at, a, b, alike: sameTree(a, b, without), without };
}

function disagree({ earlier, later, at, a, b, without }: Pair, pairs: readonly Pair[]): void {
  const what = `at ${hex(at)} ${earlier.base ?? "nothing"} and ${later.base} give different trees`;
  if (sameTree(a, b, [...without, "acls", "/zookeeper"])) {
    // No digest tells which of the two has it right: a state that does not say so must not rely on either.
    later.doubts.push(what);
    for (const line of [earlier, later]) {
      if (a.acls !== b.acls) line.unsettled.add("acls");
      if (!sameTree(a, b, [...without, "acls"])) line.unsettled.add("/zookeeper");
    }
    return;
  }
  // Digests that are met later on tell which of the two is right, unless both meet them.
  const open = suspects(earlier, later, pairs).filter((line) => !line.proven.some((zxid) => zxid >= at));
  for (const line of open) line.contradictions.push({ zxid: at, what });
  if (open.length === 0) later.doubts.push(what);
}

/**
 * Which of two lines may be the one that is wrong. One that its own contents or later transactions contradict is no
 * witness against the other; nor is one that differs from a third, with which the other agrees.
 */
function suspects(earlier: Line, later: Line, pairs: readonly Pair[]): readonly Line[] {
  const misfits = [earlier, later].filter((line) => line.contradictions.some(({ own }) => own));
  if (misfits.length === 1) return misfits;
  const isAlike = (line: Line, third: Line): boolean | undefined =>
    pairs.find((pair) => [line, third].includes(pair.earlier) && [line, third].includes(pair.later))?.alike;
  const thirds = new Set(pairs.flatMap((pair) => [pair.earlier, pair.later]));
  for (const line of [earlier, later]) thirds.delete(line);
  const outvoted = [earlier, later].filter((line) => {
    const other = line === earlier ? later : earlier;
    return [...thirds].some((third) => isAlike(line, third) === false && isAlike(other, third) === true);
  });
  return outvoted.length === 1 ? outvoted : [earlier, later];
}

/** What a line vouches for at a zxid: null before it is exact, and from its first contradiction on. */
export function vouches(line: Line, zxid: bigint): Moment | null {
  return line.exactFrom === null || zxid < line.exactFrom ? null : uncontradicted(line, zxid);
}

/** The same with windows as a replay shows them: nothing in the files contradicts it, and little proves it. */
export function allows(line: Line, zxid: bigint): Moment | null {
  const from = line.measuredFrom ?? line.exactFrom;
  return from === null || zxid < from ? null : uncontradicted(line, zxid);
}

function uncontradicted(line: Line, zxid: bigint): Moment | null {
  const first = line.contradictions[0];
  return first && first.zxid <= zxid ? null : (line.moments.get(zxid) ?? null);
}
