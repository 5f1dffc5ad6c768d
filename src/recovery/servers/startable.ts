import { type Finding, finding } from "../../findings/finding.js";
import type { Severity } from "../../findings/severity.js";
import type { DataDirectory, StoredFile } from "../directory/data-directory.js";
import type { LogScan } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import type { SegmentResult } from "../replay/segment.js";
import { type Message, say, tag } from "../../text/message.js";
import type { Deletion } from "./deletions.js";
import { serverEvidence } from "./evidence.js";
import { Loads } from "./loads.js";
import type { Loss } from "./loss.js";
import { readsAll } from "./reads-all.js";
import { isTried, JUTE_MAXBUFFER, NEWEST, releaseNamed, TRIED } from "./releases.js";
import type { ServerSettings } from "./settings.js";
import { type ServerEvidence, serverVerdict, type ServerVerdict } from "./verdict.js";
import { placeOf, serverSays, type StopPlace, whyNot } from "./stop-words.js";
import { reservations } from "./words.js";

/** Which server is asked about. */
export interface ServerOptions {
  /** `3.9.5`, or `3.9` for its newest. The newest that is known unless given, and then which others do otherwise. */
  release?: string;
  /** Alone, or a member of an ensemble; what the epoch files show unless given. */
  mode?: ServerSettings["mode"];
  /** -Djute.maxbuffer, in bytes; ZooKeeper's default unless given. */
  juteMaxbuffer?: number;
}

/** What a server does when it starts on a directory. */
export interface Start {
  starts: boolean;
  /** The zxid that it comes up at; null where it does not. */
  zxid: bigint | null;
  /** The snapshot that it loads. */
  snapshot: string | null;
  /** What it says when it stops. */
  message: Message | null;
  /** Where it stops. */
  stop: StopPlace | null;
  /** Transactions that it does not have although it comes up. */
  lost: Loss[];
  /** Znodes that it deletes at once. */
  deletes: Deletion[];
  /** All of that in words, and what would help. */
  reasons: Message[];
}

/** Whether a server would start on a directory, and with what. */
export interface Startable extends Start {
  release: string;
  mode: ServerSettings["mode"];
  /**
   * That it does not start is an error; a warning where no release was asked for and one that reads all that is there
   * starts with all of it; a note where the source is not the folders of a server. Null where it starts.
   */
  severity: Severity | null;
  /** Where no release was asked for: those that do otherwise, by what they do. */
  others: (Start & { releases: string[] })[];
}

/** A server that does not start, as a finding: the reasons are the verdict's. */
export function startFindings({ release, mode, severity, others }: Startable): Finding[] {
  if (severity === null) return [];
  const where = mode === "ensemble" ? say` in an ensemble` : say``;
  const starting = others.filter(({ starts }) => starts).flatMap(({ releases }) => releases);
  const but = severity === "warning" ? say`; of ${tag.system(starting.join(", "))} it would` : say``;
  return [finding("server.start", say`a server of ${tag.given(release)}${where} would not start${but}`, { severity })];
}

/** `files` and `scans`: of all that the directory holds and of what servers alone read; `segments`: null where nothing was replayed. */
export async function startable(
  directory: DataDirectory,
  files: readonly StoredFile[],
  scans: readonly (SnapshotScan | LogScan)[],
  segments: readonly SegmentResult[] | null,
  options: ServerOptions = {},
): Promise<Startable> {
  const evidence = serverEvidence(directory, files, scans);
  const loads = segments === null ? null : new Loads(segments);
  const release = options.release === undefined ? NEWEST : releaseNamed(options.release);
  const mode = options.mode ?? (hasEpochs(evidence) ? "ensemble" : "standalone");
  const juteMaxbuffer = options.juteMaxbuffer ?? JUTE_MAXBUFFER;
  const settings: ServerSettings = { release, mode, juteMaxbuffer, extendedTypes: false, digests: null };
  const verdict = await serverVerdict(evidence, settings, loads);
  const start = startOf(verdict);
  const rest =
    options.release === undefined
      ? await Promise.all(
          TRIED.filter((each) => each !== release).map((each) =>
            serverVerdict(evidence, { ...settings, release: each }, loads),
          ),
        )
      : [];
  const works = rest.some(
    (each) => each.stop === null && each.lost.length === 0 && readsAll(each.settings.release, evidence),
  );
  return {
    release: options.release ?? release.name,
    mode,
    severity: start.starts
      ? null
      : directory.listing === undefined
        ? "note"
        : works && !lacksSnapshots(evidence)
          ? "warning"
          : "error",
    ...start,
    reasons: [...untried(options.release, release.name), ...start.reasons],
    others: grouped(rest.filter((each) => outcome(each) !== outcome(verdict))),
  };
}

/** Servers write a snapshot before they begin another log, but for 3.4 where it is started again early. */
function lacksSnapshots({ snapshots, logs }: ServerEvidence): boolean {
  return snapshots.size === 0 && logs.size > 1;
}

/** Standalone servers write none. */
function hasEpochs({ epochs }: ServerEvidence): boolean {
  return (
    epochs !== undefined &&
    (epochs.current !== null || epochs.accepted !== null || epochs.unread.length + epochs.unopened.length > 0)
  );
}

function startOf(verdict: ServerVerdict): Start {
  const { stop, settings } = verdict;
  return {
    starts: stop === null,
    zxid: verdict.zxid,
    snapshot: verdict.snapshot?.file ?? null,
    message: stop && serverSays(stop, settings),
    stop: placeOf(stop),
    lost: verdict.lost,
    deletes: verdict.deletes,
    reasons: stop === null ? reservations(verdict) : whyNot(stop, settings),
  };
}

function untried(asked: string | undefined, known: string): Message[] {
  if (asked === undefined || isTried(asked)) return [];
  return [say`${tag.given(asked)} was not tried: it is assumed to behave like ${tag.system(known)}`];
}

/** Releases that do the same, together. */
function grouped(verdicts: readonly ServerVerdict[]): Startable["others"] {
  const groups = new Map<string, Startable["others"][number]>();
  for (const verdict of verdicts) {
    const key = outcome(verdict);
    const group = groups.get(key);
    const { name } = verdict.settings.release;
    if (group) group.releases.push(name);
    else groups.set(key, { releases: [name], ...startOf(verdict) });
  }
  return [...groups.values()];
}

/** What counts as the same: not how a release words it. */
function outcome({ stop, zxid, snapshot, lost, deletes }: ServerVerdict): string {
  const kind = stop === null ? null : { kind: stop.kind, at: placeOf(stop) };
  return JSON.stringify([kind, zxid, snapshot?.path, lost, deletes], (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
}
