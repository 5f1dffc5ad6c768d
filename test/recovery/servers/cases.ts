import { DATA_CASES } from "./cases-data.js";
import { EPOCH_CASES } from "./cases-epochs.js";
import { FOLDER_CASES } from "./cases-folders.js";
import { LIMIT_CASES } from "./cases-limits.js";
import { LOG_CASES } from "./cases-logs.js";
import { NAME_CASES } from "./cases-names.js";
import { SNAPSHOT_CASES } from "./cases-snapshots.js";
import type { Files } from "./files.js";

/** What a server finds, and with which settings it is started. */
export interface ServerCase {
  /** Stable: what was observed is kept by it. */
  name: string;
  /** What docs/servers.md calls it. */
  title: string;
  files(): Files | Promise<Files>;
  /** -Djute.maxbuffer, in bytes. */
  juteMaxbuffer?: number;
  /** -Dzookeeper.extendedTypesEnabled=true */
  extendedTypes?: boolean;
  /** -Dzookeeper.digest.enabled=false */
  digestsOff?: boolean;
}

/** Everything that is tried on every release, by topic. */
export const TOPICS: readonly { title: string; cases: readonly ServerCase[] }[] = [
  { title: "Which files there are", cases: FOLDER_CASES },
  { title: "What lies beside them, and under which names", cases: NAME_CASES },
  { title: "Snapshots", cases: SNAPSHOT_CASES },
  { title: "Logs", cases: LOG_CASES },
  { title: "What is in them", cases: DATA_CASES },
  { title: "Limits", cases: LIMIT_CASES },
  { title: "Epoch files", cases: EPOCH_CASES },
];

export const CASES: readonly ServerCase[] = TOPICS.flatMap(({ cases }) => cases);
