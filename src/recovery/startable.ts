import type { Finding } from "../findings/finding.js";
import { stopsReplay } from "../findings/kinds.js";
import { epochOf, hex } from "../storage/zxid.js";
import { isBeginning } from "./exact/coverage.js";
import type { DataDirectory } from "./directory/data-directory.js";
import { COMPRESSED_LOG, type LogScan } from "./scan/scan-log.js";
import type { SnapshotScan } from "./scan/scan-snapshot.js";
import { type Message, say, tag } from "../text/message.js";

/** Whether a server would start on a directory, and with what. */
export interface Startable {
  starts: boolean;
  /** Why not, or with what reservation. */
  reasons: Message[];
  /** The snapshot that it would load. */
  snapshot: string | null;
}

/** jute.maxbuffer's default, in bytes: the server refuses longer records and values unless it is raised. */
const JUTE_MAXBUFFER = 0xfffff;

/**
 * What FileTxnSnapLog.restore does with these files: it loads the newest valid snapshot (trying older ones), then plays
 * every log from there on. A checksum that is wrong or a length that is unreasonable ends the start; a torn record
 * ends just that file, silently.
 */
export function startable(
  directory: DataDirectory,
  snapshots: readonly SnapshotScan[],
  logs: readonly LogScan[],
  last: bigint | null,
): Startable {
  const reasons: Message[] = [];
  const valid = snapshots.filter((scan) => scan.sound && scan.zxid !== null);
  const snapshot = valid[valid.length - 1] ?? null;
  let starts = true;
  const prevent = (reason: Message): void => {
    starts = false;
    reasons.push(reason);
  };
  if (!snapshot && logs.some((log) => log.transactions > 0)) {
    const refusal = "3.5.3 and later stop with “No snapshot found, but there are log entries”";
    if (isFirstStart(snapshots, logs)) reasons.push(say`there is no snapshot yet: 3.4 starts from the log, ${refusal}`);
    else prevent(say`there are logs but no valid snapshot: ${refusal}`);
  } else if (!snapshot && snapshots.length > 0) {
    prevent(say`no snapshot is valid: “Not able to find valid snapshots”`);
  }
  const skipped = snapshots.filter((scan) => !scan.sound && snapshot && (scan.zxid ?? 0n) > (snapshot.zxid as bigint));
  for (const scan of skipped)
    reasons.push(
      say`${tag.file(scan.file)} is damaged: the server takes ${tag.file(snapshot?.file ?? "none")} instead`,
    );
  const played = logs.filter(
    (_, index) => index === logs.length - 1 || (logs[index + 1]?.zxid ?? 0n) > (snapshot?.zxid ?? 0n),
  );
  for (const log of played) {
    const fatal = log.findings.find((each) => stopsReplay(each));
    if (fatal) prevent(say`${tag.file(log.file)}: ${fatal.message}`);
  }
  const first = played[0]?.zxid ?? 0n;
  for (const { log } of directory.copies)
    if ((log.zxid ?? 0n) >= first) prevent(say`${tag.file(log.name)}: ${COMPRESSED_LOG}`);
  const largest = played.reduce((most, log) => Math.max(most, log.largestRecord), snapshot?.largestValue ?? 0);
  if (largest > JUTE_MAXBUFFER) {
    reasons.push(
      say`a record or value has ${largest} bytes: the server needs -Djute.maxbuffer=${largest + 1024} or more`,
    );
  }
  for (const unread of directory.epochs?.unread ?? []) prevent(unread);
  for (const finding of epochFindings(directory, last)) if (finding.severity === "error") prevent(finding.message);
  return { starts, reasons, snapshot: snapshot?.file ?? null };
}

/** 3.4 writes its first snapshot only after snapCount transactions; every later release when it first starts. */
export function isFirstStart(snapshots: readonly SnapshotScan[], logs: readonly LogScan[]): boolean {
  const first = logs.find((log) => log.runs.length > 0)?.runs[0];
  return snapshots.length === 0 && first !== undefined && isBeginning(first.first) && !logs.some((log) => log.modern);
}

/** The epoch files held against each other and against the last zxid: QuorumPeer.loadDataBase. */
export function epochFindings(directory: DataDirectory, last: bigint | null): Finding[] {
  const { epochs } = directory;
  if (!epochs) return [];
  const findings: Finding[] = [];
  const current = parseEpoch("currentEpoch", epochs.current, findings);
  const accepted = parseEpoch("acceptedEpoch", epochs.accepted, findings);
  if (current !== null && last !== null && current < BigInt(epochOf(last))) {
    const message = say`currentEpoch is ${current}, the last zxid ${hex(last)} is of epoch ${epochOf(last)}`;
    findings.push({ code: "epoch.behind", severity: "error", message });
  }
  if (current !== null && accepted !== null && accepted < current) {
    findings.push({
      code: "epoch.order",
      severity: "error",
      message: say`acceptedEpoch is ${accepted}, currentEpoch is ${current}`,
    });
  }
  return findings;
}

/** Long.parseLong of the first line; null where there is no file. */
function parseEpoch(name: "currentEpoch" | "acceptedEpoch", text: string | null, findings: Finding[]): bigint | null {
  if (text === null) return null;
  const line = text.split(/\r?\n/)[0] ?? "";
  if (/^[+-]?\d{1,19}$/.test(line)) return BigInt(line);
  findings.push({
    code: "epoch.unreadable",
    severity: "error",
    message: say`${name} holds "${tag.value(line.slice(0, 40))}", not a number`,
  });
  return null;
}
