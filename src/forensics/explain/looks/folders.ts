import { join } from "node:path";
import { namesIn } from "../../../recovery/directory/entries.js";
import { parseFileName } from "../../../storage/names.js";
import { say, tag } from "../../../text/message.js";
import { counted } from "../../../text/safe.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";

/** Snapshots in the folder for logs, and logs in the one for snapshots, where the two are not one (ZOOKEEPER-2967). */
export async function mixedFolders({ directory }: LookContext): Promise<Sight[]> {
  const held = directory.folders
    .map((folder) => ({ snapshots: filesIn(folder, "snapshot"), logs: filesIn(folder, "log") }))
    .filter(({ snapshots, logs }) => snapshots.length + logs.length > 0);
  const [data, other] = held;
  if (!data || !other) return [];
  if (data.snapshots.length === 0 && other.logs.length === 0)
    return [
      {
        severity: "error",
        message: say`dataDir holds the logs, and dataLogDir the snapshots: the two are interchanged`,
      },
    ];
  return [...misplaced(other.snapshots, "snapshot", "dataLogDir"), ...misplaced(data.logs, "log", "dataDir")];
}

function misplaced(paths: readonly string[], kind: "snapshot" | "log", setting: "dataDir" | "dataLogDir"): Sight[] {
  const [first] = paths;
  if (first === undefined) return [];
  return [{ severity: "error", file: first, message: say`${counted(paths.length, kind)} in ${tag.given(setting)}` }];
}

function filesIn(folder: string, kind: "snapshot" | "log"): string[] {
  return namesIn(folder)
    .filter((name) => parseFileName(name)?.kind === kind)
    .map((name) => join(folder, name));
}
