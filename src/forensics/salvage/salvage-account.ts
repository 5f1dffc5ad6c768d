/** What salvaging did: the exact account, as data. Offsets count bytes of the damaged file (uncompressed). */

import { type Message, say } from "../../text/message.js";
import type { SalvageOutcome } from "./outcome.js";
import type { Safe } from "../../text/safe.js";

/** Zxids, both ends included. */
export interface SalvagedRange {
  first: bigint;
  last: bigint;
}

/** Bytes of a file that hold nothing that can be read. */
export interface LostBytes {
  from: number;
  to: number;
}

/** A transaction whose bytes parse, but whose checksum does not say that they are what was written. */
export interface SuspectTxn {
  /** What its bytes say: it may be what is damaged. */
  zxid: bigint;
  offset: number;
  bytes: number;
  op: Safe;
  why: Message;
  /** Whether its zxid fits its place. */
  credible: boolean;
  /** `apart`: in a file of its own; `included`: because --keep-suspect asked for it; `replaced`: a sound copy was found. */
  fate: "apart" | "included" | "replaced";
}

/** Transactions that were taken from another file: zxids, both ends included. */
export interface RecoveredTxns extends SalvagedRange {
  count: number;
  /** The file that they were read from. */
  from: string;
  /** Whether that file's transactions around them are the damaged file's own. */
  anchored: "both sides" | "one side";
}

/** What became of a log. */
export interface LogAccount {
  kind: "log";
  file: string;
  /**
   * `copied`: it was sound, byte for byte; `decompressed`: it was sound, and is plain now; `converted`: it is sound without
   * what a text mode put into it; `rewritten`: its sound records; `recovered`: it was not there, all of it is
   * from elsewhere; `left out`: it is empty; `lost`: nothing in it could be read.
   */
  fate: "copied" | "decompressed" | "converted" | "rewritten" | "recovered" | "left out" | "lost";
  /** The new file, in the target. */
  output: string | null;
  kept: number;
  /** Records whose own checksum proves them once a damaged length or end mark is put right. */
  repaired: { zxid: bigint; offset: number; what: Message }[];
  suspect: SuspectTxn[];
  recovered: RecoveredTxns[];
  /** Zxids that were here and that no file has now, suspect ones that are kept apart included. */
  lost: SalvagedRange[];
  /** A last record that the server had not finished when it died: it is not there for a server, and left out. */
  unfinished: { zxid: bigint | null; offset: number; bytes: number } | null;
  /** Said where damage may hide more zxids than can be counted. */
  unknown: Message | null;
  lostBytes: LostBytes[];
}

/** A znode without a parent, and where its record begins: an offset in bytes of the uncompressed file. */
export interface Orphan {
  path: string;
  offset: number;
}

/** What became of a snapshot. */
export interface SnapshotAccount {
  kind: "snapshot";
  file: string;
  /**
   * `copied`: it was sound; `converted`: it is sound without what a text mode put into it; `trimmed`: its sealed part, without what followed; `rebuilt`: from other files, exactly, at
   * its zxid; `scavenged`: what could be read, unproven; `left out`: it is empty; `lost`: nothing could be read, or it is not of its zxid.
   */
  fate: "copied" | "converted" | "trimmed" | "rebuilt" | "scavenged" | "left out" | "lost";
  output: string | null;
  why: Message;
  znodes: number;
  sessions: number;
  /** Of scavenged znodes: those whose data and version a transaction confirms, and those that it put right. */
  confirmed: number;
  corrected: string[];
  /** Znodes without a parent: in lost+found, not in the tree (unless parents were to be made). */
  orphans: Orphan[];
  madeParents: string[];
  /** Znodes whose ACL is lost. */
  withoutAcl: string[];
  duplicates: string[];
  lostBytes: LostBytes[];
  /** What other than znodes could not be read. */
  damagedParts: Message[];
}

/** What became of a file. */
export type FileAccount = LogAccount | SnapshotAccount;

/** What became of every file, and of every transaction that was damaged or missing. */
export interface SalvageAccount extends SalvageOutcome {
  sources: string[];
  target: string;
  files: FileAccount[];
  /** Zxids of damaged logs that no file has now. */
  lost: SalvagedRange[];
  /** Zxids that no file had, damaged or not, and that no snapshot bridges. */
  missing: SalvagedRange[];
  /** Zxids of what nothing proves, whether it is kept apart or was put among the rest. */
  suspectZxids: bigint[];
  /** Whether everything that the files held is in the new ones, proven, and nothing is missing. */
  whole: boolean;
  notes: Message[];
}

/** An account of a snapshot in which nothing has happened yet. */
export function emptySnapshot({ name }: { name: string }, why: Message = say``): SnapshotAccount {
  return {
    kind: "snapshot",
    file: name,
    fate: "lost",
    output: null,
    why,
    znodes: 0,
    sessions: 0,
    confirmed: 0,
    corrected: [],
    orphans: [],
    madeParents: [],
    withoutAcl: [],
    duplicates: [],
    lostBytes: [],
    damagedParts: [],
  };
}

/** An account of a log in which nothing has happened yet. */
export function emptyLog({ name }: { name: string }): LogAccount {
  return {
    kind: "log",
    file: name,
    fate: "lost",
    output: null,
    kept: 0,
    repaired: [],
    suspect: [],
    recovered: [],
    lost: [],
    unfinished: null,
    unknown: null,
    lostBytes: [],
  };
}

/** The files' accounts taken together. */
export function summarize(
  files: FileAccount[],
  missing: SalvagedRange[],
  sources: string[],
  target: string,
  outcome: SalvageOutcome,
): SalvageAccount {
  const logs = files.filter((each): each is LogAccount => each.kind === "log");
  const snapshots = files.filter((each): each is SnapshotAccount => each.kind === "snapshot");
  const lost = logs.flatMap((each) => each.lost);
  const unproven = logs.flatMap(({ suspect }) => suspect.filter(({ fate }) => fate !== "replaced"));
  const whole =
    lost.length === 0 &&
    missing.length === 0 &&
    unproven.length === 0 &&
    logs.every(({ unknown }) => unknown === null) &&
    snapshots.every(({ fate }) => fate !== "scavenged" && fate !== "lost");
  const notes: Message[] = [];
  const proven = snapshots.some(({ output }) => output?.startsWith("version-2/"));
  if (snapshots.length > 0 && !proven)
    notes.push(say`no snapshot is proven: --keep-suspect puts the partly recovered ones next to the logs`);
  const suspectZxids = unproven.map(({ zxid }) => zxid);
  return { sources, target, files, lost, missing, suspectZxids, whole, notes, ...outcome };
}
