import { type EpochFiles, isoTime, type Verification } from "../../recovery/index.js";
import { layoutName } from "../../storage/snapshot-trailers.js";
import { findingShape } from "./finding.js";

/** What `info` says: of the files, and of the points that they lead to. */
export function infoShape(result: Verification, epochs: EpochFiles | undefined): object {
  const { snapshots, logs, coverage, startable, findings, exact } = result;
  return {
    snapshots: snapshots.map((scan) => ({
      file: scan.file,
      path: scan.path,
      zxid: scan.zxid,
      size: scan.size,
      bytes: scan.bytes,
      compression: scan.compression,
      layout: scan.trailers ? layoutName(scan.trailers.layout) : null,
      sealed: scan.trailers?.sealed ?? false,
      znodes: scan.znodes,
      ephemerals: scan.ephemerals,
      sessions: scan.sessions,
      acls: scan.acls,
      fuzzyUntil: coverage.snapshots.find((each) => each.scan === scan)?.window.end ?? null,
      largestValue: scan.largestValue,
    })),
    logs: logs.map((scan) => ({
      file: scan.file,
      path: scan.path,
      size: scan.size,
      compression: scan.compression,
      soundEnd: scan.soundEnd,
      transactions: scan.transactions,
      digests: scan.digests,
      largestRecord: scan.largestRecord,
      end: scan.end,
      runs: scan.runs.map(({ first, last, firstTime, lastTime, count }) => ({
        first,
        last,
        firstTime: isoTime(firstTime),
        lastTime: isoTime(lastTime),
        count,
      })),
    })),
    epochs: epochs ?? null,
    replayed: exact !== null,
    exact: exact ?? [],
    covered: coverage.covered,
    later: result.later,
    gaps: coverage.gaps,
    startable,
    findings: findings.map(findingShape),
  };
}

/** What `verify` says. */
export function verifyShape(result: Verification, replayed: boolean): object {
  const { snapshots, logs, coverage, exact, segments, startable, findings, sound } = result;
  return {
    sound,
    startable,
    exact: exact ?? [],
    covered: coverage.covered,
    later: result.later,
    gaps: coverage.gaps,
    replayed,
    transactions: logs.reduce((sum, scan) => sum + scan.transactions, 0),
    applied: segments.reduce((sum, each) => sum + each.applied, 0),
    digestsMatched: segments.reduce((sum, each) => sum + each.digestsMatched, 0),
    snapshots: snapshots.map(({ file, sound: whole, znodes }) => ({ file, sound: whole, znodes })),
    logs: logs.map(({ file, transactions, end }) => ({ file, transactions, end })),
    findings: findings.map(findingShape),
  };
}
