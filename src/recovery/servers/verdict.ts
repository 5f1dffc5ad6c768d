import type { EpochFiles, ServerListing, StoredFile } from "../directory/data-directory.js";
import type { LogScan } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { type Deletion, deletionsOf, mayDelete } from "./deletions.js";
import { type EpochProblem, epochsAtStart } from "./epochs.js";
import type { Loads } from "./loads.js";
import { type Loss, lostBy } from "./loss.js";
import { provesItself } from "../exact/base.js";
import { nameIn, serverZxid } from "./names.js";
import { type LogToPlay, type Play, play, type Stop } from "./play.js";
import { lengthLimit, type Release } from "./releases.js";
import type { MissingAcl } from "./server-load.js";
import type { ServerSettings } from "./settings.js";
import { needsDigestsOff, readingOf } from "./snapshot-view.js";

/** What is known of the files that a server would start on. */
export interface ServerEvidence {
  listing: ServerListing;
  epochs: EpochFiles | undefined;
  /** By path, as what follows. */
  files: ReadonlyMap<string, StoredFile>;
  /** Of everything that any release takes for a snapshot or log. */
  snapshots: ReadonlyMap<string, SnapshotScan>;
  logs: ReadonlyMap<string, LogScan>;
}

/** What a release's server does with files, when it starts on them. */
export interface ServerVerdict {
  settings: ServerSettings;
  /** Null where it starts. */
  stop: Stop | EpochProblem | ({ kind: "acl" } & MissingAcl) | null;
  /** The snapshot that it loads; null where it loads none. */
  snapshot: SnapshotScan | null;
  /** Whether it reads that snapshot only with -Dzookeeper.digest.enabled=false. */
  needsDigestsOff: boolean;
  /** Newer snapshots that it does not load, with why. */
  skipped: { name: string; reading: "passed over" | "fails" }[];
  /** The zxid that its name says; 0 where there is none. */
  base: bigint;
  /** What it plays over that, and from which logs, up to where it stops. */
  played: Play | null;
  /** The zxid that it comes up at; null where it does not. */
  zxid: bigint | null;
  /** Transactions that it does not have although it comes up. */
  lost: Loss[];
  /** Znodes that it deletes at once: standalone, and as the leader of an ensemble. */
  deletes: Deletion[];
}

/** Snapshots that a server tries at the most (FileSnap.deserialize). */
const MOST_TRIED = 100;

/**
 * What a server of a release does when it starts: FileTxnSnapLog, ZKDatabase.loadDataBase and QuorumPeer.loadDataBase. It
 * checks its folders, loads the newest snapshot that it can read, and plays the logs from there on. `loads` brings what
 * only the tree tells; null where that is not to be read.
 */
export async function serverVerdict(
  evidence: ServerEvidence,
  settings: ServerSettings,
  loads: Loads | null,
): Promise<ServerVerdict> {
  const { release, mode } = settings;
  const verdict: ServerVerdict = {
    settings,
    stop: mixedFolders(evidence.listing),
    snapshot: null,
    needsDigestsOff: false,
    skipped: [],
    base: 0n,
    played: null,
    zxid: null,
    lost: [],
    deletes: [],
  };
  const limit = lengthLimit(release, settings.juteMaxbuffer);
  verdict.stop ??= chooseSnapshot(evidence, limit, verdict);
  const logs = logsOf(evidence, release);
  if (verdict.snapshot === null && release.needsSnapshot && logs.length > 0) verdict.stop ??= { kind: "no snapshot" };
  if (verdict.stop) return verdict;

  const base = zxidOf(verdict.snapshot, release);
  const played = play(logs, base, release, limit);
  verdict.base = base;
  verdict.played = played;
  verdict.stop = played.stop ?? (mode === "ensemble" ? epochsAtStart(evidence.epochs, played.last, release) : null);
  if (verdict.stop) return verdict;
  verdict.lost = lostBy(played, base, [...evidence.logs.values()], verdict.snapshot && provesItself(verdict.snapshot));
  await addLoaded(verdict, played, base, evidence, loads);
  if (verdict.stop === null) verdict.zxid = played.last;
  return verdict;
}

/** What the tree tells: a look-up that stops the server, and what it deletes. */
async function addLoaded(
  verdict: ServerVerdict,
  played: Play,
  base: bigint,
  { files }: ServerEvidence,
  loads: Loads | null,
): Promise<void> {
  const { snapshot, settings } = verdict;
  const { release } = settings;
  if (loads === null) {
    verdict.deletes = mayDelete(snapshot, played.logs, settings);
    return;
  }
  const looksUp = release.looksUpAcls && snapshot !== null && snapshot.dangling > 0;
  const whole = verdict.lost.length === 0;
  const { owners, missingAcl } = await loads.of({ files, snapshot, played, base, release, looksUp }, whole);
  if (looksUp && missingAcl) verdict.stop = { kind: "acl", ...missingAcl };
  else verdict.deletes = deletionsOf(owners, settings);
}

/** Two different folders: none may hold the other's files (ZOOKEEPER-2967). */
function mixedFolders({ dataDir, dataLogDir }: ServerListing): Stop | null {
  if (dataLogDir === null) return null;
  const count = (names: ServerListing["dataDir"], prefix: string): number =>
    names.filter(({ name }) => name.startsWith(prefix)).length;
  const [snapshots, logs] = [count(dataLogDir, "snapshot."), count(dataDir, "log.")];
  if (snapshots === 0 && logs === 0) return null;
  const interchanged = count(dataDir, "snapshot.") === 0 && count(dataLogDir, "log.") === 0;
  return { kind: "mixed folders", snapshots, logs, interchanged };
}

/** Takes the newest snapshot that can be read. */
function chooseSnapshot({ listing, snapshots }: ServerEvidence, limit: number, verdict: ServerVerdict): Stop | null {
  const { release, digests } = verdict.settings;
  const candidates = listing.dataDir
    .flatMap(({ name, path }) => {
      const zxid = serverZxid(name, "snapshot", release);
      return zxid === null ? [] : [{ name, path, zxid }];
    })
    .sort((a, b) => (a.zxid > b.zxid ? -1 : a.zxid < b.zxid ? 1 : 0));
  let tried = 0;
  for (const { name, path } of candidates) {
    const scan = snapshots.get(path);
    const reading = scan ? readingOf(name, scan, release, limit, digests) : "passed over";
    if (reading === "loads") {
      verdict.needsDigestsOff = scan !== undefined && digests === null && needsDigestsOff(scan, release);
      verdict.snapshot = scan ?? null;
      return null;
    }
    verdict.skipped.push({ name, reading });
    if (reading === "fails" && ++tried === MOST_TRIED) break;
  }
  return tried > 0 ? { kind: "no valid snapshot" } : null;
}

/** The logs that there are for a release, in the order of their names. */
function logsOf({ listing, logs }: ServerEvidence, release: Release): LogToPlay[] {
  return (listing.dataLogDir ?? listing.dataDir)
    .flatMap(({ name, path }): LogToPlay[] => {
      const zxid = serverZxid(name, "log", release);
      return zxid === null || zxid < 0n ? [] : [{ name, path, zxid, scan: logs.get(path) ?? null }];
    })
    .sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0));
}

function zxidOf(snapshot: SnapshotScan | null, release: Release): bigint {
  if (!snapshot) return 0n;
  return serverZxid(nameIn(snapshot.path), "snapshot", release) ?? 0n;
}
