import {
  type DataDirectory,
  type LogScan,
  scanLog,
  scanSnapshot,
  type SnapshotScan,
  type StoredFile,
} from "../../recovery/index.js";
import { serverEvidence } from "../../recovery/servers/evidence.js";
import { nameIn } from "../../recovery/servers/names.js";
import { JUTE_MAXBUFFER, NEWEST } from "../../recovery/servers/releases.js";
import { treeAsServer } from "../../recovery/servers/server-load.js";
import { whyNot } from "../../recovery/servers/stop-words.js";
import type { ServerSettings } from "../../recovery/servers/settings.js";
import { serverVerdict } from "../../recovery/servers/verdict.js";
import { hex } from "../../storage/zxid.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { compareTrees, type KnownTree, type TreeComparison } from "./compare-trees.js";

/**
 * What each server would load: its newest snapshot, whatever that holds, and the transactions after it up to `zxid`. It
 * is what servers serve, right or wrong; servers that differ in it are out of step, though their logs are the same.
 */
export function compareLoaded(
  directories: readonly DataDirectory[],
  names: readonly string[],
  zxid: bigint,
  limit: number,
): Promise<TreeComparison> {
  return compareTrees(directories, names, zxid, limit, {
    treeOf: (directory) => loaded(directory, zxid),
    sessions: false,
    words: (a, b) => say`what ${a} and ${b} would load`,
  });
}

async function loaded(directory: DataDirectory, zxid: bigint): Promise<KnownTree | Message> {
  const { files, scans } = await scanned(directory);
  const evidence = serverEvidence(directory, files, scans);
  const settings: ServerSettings = {
    release: NEWEST,
    mode: "standalone",
    juteMaxbuffer: JUTE_MAXBUFFER,
    extendedTypes: true,
    digests: null,
  };
  const { stop, snapshot, base, played } = await serverVerdict(evidence, settings, null);
  if (stop || !played)
    return say`a server of ${tag.system(NEWEST.name)} would not start: ${joined(stop ? whyNot(stop, settings) : [], "; ")}`;
  if (base > zxid) return say`its newest snapshot, ${tag.file(nameIn(snapshot?.path ?? ""))}, is of a later state`;
  if (played.last < zxid) return say`it would come up at ${hex(played.last)}`;
  const { release } = settings;
  const { tree } = await treeAsServer({
    files: evidence.files,
    snapshot,
    played,
    base,
    release,
    looksUp: false,
    until: zxid,
  });
  return { tree, verified: false };
}

/** As few files as a server reads: its newest snapshot that can be read, and the logs from the one before that on. */
async function scanned(directory: DataDirectory): Promise<{ files: StoredFile[]; scans: (SnapshotScan | LogScan)[] }> {
  const files: StoredFile[] = [];
  const scans: (SnapshotScan | LogScan)[] = [];
  let from: bigint | null = null;
  for (const snapshot of directory.snapshots.toReversed()) {
    const scan = await scanSnapshot(snapshot);
    files.push(snapshot);
    scans.push(scan);
    if (!scan.sound || snapshot.zxid === null) continue;
    from = snapshot.zxid;
    break;
  }
  const { logs } = directory;
  const first = logs.findLastIndex(({ zxid }) => from !== null && zxid !== null && zxid <= from);
  for (const log of logs.slice(Math.max(first, 0))) {
    files.push(log);
    scans.push(await scanLog(log));
  }
  return { files, scans };
}
