import { basename } from "node:path";
import { distinct, type Finding, finding, ZkRewindError } from "../../findings/finding.js";
import { HEADER_LENGTH } from "../../storage/header.js";
import { epochOf, hex } from "../../storage/zxid.js";
import type { DataDirectory, EpochFiles, StoredFile } from "../directory/data-directory.js";
import { type AlignedLogs, type LogPart, alignLogs, type Span } from "./align-logs.js";
import { isDead, type AgreedHistory, agreedHistory } from "./agreed-history.js";
import { scanSnapshot } from "../scan/scan-snapshot.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { counted } from "../../text/safe.js";
import { observersAmong } from "./observers.js";

/** Several servers' data directories as one, with what it was decided by. */
export interface Merged {
  directory: DataDirectory;
  names: string[];
  aligned: AlignedLogs;
  line: AgreedHistory;
}

/** What {@link merge} is told of the ensemble. Progress is in bytes of logs. */
export interface MergeOptions {
  /** How many servers the ensemble has, if more than are given. */
  voters?: number;
  onProgress?: (bytes: number) => void;
}

/**
 * Reads several servers' directories as one history: the newest epoch's line. Each transaction comes from a server that
 * holds it soundly, so that one's gaps and damaged records are filled from the others; what never reached a majority
 * before a newer epoch began is left out. Nothing is copied: the result's logs are parts of the servers' own.
 *
 * @example
 * import { discover, merge } from "zkrewind";
 *
 * const servers = ["fixtures/3.8.6-standalone", "fixtures/3.8.6-standalone/version-2"];
 * const { directory, line } = await merge(servers.map((source) => discover([source])));
 * console.log(directory.logs.length, line.dead.map(({ first, last }) => [first, last]));
 */
export async function merge(directories: readonly DataDirectory[], options: MergeOptions = {}): Promise<Merged> {
  if (directories.length === 0) throw new ZkRewindError(say`no data directory is named`, { exitCode: 2 });
  const names = nodeNames(directories);
  const aligned = await alignLogs(directories, options.onProgress);
  const line = agreedHistory(directories, aligned, {
    voters: options.voters,
    observers: await observersAmong(directories),
  });
  const logs = logsOf(directories, names, line);
  const snapshots = await snapshotsOnLine(directories, names, line);
  const directory: DataDirectory = {
    sources: directories.flatMap(({ sources }) => sources),
    snapshots: snapshots.sort((a, b) => ((a.zxid ?? 0n) < (b.zxid ?? 0n) ? -1 : 1)),
    logs,
    copies: directories.flatMap(({ copies }) => copies),
    epochs: newestEpochs(directories),
    places: directories.flatMap(({ places }) => places),
    folders: directories.flatMap(({ folders }) => folders),
    findings: distinct([
      ...directories.flatMap(({ findings }) => findings),
      ...aligned.findings.flat(),
      ...lineFindings(aligned, line, names),
    ]),
  };
  return { directory, names, aligned, line };
}

/** Short names for the servers: the last parts of their paths that tell them apart. */
export function nodeNames(directories: readonly DataDirectory[]): string[] {
  const paths = directories.map(({ sources }) => (sources[0] ?? "").replace(/\/+$/, "").replace(/\/version-2$/, ""));
  for (let parts = 1; parts < 8; parts++) {
    const names = paths.map((path) => path.split("/").slice(-parts).join("/") || basename(path));
    if (new Set(names).size === names.length) return names;
  }
  return paths.map((path, index) => `${path}#${index + 1}`);
}

/** For each span of the line the server to read it from: one is stayed with as long as it has what comes. */
function logsOf(directories: readonly DataDirectory[], names: readonly string[], line: AgreedHistory): StoredFile[] {
  const parts: { node: number; part: LogPart }[] = [];
  let node = -1;
  for (const [index, { span, version }] of line.spans.entries()) {
    if (span.versions[node] !== version) node = longestHolder(line, index);
    for (const part of span.parts[node] as LogPart[]) {
      const last = parts.at(-1);
      if (last && last.node === node && last.part.file === part.file && last.part.to === part.from) {
        last.part = { ...last.part, to: part.to, last: part.last, count: last.part.count + part.count };
      } else parts.push({ node, part });
    }
  }
  return parts.map((part) => virtualLog(directories, names, part));
}

function longestHolder({ spans }: AgreedHistory, from: number): number {
  let best = -1;
  let bestLength = 0;
  for (let node = 0; node < (spans[from] as { span: Span }).span.versions.length; node++) {
    let length = 0;
    for (const { span, version } of spans.slice(from)) {
      if (span.versions[node] !== version) break;
      length++;
    }
    if (length > bestLength) [best, bestLength] = [node, length];
  }
  return best;
}

function virtualLog(
  directories: readonly DataDirectory[],
  names: readonly string[],
  { node, part }: { node: number; part: LogPart },
): StoredFile {
  const log = (directories[node] as DataDirectory).logs[part.file] as StoredFile;
  const { path, bytes } = log;
  const range = { from: Math.max(part.from, HEADER_LENGTH), to: part.to };
  return {
    kind: "log",
    name: `${names[node]}/${log.name}`,
    path,
    bytes,
    zxid: part.first,
    size: range.to - range.from,
    range,
    node: names[node] as string,
    open: () => log.open(range),
  };
}

/**
 * The snapshots that hold nothing but the line. One that was written while a server still followed a line that died
 * may hold what the dead transactions changed, so it counts only where its own content proves that it ended before.
 */
async function snapshotsOnLine(
  directories: readonly DataDirectory[],
  names: readonly string[],
  { cuts, dead }: AgreedHistory,
): Promise<StoredFile[]> {
  const kept: StoredFile[] = [];
  for (const [node, directory] of directories.entries()) {
    for (const [index, snapshot] of directory.snapshots.entries()) {
      const { zxid } = snapshot;
      if (zxid === null || isDead(cuts, zxid)) continue;
      const next = directory.snapshots[index + 1]?.zxid ?? null;
      const ownDead = dead.filter(({ versions, last }) => versions[node] !== 0 && last > zxid);
      const mayBeTainted = ownDead.some(({ first }) => next === null || next >= first);
      if (mayBeTainted && !(await endsBefore(snapshot, ownDead[0]?.first ?? 0n))) continue;
      kept.push({ ...snapshot, name: `${names[node]}/${snapshot.name}`, node: names[node] as string });
    }
  }
  return kept;
}

async function endsBefore(snapshot: StoredFile, zxid: bigint): Promise<boolean> {
  const { trailers, newestChange, sound } = await scanSnapshot(snapshot);
  if (!sound || newestChange >= zxid) return false;
  const end = trailers?.digest?.zxid ?? trailers?.lastZxid ?? null;
  return end !== null && end !== 0n && end < zxid;
}

/** The epoch files of the server that is furthest: what the ensemble had agreed on, as far as these know. */
function newestEpochs(directories: readonly DataDirectory[]): EpochFiles | undefined {
  let newest: EpochFiles | undefined;
  const rank = (epochs: EpochFiles | undefined): number => Number.parseInt(epochs?.current ?? "-1", 10) || -1;
  for (const { epochs } of directories) if (!newest || rank(epochs) > rank(newest)) newest = epochs ?? newest;
  return newest;
}

/** What does not agree between the servers, whoever reads them. */
export function lineFindings(aligned: AlignedLogs, line: AgreedHistory, names: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  const who = (nodes: readonly number[]): Message => serverNames(nodes, names);
  for (const span of line.dead) {
    const nodes = holders(span);
    const message = say`${range(span)}, on ${who(nodes)} alone: epoch ${nextEpoch(line, span)} began without them`;
    findings.push(finding("ensemble.divergent-tail", message, { zxid: span.first }));
  }
  for (const span of aligned.spans) {
    const versions = new Set(span.versions.filter((version) => version !== 0));
    if (versions.size < 2) continue;
    const groups = joined(
      [...versions].map((version) => who(holders(span, version))),
      " / ",
    );
    const message = say`${range(span)}: the same zxids with different bytes on ${groups}`;
    findings.push(finding("ensemble.conflict", message, { zxid: span.first }));
  }
  for (const cut of line.cuts.filter((each) => each.ambiguous)) {
    const message = say`epoch ${cut.epoch} begins after ${cut.after === null ? "nothing" : hex(cut.after)} by ${who(cut.supporters)}, and elsewhere by ${who(cut.dissenters)}`;
    findings.push(finding("ensemble.ambiguous", message, { zxid: cut.first }));
  }
  if (aligned.digestConflict) {
    const { zxid, nodes } = aligned.digestConflict;
    const message = say`after ${hex(zxid)} ${who(nodes)} logged different tree digests for the same transaction`;
    findings.push(finding("ensemble.digest", message, { zxid }));
  }
  return findings;
}

export function holders(span: Span, version?: number): number[] {
  return span.versions.flatMap((each, node) => (each !== 0 && (version ?? each) === each ? [node] : []));
}

/** Servers by the names of their folders. */
export function serverNames(nodes: readonly number[], names: readonly string[]): Message {
  return joined(
    nodes.map((node) => tag.file(names[node] ?? "")),
    ", ",
  );
}

export function range({ first, last, count }: Pick<Span, "first" | "last" | "count">): Message {
  const what = counted(count, "transaction");
  return first === last ? say`${what}, ${hex(first)}` : say`${what}, ${hex(first)} to ${hex(last)}`;
}

function nextEpoch(line: AgreedHistory, span: Span): number {
  return line.cuts.findLast(({ first }) => first > span.last)?.epoch ?? epochOf(line.last ?? 0n);
}
