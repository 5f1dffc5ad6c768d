import { type Finding, finding } from "../findings/finding.js";
import { follows } from "../storage/zxid.js";
import { say } from "../text/message.js";
import type { DataDirectory } from "./directory/data-directory.js";
import type { Coverage } from "./exact/coverage.js";
import type { LogScan } from "./scan/scan-log.js";
import type { SnapshotScan } from "./scan/scan-snapshot.js";

/*
 * What healthy servers leave behind, and what looks like it and is a loss: the files around it tell the two apart.
 */

/**
 * The end of a log means another thing where later logs follow. A record that was torn by a crash was never made: the
 * server went on with its zxid in the next log. A log that is empty had transactions, for the next one goes on behind
 * them.
 */
export function logFindings(logs: readonly LogScan[]): Finding[] {
  const last = logs.findLastIndex((each) => each.transactions > 0);
  return logs.flatMap((log, index) => {
    if (index >= last) return log.findings;
    const next = logs.slice(index + 1).find(({ runs }) => runs.length > 0);
    return log.findings.map((each) => followedBy(each, log, next));
  });
}

function followedBy(each: Finding, log: LogScan, next: LogScan | undefined): Finding {
  if (each.code === "log.torn-tail") {
    const [end, first] = [log.runs.at(-1)?.last, next?.runs[0]?.first];
    const goesOn = end !== undefined && first !== undefined && follows(end, first);
    return goesOn
      ? { ...each, severity: "note", message: say`${each.message}; the next log goes on from there` }
      : { ...each, message: say`${each.message}; later logs follow` };
  }
  if (each.code !== "file.empty" && each.code !== "file.short-header") return each;
  return {
    ...each,
    severity: "error",
    message: say`${each.message}, and later logs follow: its transactions are lost`,
  };
}

/** A server that is killed as it begins a snapshot leaves 0 bytes: nothing is lost where the logs have come to its zxid. */
export function ofEmptySnapshot(each: Finding, { zxid }: SnapshotScan, logged: bigint | null): Finding {
  const isKept = zxid !== null && logged !== null && zxid <= logged;
  return isKept ? { ...each, severity: "note", message: say`${each.message}; the logs have reached its zxid` } : each;
}

/** A server that is started with another compression writes the snapshot that it has loaded once more. */
export function ofAlike(each: Finding, directory: DataDirectory, snapshots: readonly SnapshotScan[]): Finding {
  if (each.code !== "file.duplicate") return each;
  const index = directory.snapshots.findIndex(({ path }) => path === each.file);
  const [a, b] = [directory.snapshots[index - 1], directory.snapshots[index]].map((file) =>
    snapshots.find(({ path }) => path === file?.path),
  );
  if (!a?.sound || !b?.sound || a.digest !== b.digest || a.znodes !== b.znodes) return each;
  return { ...each, severity: "note", message: say`${each.message}, and hold the same znodes` };
}

/**
 * Behind each seal a snapshot could end, in an older layout: only what was written around it tells whether it should
 * have gone on. A server whose transactions carry digests writes one into its snapshots as well (3.6+); one that was
 * started anew, without digests or of an older release, shows that by what it logs after its first snapshot.
 */
export function layoutFindings(coverage: Coverage, logs: readonly LogScan[]): Finding[] {
  const findings: Finding[] = [];
  for (const [index, { scan, window }] of coverage.snapshots.entries()) {
    const layout = scan.trailers?.layout;
    if (!layout) continue;
    const until = logs.find(({ runs }) => runs.some((run) => run.first <= window.begin && window.begin <= run.last));
    const after = logs.find(({ runs }) => runs.some((run) => run.last > window.begin));
    const neighbours = [coverage.snapshots[index - 1], coverage.snapshots[index + 1]];
    const lacksDigest = !layout.digest && hasDigests(after ?? until);
    const lacksLastZxid = !layout.lastZxid && neighbours.every((each) => each?.scan.trailers?.layout.lastZxid);
    if (!lacksDigest && !lacksLastZxid) continue;
    const message = say`no ${lacksDigest ? "digest" : "last zxid"} follows the seal, as in the snapshots and logs around it`;
    const isUsual = !lacksLastZxid && after === undefined;
    findings.push(
      finding("snapshot.layout", message, {
        file: scan.path,
        zxid: window.begin,
        ...(isUsual ? { severity: "note" as const } : {}),
      }),
    );
  }
  return findings;
}

/** All but errors do, or none: that is a matter of the server that wrote it. */
function hasDigests(log: LogScan | undefined): boolean {
  return log !== undefined && log.digests > 0;
}
