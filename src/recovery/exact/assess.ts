import { type Finding, finding } from "../../findings/finding.js";
import { type Message, say } from "../../text/message.js";
import type { DataDirectory } from "../directory/data-directory.js";
import { runJobs, type Threads } from "../parallel/jobs.js";
import { bytesOfReplay } from "../replay/bytes-of-replay.js";
import { hex } from "../../storage/zxid.js";
import { replaySegment, type Segment, type SegmentResult } from "../replay/segment.js";
import type { LogScan } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { BEGINNING, type Base, baseAtDigest, mayBeTorn, provesItself, type Unproven } from "./base.js";
import { type Coverage, type ExactRange, isBeginning, joinRanges } from "./coverage.js";
import { isBounded, measuredWindow } from "./fuzzy-window.js";
import { Prover, type View, viewOf } from "./prover.js";

/** Which points the files give exactly, by a replay of everything. */
export interface Assessment {
  exact: ExactRange[];
  /** The replays, by their bases' order: each base's up to where the next one is no longer fuzzy. */
  segments: SegmentResult[];
  /** Snapshots that are sound by themselves and yet no base, with what their replay showed. */
  rejected: Rejected[];
  /** What bases were found to lack or to have against what others lead to. */
  findings: Finding[];
}

export interface Rejected {
  scan: SnapshotScan;
  /** Something speaks against its content; the release counts twice over it; the logs do not lead through its window. */
  why: "contradicted" | "recounted" | "unreached";
  result: SegmentResult;
}

/** Why a snapshot is not what its zxid says, by its own replay. */
export function contradictionOf({ result }: Rejected): Message {
  const own = result.findings.find((each) => each.severity !== "note");
  return own
    ? say`its content is not the tree of its zxid: ${own.message}`
    : say`its content is not the tree of its zxid: the logs have the digest of another`;
}

/** By its path, why each snapshot that is sound by itself must not be taken for the state of its zxid. */
export function contradictions({ rejected, findings }: Assessment): Map<string, Message> {
  const found = new Map<string, Message>();
  for (const { file, message, severity } of findings)
    if (file !== undefined && severity === "error") found.set(file, message);
  for (const each of rejected)
    if (each.why === "contradicted" && !found.has(each.scan.path)) found.set(each.scan.path, contradictionOf(each));
  return found;
}

export interface AssessOptions {
  threads?: Threads;
  /** Bytes done, of how many as far as it is known. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Replays a directory from every base, each up to where the next begins to be exact, and decides which points are. A
 * base that is found wrong is left out, and the one before it goes on in its place. `rebuild` decides by the same
 * replay and the same proof for the one base that it uses.
 */
export async function assess(
  directory: DataDirectory,
  coverage: Coverage,
  logs: readonly LogScan[],
  options: AssessOptions = {},
): Promise<Assessment> {
  return new Assessor(directory, coverage, logs, options).run();
}

/** A base with what its replay showed. */
interface Candidate {
  base: Base;
  scan: SnapshotScan | null;
  result: SegmentResult | null;
  /** Where its replay ends. */
  to: bigint | null;
  unproven: readonly Unproven[];
}

class Assessor {
  private readonly directory: DataDirectory;
  private readonly logs: readonly LogScan[];
  private readonly options: AssessOptions;
  private readonly prover: Prover;
  private candidates: Candidate[];
  private readonly rejected: Rejected[] = [];
  private readonly findings = new Set<Finding>();
  private readonly namesChecked = new Set<string>();
  private done = 0;
  private total = 0;

  constructor(directory: DataDirectory, coverage: Coverage, logs: readonly LogScan[], options: AssessOptions) {
    this.directory = directory;
    this.logs = logs;
    this.options = options;
    const fromSnapshots = coverage.snapshots.flatMap(({ base, scan }): Candidate[] =>
      base === null ? [] : [{ base, scan, result: null, to: null, unproven: [] }],
    );
    const first = coverage.runs[0];
    const isFirst =
      first !== undefined && isBeginning(first.first) && !fromSnapshots.some(({ base }) => base.window.end === 0n);
    const beginning: Candidate[] = isFirst
      ? [{ base: BEGINNING, scan: null, result: null, to: null, unproven: [] }]
      : [];
    this.candidates = [...beginning, ...fromSnapshots].sort((a, b) => compare(a.base.window.end, b.base.window.end));
    const bases = this.candidates.map(({ base }) => base);
    this.prover = new Prover(directory, {
      bases: () => Promise.resolve(bases),
      known: (base, at) => this.known(base, at),
    });
  }

  async run(): Promise<Assessment> {
    let going = true;
    while (going) {
      await this.replayAll();
      going = await this.judge();
    }
    return {
      exact: joinRanges(this.candidates.flatMap((each) => rangeOf(each))),
      segments: this.candidates.flatMap(({ result }) => result ?? []),
      rejected: this.rejected,
      findings: [...this.findings],
    };
  }

  private known(base: Base, at: bigint): View | null {
    const result = this.candidates.find((each) => each.base.snapshot?.path === base.snapshot?.path)?.result;
    return result && result.from === base.from ? viewOf(result, at) : null;
  }

  /** Replays what has not been replayed, or not as far as it must now. */
  private async replayAll(): Promise<void> {
    const due: { candidate: Candidate; segment: Segment }[] = [];
    for (const [index, candidate] of this.candidates.entries()) {
      const to = endOf(this.candidates, index);
      if (candidate.result && !isBeyond(to, candidate.to)) continue;
      candidate.to = to;
      due.push({ candidate, segment: this.segmentOf(candidate) });
    }
    const jobs = due.map(({ segment }) => ({ kind: "replay" as const, segment }));
    const before = this.done;
    this.total += jobs.reduce((sum, { segment }) => sum + segment.bytes, 0);
    const { threads, onProgress } = this.options;
    const results = await runJobs(jobs, {
      ...(threads ? { threads } : {}),
      onProgress: (bytes) => onProgress?.((this.done = before + bytes), this.total),
    });
    for (const [index, { candidate }] of due.entries()) candidate.result = results[index] ?? null;
  }

  /** Leaves out what is no base after all; true where that changes what others must be replayed for. */
  private async judge(): Promise<boolean> {
    const kept: Candidate[] = [];
    let changed = false;
    for (const candidate of this.candidates) {
      const verdict = await this.verdictOf(candidate);
      if (typeof verdict !== "string") {
        if (verdict.base !== candidate.base) changed = true;
        kept.push(verdict);
        continue;
      }
      changed = true;
      if (candidate.scan)
        this.rejected.push({ scan: candidate.scan, why: verdict, result: candidate.result as SegmentResult });
    }
    const due = kept.some((each, index) => each.result !== null && isBeyond(endOf(kept, index), each.to));
    if (changed) this.candidates = kept.sort((a, b) => compare(a.base.window.end, b.base.window.end));
    return changed || due;
  }

  private async verdictOf(candidate: Candidate): Promise<Candidate | Rejected["why"]> {
    const { base, scan } = candidate;
    const result = candidate.result as SegmentResult;
    if (result.recounted) {
      // It gives nothing exact, and yet its content may be another's.
      for (const each of (await this.prover.prove(base, false)).findings) this.findings.add(each);
      return "recounted";
    }
    if (result.last < base.window.end) {
      const own = scan ? provesItself(scan) : null;
      if (own === null || base.snapshot === null || base.unproven.length > 0) return "unreached";
      return { ...candidate, base: baseAtDigest(base.snapshot, own), result: null };
    }
    if (result.exact === null) return "contradicted";
    const measured = this.measured(candidate);
    if (measured) return measured;
    await this.checkName(candidate);
    const proof = await this.prover.prove(base, result.proven);
    for (const each of proof.findings) this.findings.add(each);
    candidate.unproven = proof.unproven;
    return proof.holds ? candidate : "contradicted";
  }

  /**
   * A snapshot that proves itself below the zxid in its name is a base at its own; but a server takes the name's word, and
   * would lack what the transactions between changed.
   */
  private async checkName({ base, scan }: Candidate): Promise<void> {
    const name = base.snapshot?.zxid ?? null;
    if (!scan || name === null || name <= base.from || this.namesChecked.has(scan.path)) return;
    this.namesChecked.add(scan.path);
    const { snapshot, from, proven } = base;
    const { logs } = this.directory;
    const result = await replaySegment({ snapshot, logs, from, exactFrom: name, to: name, proven, bytes: 0 });
    if (!result.atExact || result.atExact.digest === scan.digest) return;
    const message = say`the name says ${hex(name)}, but by its digest it is the tree of ${hex(from)}`;
    this.findings.add(finding("file.name", message, { file: scan.path, zxid: from }));
  }

  /** The base with the window that its replay showed, where only far bounds spoke of it. */
  private measured(candidate: Candidate): Candidate | null {
    const { base, scan } = candidate;
    const result = candidate.result as SegmentResult;
    if (!scan || isBounded(base.window) || !result.consistent) return null;
    const window = measuredWindow(base.window, scan.newestChange, result.lastMisfit);
    return { ...candidate, base: { ...base, window }, result: null };
  }

  private segmentOf({ base, scan, to }: Candidate): Segment {
    const { snapshot, from, window, proven } = base;
    const { logs } = this.directory;
    const bytes = bytesOfReplay(base, scan !== null && mayBeTorn(scan), to, logs, this.logs);
    return { snapshot, logs, from, exactFrom: window.end, to, proven, bytes };
  }
}

/** Where a candidate's replay ends: where the next one begins to be exact that leads on. */
function endOf(candidates: readonly Candidate[], index: number): bigint | null {
  // Where one alone does not fit what follows it, the one before it may. Where two do not, it is the log.
  const cuts = candidates.map(cutOf);
  const next = candidates.findIndex(
    (_, at) => at > index && (cuts[at] === null || cuts.filter((each) => each === cuts[at]).length > 1),
  );
  return candidates[next]?.base.window.end ?? null;
}

/** The last zxid that fitted, where the replay went on after it; null where all fitted. */
function cutOf({ result }: Candidate): bigint | null {
  return result?.exact && result.exact.to < result.last ? result.exact.to : null;
}

/** Whether a replay to `to` goes further than one to `before`; null is to the end. */
function isBeyond(to: bigint | null, before: bigint | null): boolean {
  return before !== null && (to === null || to > before);
}

/** What a base gives exactly, by what its replay showed. */
function rangeOf({ base, result, unproven }: Candidate): ExactRange[] {
  if (!result?.exact) return [];
  const { snapshot } = base;
  if (snapshot !== null) return [{ ...result.exact, base: snapshot.name, unproven }];
  // Before the first transaction there is nothing to be asked for.
  const { first } = result;
  const own: Unproven[] = result.lacksConfig ? ["/zookeeper"] : [];
  return first !== null && result.exact.to >= first
    ? [{ from: first, to: result.exact.to, base: null, unproven: own }]
    : [];
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
