import {
  assess,
  contradictions,
  coverageOf,
  type DataDirectory,
  type LogScan,
  type SnapshotScan,
} from "../../recovery/index.js";
import { contradictsName } from "../../recovery/exact/base.js";
import type { Message } from "../../text/message.js";

/**
 * The snapshots of a directory that are sound by themselves, and that a server must not load all the same: their name, the
 * logs or the other snapshots say that they are of another zxid. By their paths, with the reason.
 */
export async function contradictedIn(
  directory: DataDirectory,
  snapshots: readonly SnapshotScan[],
  logs: readonly LogScan[],
): Promise<Map<string, Message>> {
  const assessment = await assess(directory, coverageOf(directory.snapshots, snapshots, logs), logs);
  const found = contradictions(assessment);
  for (const scan of snapshots) {
    const contradiction = contradictsName(scan);
    if (contradiction !== null) found.set(scan.path, contradiction);
  }
  return found;
}
