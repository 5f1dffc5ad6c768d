import { type Finding, finding } from "../../findings/finding.js";
import { say } from "../../text/message.js";
import { counted } from "../../text/safe.js";
import type { DataDirectory, ListedName } from "../directory/data-directory.js";

/** What lies in the wrong one of two folders. */
export function folderFindings({ listing }: DataDirectory): Finding[] {
  if (!listing?.dataLogDir) return [];
  const { dataDir, dataLogDir } = listing;
  const snapshots = dataLogDir.filter(({ name }) => name.startsWith("snapshot."));
  const logs = dataDir.filter(({ name }) => name.startsWith("log."));
  const both = snapshots.length > 0 && logs.length > 0;
  if (both && snapshots.length === named(listing, "snapshot.") && logs.length === named(listing, "log."))
    return [
      finding("folder.mixed", say`dataDir holds the logs and dataLogDir the snapshots: the two are interchanged`),
    ];
  return [
    ...(snapshots[0]
      ? [finding("folder.mixed", say`${counted(snapshots.length, "snapshot")} in dataLogDir`, at(snapshots[0]))]
      : []),
    ...(logs[0] ? [finding("folder.mixed", say`${counted(logs.length, "log")} in dataDir`, at(logs[0]))] : []),
  ];
}

function named({ dataDir, dataLogDir }: NonNullable<DataDirectory["listing"]>, prefix: string): number {
  return [...dataDir, ...(dataLogDir ?? [])].filter(({ name }) => name.startsWith(prefix)).length;
}

function at({ path }: ListedName): { file: string } {
  return { file: path };
}
