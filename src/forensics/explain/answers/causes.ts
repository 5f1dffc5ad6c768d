import { FINDING_CODES, type FindingCode, stopsSnapshot } from "../../../findings/kinds.js";

/** Damage that several messages can come from, likeliest first. */

/** A record of a log is not as it was written. */
export const RECORD_DAMAGE = [
  "log.crc",
  "log.length",
  "log.torn",
  "log.garbage",
  "log.end-mark",
  "log.malformed",
  "file.text-mode",
] as const;

/** A log that a server cannot begin to read. */
export const UNREADABLE_LOG = [
  "file.empty",
  "file.short-header",
  "log.header",
  "file.zeros",
  "file.magic",
  "log.compressed",
  "file.unreadable",
] as const;

const LIKELIEST_OF_SNAPSHOTS: readonly FindingCode[] = [
  "snapshot.seal",
  "snapshot.zeros",
  "snapshot.repeated-id",
  "snapshot.truncated",
  "snapshot.length",
  "snapshot.no-seal",
  "snapshot.end-mark",
  "snapshot.trailing",
  "file.text-mode",
  "snapshot.acl-map",
  "snapshot.root",
  "snapshot.orphan",
  "snapshot.path",
  "file.magic",
  "file.zeros",
  "file.compression",
  "file.suffix",
  "file.empty",
  "file.short-header",
  "file.unreadable",
];

/** A snapshot that a server passes over: by the table, every kind that stops it is among them. */
export const SNAPSHOT_DAMAGE: readonly FindingCode[] = [
  ...new Set([...LIKELIEST_OF_SNAPSHOTS, ...FINDING_CODES.filter((code) => stopsSnapshot({ code }))]),
];

/** Transactions that the server does not see, though they were made. */
export const LOST_TRANSACTIONS = [
  "coverage.gap",
  "log.torn",
  "log.garbage",
  "log.end-mark",
  "log.after-padding",
  "file.text-mode",
  "log.torn-tail",
] as const;

/** A tree that is not the one that the transactions were made on. */
export const WRONG_TREE = [
  "digest.mismatch",
  "snapshot.digest",
  "tree.mismatch",
  "replay.missing-parent",
  "replay.missing-node",
  "replay.exists",
  "replay.version",
  "ensemble.trees",
  "ensemble.digest",
  ...LOST_TRANSACTIONS,
] as const satisfies readonly FindingCode[];

/** Two histories in one directory, or in one ensemble. */
export const TWO_HISTORIES = [
  "log.conflict",
  "log.backward",
  "log.duplicate",
  "ensemble.conflict",
  "ensemble.divergent-tail",
] as const;
