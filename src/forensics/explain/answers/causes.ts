import { kindsCausing, kindsThatStopSnapshots, type FindingCode } from "../../../findings/kinds.js";

/** What several messages can come from, by the table of findings. */

/** A record of a log is not as it was written. */
export const RECORD_DAMAGE: readonly FindingCode[] = kindsCausing("record");

/** A log that a server cannot begin to read. */
export const UNREADABLE_LOG: readonly FindingCode[] = kindsCausing("log");

/** A snapshot that a server passes over. */
export const SNAPSHOT_DAMAGE: readonly FindingCode[] = kindsThatStopSnapshots();

/** Transactions that the server does not see, though they were made. */
export const LOST_TRANSACTIONS: readonly FindingCode[] = kindsCausing("unseen");

/** A tree that is not the one that the transactions were made on. */
export const WRONG_TREE: readonly FindingCode[] = [...kindsCausing("tree"), ...LOST_TRANSACTIONS];

/** Two histories in one directory, or in one ensemble. */
export const TWO_HISTORIES: readonly FindingCode[] = kindsCausing("histories");
