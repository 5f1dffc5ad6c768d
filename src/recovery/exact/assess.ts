import { isCauseOf } from "../../findings/kinds.js";
import type { Safe } from "../../text/safe.js";
import type { DataDirectory } from "../directory/data-directory.js";
import { runJobs } from "../parallel/jobs.js";
import { bytesOfReplay } from "../replay/bytes-of-replay.js";
import { treeDifference } from "../replay/fingerprint.js";
import { timeoutDifference } from "../replay/session-list.js";
import { OUT_OF_STEP } from "../replay/replay-proof.js";
import { contentOnly, replaySegment, type Segment } from "../replay/segment.js";
import { conflictsIn } from "../scan/conflict.js";
import { loggedDigest } from "../scan/headers.js";
import type { LogScan } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import type { AssessOptions, Assessment, Rejected, WhyRejected } from "./assessment.js";
import { BEGINNING, baseAtDigest, contradictsName, mayBeTorn, provesItself } from "./base.js";
import { type Coverage, isBeginning, joinRanges } from "./coverage.js";
import { isBounded, measuredWindow } from "./fuzzy-window.js";
import {
  comparedAt,
  differsUntilCleared,
  isMisstated,
  isLogged,
  type Line,
  lineOf,
  linkOf,
  mayLackPzxids,
  piecesOf,
  type Replayed,
  takesForFuzzy,
} from "./line.js";
import { Mismatches } from "./mismatches.js";
import type { ViewComparison } from "./view.js";

/**
 * Replays a directory from every base, each up to where the next is no longer fuzzy, compares them there, and decides
 * which points are exact.
 *
 * - Digests that transactions carry decide: a base that they contradict is left out, and the one before it goes on in
 *   its place.
 * - Without them a state is exact where no other base contradicts it. Of two that differ, the one is wrong that a
 *   third, which both lead to, has otherwise. Where no third tells, neither is exact, back to where the earlier one
 *   last agreed with a base before it.
 * - A transaction that does not fit ends what is exact before it, if its base agrees with one before; else it may be
 *   the base that is wrong, and nothing of it is exact.
 * - What no digest covers is `unproven` where two bases have it otherwise, or nothing but one base has it at all.
 *
 * `rebuild` takes a shorter way to the same answer where nothing at all contradicts a base, and asks here otherwise.
 *
 * @example
 * import { assess, discover, verify } from "zkrewind/recovery";
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const { coverage, logs } = await verify(directory, { replay: false });
 * console.log((await assess(directory, coverage, logs)).exact);
 */
export async function assess(
  directory: DataDirectory,
  coverage: Coverage,
  logs: readonly LogScan[],
  options: AssessOptions = {},
): Promise<Assessment> {
  return new Assessor(directory, coverage, logs, options).run();
}

class Assessor {
  private readonly directory: DataDirectory;
  private readonly logs: readonly LogScan[];
  private readonly options: AssessOptions;
  /** By the ends of their windows. */
  private lines: Line[];
  /** Snapshots from which no replay can begin. */
  private readonly strays: readonly SnapshotScan[];
  private readonly rejected: Rejected[] = [];
  private readonly mismatches = new Mismatches();
  private readonly namesChecked = new Set<string>();
  private readonly quotesChecked = new Set<string>();
  private done = 0;
  private total = 0;

  constructor(directory: DataDirectory, coverage: Coverage, logs: readonly LogScan[], options: AssessOptions) {
    this.directory = directory;
    this.logs = logs;
    this.options = options;
    const first = coverage.runs[0];
    const beginning = first !== undefined && isBeginning(first.first) ? [lineOf(BEGINNING, null)] : [];
    const snapshots = coverage.snapshots.flatMap(({ base, scan }) => (base === null ? [] : [lineOf(base, scan)]));
    this.lines = inOrder([...beginning, ...snapshots]);
    this.strays = coverage.snapshots.flatMap(({ base, scan }) => (base === null ? [scan] : []));
    for (const { scan, why } of coverage.contradicted) {
      if (contradictsName(scan) !== null) continue;
      this.mismatches.end(scan, why);
    }
  }

  async run(): Promise<Assessment> {
    do await this.replayAll();
    while ((await this.settleWindows()) || (await this.weigh()));
    await this.loadStrays();
    const lines = this.lines as Replayed[];
    for (const [index, line] of lines.entries()) {
      this.mismatches.rest(lines[index - 1], line);
      this.mismatches.cleared(line);
    }
    const conflicts = mayOverlap(this.logs) ? await conflictsIn(this.directory.logs) : [];
    const pieces = lines.flatMap((line, index) => {
      const [before, after] = [linkOf(lines[index - 1], line), linkOf(line, lines[index + 1])];
      return piecesOf(line, before, after, conflicts);
    });
    return {
      exact: joinRanges(
        pieces.map(({ base, ...piece }) => ({ ...piece, base: base.snapshot?.name ?? null })),
        this.logs.flatMap(({ runs }) => runs),
      ),
      pieces,
      // From nothing to a snapshot of nothing there is nothing to replay.
      segments: lines
        .filter(({ base, result }) => base.snapshot !== null || result.applied > 0)
        .map(({ result }) => result),
      rejected: this.rejected,
      findings: this.mismatches.findings,
    };
  }

  /** Replays what has not been replayed, or not to where it is now compared with the next. */
  private async replayAll(): Promise<void> {
    const due: { line: Line; segment: Segment }[] = [];
    for (const [index, line] of this.lines.entries()) {
      const to = this.lines[index + 1]?.base.window.end ?? null;
      if (line.result && (line.broken || !isElsewhere(to, line.to, line.result.last))) continue;
      line.to = to;
      due.push({ line, segment: this.segmentOf(line) });
    }
    const jobs = due.map(({ segment }) => ({ kind: "replay" as const, segment }));
    const before = this.done;
    this.total += jobs.reduce((sum, { segment }) => sum + segment.bytes, 0);
    const { threads, onProgress } = this.options;
    const results = await runJobs(jobs, {
      ...(threads ? { threads } : {}),
      onProgress: (bytes) => onProgress?.((this.done = before + bytes), this.total),
    });
    for (const [index, { line }] of due.entries()) line.result = results[index] ?? null;
  }

  /** What only a load shows is looked for in every snapshot: in those, too, that no replay has come to. */
  private async loadStrays(): Promise<void> {
    const unreached = this.rejected.flatMap(({ scan, why }) => (why === "unreached" ? [scan] : []));
    for (const scan of [...this.strays, ...unreached]) {
      const snapshot = this.directory.snapshots.find(({ path }) => path === scan.path);
      if (!snapshot) continue;
      const content = await replaySegment(contentOnly(snapshot, snapshot.zxid ?? 0n));
      this.mismatches.structure(content);
      const line = (this.lines as Replayed[]).findLast(
        ({ base, scan: own }) => own !== scan && base.from <= content.from,
      );
      const differs = line ? timeoutDifference(line.result.sessionsAtEnd, content.sessionsAtExact) : null;
      if (line && differs !== null) this.mismatches.timeout(line, scan, differs);
    }
  }

  /** Gives each base the window that its replay showed, or leaves it out; true where that changed anything. */
  private async settleWindows(): Promise<boolean> {
    let changed = false;
    const lines = [...this.lines] as Replayed[];
    for (const [index, line] of lines.entries()) {
      const settled = this.settled(line, lines[index - 1]);
      if (settled === line) {
        await this.checkName(line);
        if (await this.isMisquoted(line)) changed = this.reject(line, "contradicted");
        continue;
      }
      changed = true;
      if (settled === "misstated") this.mismatches.digest(line);
      if (typeof settled === "string") this.reject(line, settled);
      else this.lines = inOrder(this.lines.map((each) => (each === line ? settled : each)));
    }
    return changed;
  }

  private settled(line: Replayed, before: Replayed | undefined): Line | WhyRejected {
    const { base, scan, result } = line;
    if (!result.sound) {
      this.mismatches.structure(result);
      return "contradicted";
    }
    if (result.recounted) {
      // It gives nothing exact, and yet its content may be another's.
      const link = linkOf(before, line);
      if (link?.tree) this.mismatches.differs(line, before?.base, link.tree);
      return "recounted";
    }
    if (result.last < base.window.end) {
      const own = scan ? provesItself(scan) : null;
      if (own === null || base.snapshot === null || base.unproven.length > 0) return "unreached";
      return lineOf(baseAtDigest(base.snapshot, own), scan);
    }
    if (result.exact === null) return isMisstated(line, before) ? "misstated" : "contradicted";
    // Only far bounds spoke of its end: now a replay through all of it has shown a near one.
    if (!scan || isBounded(base.window) || result.disproven || !result.consistent) return line;
    const window = measuredWindow(base.window, scan.newestChange, result.lastMisfit);
    return lineOf({ ...base, window }, scan);
  }

  /**
   * A snapshot that proves itself below the zxid in its name is a base at its own; but a server takes the name's word, and
   * would lack what the transactions between changed.
   */
  private async checkName({ base, scan }: Line): Promise<void> {
    const name = base.snapshot?.zxid ?? null;
    if (!scan || name === null || name <= base.from || this.namesChecked.has(scan.path)) return;
    this.namesChecked.add(scan.path);
    const { snapshot, from, proven } = base;
    const { logs } = this.directory;
    const result = await replaySegment({ snapshot, logs, from, exactFrom: name, to: name, proven, bytes: 0 });
    if (result.atExact?.digest === scan.digest) return;
    this.mismatches.name(scan, name, from);
  }

  /** Whether the logs have another digest of the zxid at which a snapshot stands by its own, without a replay to there. */
  private async isMisquoted({ base, scan }: Line): Promise<boolean> {
    const own = scan?.trailers?.digest;
    if (!scan || typeof own?.value !== "bigint") return false;
    if (base.unproven.length === 0 || this.quotesChecked.has(scan.path)) return false;
    this.quotesChecked.add(scan.path);
    const logged = await loggedDigest(this.directory.logs, base.from);
    return logged !== null && BigInt.asUintN(64, logged) !== BigInt.asUintN(64, own.value);
  }

  /** Leaves out a base that others, or its own replay, contradict; true where it did. */
  private async weigh(): Promise<boolean> {
    for (const line of this.lines as Replayed[]) {
      if (await this.weighLine(line)) return true;
    }
    return false;
  }

  private async weighLine(line: Replayed): Promise<boolean> {
    const { result } = line;
    const before = this.before(line);
    const link = linkOf(before, line);
    const differs = link?.tree ?? null;
    // Of the base, or of a transaction: only where another base has the same content is it not the base.
    if (result.disproven && (link === null || differs !== null)) {
      if (before && differs !== null) this.mismatches.differs(line, before.base, differs);
      return this.reject(line, "contradicted");
    }
    if (before && takesForFuzzy(line, before)) return this.reject(line, "unsettled");
    const untilCleared = differsUntilCleared(before, line);
    if (before && untilCleared !== null) return this.isCleared(line, before, untilCleared);
    if (mayLackPzxids(line) && differs !== null && link?.onlyPzxids) return this.reject(line, "unsettled");
    if (line.suspect && !isLogged(line)) {
      const behind = linkOf(line, this.after(line));
      if (behind?.tree !== null) return this.rejectSuspect(line, behind);
      line.suspect = false;
    }
    if (!before || differs === null) return false;
    // Those of a base are known where one before it has the same.
    if (link?.onlyPzxids && mayLackPzxids(before) && this.linkBefore(before)?.tree !== null) return false;
    return this.decide(before, line, differs);
  }

  /** Two neighbours lead to different trees: which of the two is right? */
  private async decide(earlier: Replayed, later: Replayed, differs: Safe): Promise<boolean> {
    // A server that starts on nothing has nothing.
    if (earlier.base.snapshot === null && later.base.window.end === 0n) return this.isWrong(later, earlier, differs);
    const [earlierLogged, laterLogged] = [isLogged(earlier), later.result.matchedLogged];
    if (earlierLogged && !laterLogged) return this.isWrong(later, earlier, differs);
    if (laterLogged && !earlierLogged) return this.leaves(earlier, later, differs);
    // What is in the later one has been overwritten before a digest could tell.
    if (laterLogged && earlier.result.standing) return this.isWrong(later, earlier, differs);
    if (laterLogged) return this.isUndecided(earlier, later, differs);
    if (await this.isOlder(later)) return this.isWrong(later, earlier, differs);
    const third = this.after(later);
    const leads = third !== undefined && (await this.leadsTo(earlier, third));
    // Where both lead to it, what differed has been overwritten by then.
    if (leads === (linkOf(later, third)?.tree === null)) return this.isUndecided(earlier, later, differs);
    return leads ? this.isWrong(later, earlier, differs) : this.leaves(earlier, later, differs);
  }

  /** Whether what a snapshot holds is the tree that a base before it leads to at an earlier zxid: it has another's name. */
  private async isOlder(line: Replayed): Promise<boolean> {
    const { snapshot, from } = line.base;
    const { scan } = line;
    if (snapshot === null || !scan || scan.newestChange >= from) return false;
    const older = this.lines.filter(({ base }) => base.from < from);
    if (older.some((each) => each.scan?.digest === scan.digest && each.scan.znodes === scan.znodes)) return true;
    const origin = older.findLast(({ base }) => base.window.end <= scan.newestChange);
    if (!origin) return false;
    const own = await replaySegment(contentOnly(snapshot, from));
    const led = await replaySegment(this.segmentOf({ ...origin, to: scan.newestChange }));
    if (!own.atExact || led.last !== scan.newestChange) return false;
    return treeDifference(led.atEnd, own.atExact, own.recounted || led.recounted).tree === null;
  }

  /** Whether a base leads to the tree that another one has, over those between. */
  private async leadsTo(earlier: Replayed, later: Replayed): Promise<boolean> {
    const result = await replaySegment(this.segmentOf({ ...earlier, to: later.base.window.end }));
    return comparedAt(result, later)?.tree === null;
  }

  /** The server's tree was another where its window ends: that digests fit again says that the difference was overwritten. */
  private isCleared(line: Replayed, before: Replayed, differs: Safe): true {
    const { exact, unexplained } = line.result;
    if (exact !== null && unexplained === null && exact.from <= line.base.window.end + BigInt(OUT_OF_STEP))
      return this.reject(line, "unsettled");
    return this.isWrong(line, before, differs);
  }

  private isWrong(line: Replayed, by: Replayed, differs: Safe): true {
    this.mismatches.differs(line, by.base, differs);
    return this.reject(line, "contradicted");
  }

  /** The earlier of two went wrong somewhere before the later one. */
  private leaves(earlier: Replayed, later: Replayed, differs: Safe): true {
    if (earlier.scan) this.mismatches.differs(earlier, later.base, differs, later.base.window.end);
    else this.mismatches.history(later, differs);
    return this.breaks(earlier);
  }

  private isUndecided(earlier: Replayed, later: Replayed, differs: Safe): true {
    this.mismatches.differs(later, earlier.base, differs);
    const behind = linkOf(later, this.after(later));
    this.breaks(earlier);
    return this.rejectSuspect(later, behind);
  }

  /** What differs from one that is no better is in question as well. */
  private rejectSuspect(line: Replayed, behind: ViewComparison | null): true {
    const next = this.after(line);
    if (next && behind?.tree) {
      this.mismatches.differs(next, line.base, behind.tree);
      next.suspect = true;
    }
    return this.reject(line, "contradicted");
  }

  /**
   * What a base leads to is not exact; its own state is, if one before it has the same. Both have applied what lies in its
   * window, so that this says nothing of that.
   */
  private breaks(line: Replayed): true {
    const before = this.before(line);
    const supported = before !== undefined && this.linkBefore(line)?.tree === null;
    line.broken = true;
    if (supported && line.base.window.end > line.base.from) before.until = line.base.from;
    if (!supported && line.scan) this.reject(line, "contradicted");
    return true;
  }

  private reject(line: Replayed, why: WhyRejected): true {
    this.lines = this.lines.filter((each) => each !== line);
    if (line.scan) this.rejected.push({ scan: line.scan, why, result: line.result });
    return true;
  }

  private before(line: Line): Replayed | undefined {
    return this.lines[this.lines.indexOf(line) - 1] as Replayed | undefined;
  }

  private after(line: Line): Replayed | undefined {
    return this.lines[this.lines.indexOf(line) + 1] as Replayed | undefined;
  }

  private linkBefore(line: Replayed): ViewComparison | null {
    return linkOf(this.before(line), line);
  }

  private segmentOf({ base, scan, to }: Pick<Line, "base" | "scan" | "to">): Segment {
    const { snapshot, from, window, proven } = base;
    const { logs } = this.directory;
    const bytes = bytesOfReplay(base, scan !== null && mayBeTorn(scan), to, logs, this.logs);
    return { snapshot, logs, from, exactFrom: window.end, to, proven, bytes };
  }
}

/** Whether a zxid may be there twice: in a log out of order, or in two logs. */
function mayOverlap(logs: readonly LogScan[]): boolean {
  let last = -1n;
  return logs.some(({ runs, findings }) => {
    if (findings.some(({ code }) => isCauseOf({ code }, "histories"))) return true;
    const [first, end] = [runs[0]?.first ?? null, runs.at(-1)?.last ?? null];
    if (first !== null && first <= last) return true;
    if (end !== null) last = end;
    return false;
  });
}

/** By the ends of their windows; of two that end alike the one that was first stays first. */
function inOrder(lines: Line[]): Line[] {
  return lines.sort((a, b) => compare(a.base.window.end, b.base.window.end));
}

/** Whether a replay to `to` ends elsewhere than one to `before`, which came to `last`; null is to the end. */
function isElsewhere(to: bigint | null, before: bigint | null, last: bigint): boolean {
  return to !== before && (to === null || to < last || (before !== null && to > before));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
