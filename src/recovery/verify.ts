import { distinct, type Finding, finding } from "../findings/finding.js";
import { isDamage } from "../findings/kinds.js";
import { hex } from "../storage/zxid.js";
import { assess } from "./exact/assess.js";
import { type Assessment, contradictionOf, type Rejected } from "./exact/assessment.js";
import { type Coverage, coverageOf, type ExactRange, type Gap } from "./exact/coverage.js";
import { type LaterState, laterThan } from "./exact/evidence.js";
import type { DataDirectory } from "./directory/data-directory.js";
import { ofLiveFiles } from "./directory/live-files.js";
import { runJobs, type Threads } from "./parallel/jobs.js";
import { layoutFindings, logFindings, ofAlike, ofEmptySnapshot } from "./usual.js";
import { compareCopies } from "./scan/log-copies.js";
import { compareOverlaps } from "./scan/overlap.js";
import type { LogScan } from "./scan/scan-log.js";
import type { SnapshotScan } from "./scan/scan-snapshot.js";
import type { SegmentResult } from "./replay/segment.js";
import { epochFindings } from "./servers/epoch-findings.js";
import { filesForServersOnly } from "./directory/for-servers.js";
import { isFirstStart } from "./servers/first-start.js";
import { folderFindings } from "./servers/folder-findings.js";
import { type ServerOptions, type Startable, startable, startFindings } from "./servers/startable.js";
import { say, tag } from "../text/message.js";

/** How much {@link verify} proves, and for which server it answers. */
export interface VerifyOptions {
  /** Replay everything and compare digests; true unless given. */
  replay?: boolean;
  /** Which server is asked about. */
  server?: ServerOptions;
  threads?: Threads;
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** Everything that was found out about a directory. */
export interface Verification {
  snapshots: SnapshotScan[];
  logs: LogScan[];
  coverage: Coverage;
  /** The points that can be rebuilt exactly; null where nothing was replayed, for only that tells. */
  exact: ExactRange[] | null;
  /** A state later than the newest exact one that the files show; null where there is none. */
  later: LaterState | null;
  /** Empty where nothing was replayed. */
  segments: SegmentResult[];
  startable: Startable;
  /** By file, then offset; what concerns no file comes last. */
  findings: Finding[];
  /** Whether there is no error: no damage, and a server would start. */
  sound: boolean;
}

/**
 * Reads every file of a directory, proves what can be proven, and says what does not fit.
 *
 * @example
 * import { discover, plain, verify } from "zkrewind";
 *
 * const { sound, findings } = await verify(discover(["fixtures/3.8.6-standalone"]));
 * console.log(sound, findings.map(({ code, message }) => `${code}: ${plain(message)}`));
 */
export async function verify(directory: DataDirectory, options: VerifyOptions = {}): Promise<Verification> {
  const files = [...directory.snapshots, ...directory.logs];
  const forServers = filesForServersOnly(directory);
  const sizes = [...files, ...forServers].reduce((sum, file) => sum + file.size, 0);
  const threads = options.threads ? { threads: options.threads } : {};
  // Until the files have been read, it is not known how much of them a replay reads: each about once.
  const expected = sizes * (options.replay === false ? 1 : 2);

  const scanned = await runJobs(
    [...files, ...forServers].map((file) => ({ kind: "scan" as const, file })),
    { ...threads, onProgress: (done) => options.onProgress?.({ done, total: expected }) },
  );
  const own = scanned.slice(0, files.length);
  const snapshots = own.filter((each): each is SnapshotScan => "trailers" in each);
  const logs = own.filter((each): each is LogScan => "runs" in each);
  const coverage = coverageOf(directory.snapshots, snapshots, logs);
  const assessment =
    options.replay === false
      ? NOT_REPLAYED
      : await assess(directory, coverage, logs, {
          ...threads,
          onProgress: (done, total) => options.onProgress?.({ done: sizes + done, total: sizes + total }),
        });
  const { exact, segments } = assessment;

  const server = await startable(
    directory,
    [...files, ...forServers],
    scanned,
    exact === null ? null : segments,
    options.server,
  );
  const all = [
    ...directory.findings.map((each) => withDamage(ofAlike(each, directory, snapshots), scanned)),
    ...folderFindings(directory),
    ...snapshots.flatMap((scan) => snapshotFindings(scan, coverage, segments)),
    ...logFindings(logs),
    ...(await compareOverlaps(directory, logs)),
    ...(await compareCopies(directory.copies)),
    ...coverageFindings(directory, coverage, assessment, logs),
    ...assessment.rejected.flatMap((each) => rejectedFindings(each, coverage, assessment)),
    ...segments.flatMap((result) => result.findings),
    ...assessment.findings,
    ...epochFindings(directory, coverage.last),
    ...startFindings(server),
  ];
  const findings = ofLiveFiles(files, distinct(all)).sort(byPlace);
  return {
    snapshots,
    logs,
    coverage,
    exact,
    later: exact === null ? null : await laterThan({ exact, segments }, directory, snapshots, coverage),
    segments,
    startable: server,
    findings,
    sound: findings.every((each) => each.severity !== "error"),
  };
}

const NOT_REPLAYED: Omit<Assessment, "exact"> & { exact: null } = {
  exact: null,
  pieces: [],
  segments: [],
  rejected: [],
  findings: [],
};

/** With the damage in a file that was set aside: what a server that reads it all the same meets. */
function withDamage(each: Finding, scanned: readonly (SnapshotScan | LogScan)[]): Finding {
  if (each.code !== "file.set-aside") return each;
  const damage = scanned.find(({ path }) => path === each.file)?.findings.find(isDamage);
  if (!damage) return each;
  const { offset, zxid } = damage;
  return {
    ...each,
    message: say`${each.message}; ${damage.code}${offset === undefined ? "" : say` at byte ${offset}`}: ${damage.message}`,
    ...(zxid === undefined ? {} : { zxid }),
  };
}

/**
 * Two things that a snapshot shows by itself are no damage where the snapshot is fuzzy: a digest that differs from its
 * znodes, if the replay from it is proven by later digests; and ACL ids that the map lacks, if the log has those ACLs.
 */
function snapshotFindings(scan: SnapshotScan, coverage: Coverage, results: readonly SegmentResult[]): Finding[] {
  const result = results.find((each) => each.base === scan.file);
  const window = coverage.snapshots.find((each) => each.scan === scan)?.window;
  const digestProven = result?.consistent && result.digestsMatched > 0 && result.unexplained === null;
  const isFuzzy = scan.zxid === null || (window !== undefined && window.end > window.begin);
  const mayResolve = result ? result.atExact?.dangling === 0 : isFuzzy;
  return scan.findings
    .filter((each) => !(digestProven && each.code === "snapshot.digest"))
    .map((each): Finding => {
      if (each.code === "file.empty") return ofEmptySnapshot(each, scan, coverage.runs.at(-1)?.last ?? null);
      if (each.code !== "acl.dangling" || !mayResolve) return each;
      const how = result ? "the log has their ACLs" : "a replay of the log may have their ACLs";
      return { ...each, severity: "note", message: say`${each.message}; ${how}` };
    });
}

function coverageFindings(
  directory: DataDirectory,
  coverage: Coverage,
  assessment: Pick<Assessment, "exact"> | typeof NOT_REPLAYED,
  logScans: readonly LogScan[],
): Finding[] {
  const findings: Finding[] = [];
  const { snapshots, logs } = directory;
  if (snapshots.length === 0 && logs.length === 0)
    return [finding("coverage.none", say`there is neither a snapshot nor a log`)];
  if (snapshots.length === 0) {
    const normal = isFirstStart([], logScans);
    const message = normal
      ? say`there is no snapshot yet: 3.4 writes none when it first starts`
      : say`there is no snapshot`;
    findings.push(finding("coverage.no-snapshot", message, normal ? { severity: "note" } : {}));
  }
  if (logs.length === 0) findings.push(finding("coverage.no-log", say`there is no log`));
  for (const { after, before, bridgedBy } of coverage.gaps.filter((gap) => !isConverted(gap, logScans))) {
    const between = after === 0n ? say`before ${hex(before)}` : say`between ${hex(after)} and ${hex(before)}`;
    if (bridgedBy === null)
      findings.push(finding("coverage.gap", say`transactions ${between} are missing`, { zxid: before }));
    else
      findings.push(
        finding(
          "coverage.bridged-gap",
          say`transactions ${between} are missing; ${tag.file(bridgedBy)} bridges the gap`,
          {
            zxid: before,
          },
        ),
      );
  }
  findings.push(...layoutFindings(coverage, logScans));
  for (const { scan, window, base } of coverage.snapshots)
    if (base === null || base.from > window.begin) findings.push(...ahead(scan, window.begin, window.end, coverage));
  if (assessment.exact?.length !== 0) return findings;
  // Sound snapshots without logs, as a backup of them is, are no damage, though nothing says when they ended.
  const healthy = logs.length === 0 && coverage.snapshots.length === snapshots.length;
  const none = say`no point can be rebuilt exactly`;
  findings.push(finding("coverage.none", none, healthy ? { severity: "note" } : {}));
  return findings;
}

/** Whether transactions that seem to be missing are in a log that went through a text mode: that is told of the log. */
function isConverted({ after, before }: Gap, logs: readonly LogScan[]): boolean {
  return logs.some(
    ({ lineEnds, runs }) => lineEnds !== null && runs.some(({ first, last }) => first === before || last === after),
  );
}

/** What contradicts a snapshot that is sound by itself. */
function rejectedFindings(
  rejected: Rejected,
  coverage: Coverage,
  { findings }: Pick<Assessment, "findings">,
): Finding[] {
  const { scan, why, result } = rejected;
  if (why === "unreached") return ahead(scan, result.from, result.exactFrom, coverage);
  // Without a zxid in its name, nothing says since when a fuzzy one was written.
  if (scan.zxid === null && why === "contradicted") {
    const message = say`its znodes do not match its digest: it was written while transactions went on, and no file name says since when`;
    return [finding("tree.mismatch", message, { file: scan.path, zxid: result.exactFrom, severity: "note" })];
  }
  if (why !== "contradicted" || findings.some(({ file }) => file === scan.path)) return [];
  return [finding("tree.mismatch", contradictionOf(rejected), { file: scan.path, zxid: result.exactFrom })];
}

/** Of an older snapshot it is what a sync from the leader leaves behind; the newest is what a server would load. */
function ahead(scan: SnapshotScan, begin: bigint, end: bigint, coverage: Coverage): Finding[] {
  if (coverage.runs.length === 0) return [];
  const message = say`it may hold changes up to ${hex(end)}, and the transactions after ${hex(begin)} are not all in the logs`;
  const superseded = coverage.snapshots.some((each) => each.base !== null && each.base.from > begin);
  return [
    finding("snapshot.ahead", message, {
      file: scan.path,
      zxid: begin,
      ...(superseded ? { severity: "note" as const } : {}),
    }),
  ];
}

function byPlace(a: Finding, b: Finding): number {
  const [fileA, fileB] = [a.file ?? "\uffff", b.file ?? "\uffff"];
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return (a.offset ?? -1) - (b.offset ?? -1);
}
