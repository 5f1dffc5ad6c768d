/** What salvaging did: the exact account, as data. Offsets count bytes of the damaged file (uncompressed). */

import { type Message, say } from "../../text/message.js";
import type { Safe } from "../../text/safe.js";

export interface ZxidRange {
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

export interface RecoveredTxns extends ZxidRange {
  count: number;
  /** The file that they were read from. */
  from: string;
  /** Whether that file's transactions around them are the damaged file's own. */
  anchored: "both sides" | "one side";
}

export interface LogAccount {
  kind: "log";
  file: string;
  /** `copied`: it was sound, byte for byte; `rewritten`: what could be read of it; `lost`: nothing could. */
  fate: "copied" | "rewritten" | "lost";
  /** The new file, in the target. */
  output: string | null;
  kept: number;
  /** Records whose own checksum proves them once a damaged length or end mark is put right. */
  repaired: { zxid: bigint; offset: number; what: Message }[];
  suspect: SuspectTxn[];
  recovered: RecoveredTxns[];
  /** Zxids that were here and that nothing proves now, suspect ones included. */
  lost: ZxidRange[];
  /** Said where the damage may hide more zxids than can be counted. */
  unknown: Message | null;
  lostBytes: LostBytes[];
}

export interface Orphan {
  path: string;
  offset: number;
}

export interface SnapshotAccount {
  kind: "snapshot";
  file: string;
  /**
   * `copied`: it was sound; `trimmed`: its sealed part, without what followed; `rebuilt`: from other files, exactly, at
   * its zxid; `scavenged`: what could be read, unproven; `lost`: nothing could.
   */
  fate: "copied" | "trimmed" | "rebuilt" | "scavenged" | "lost";
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

export type FileAccount = LogAccount | SnapshotAccount;

export interface SalvageAccount {
  sources: string[];
  target: string;
  files: FileAccount[];
  /** Zxids of damaged logs that no file has now. */
  lost: ZxidRange[];
  suspectZxids: bigint[];
  /** Whether all that was damaged was recovered from elsewhere, proven. */
  whole: boolean;
  notes: Message[];
}

/** What is left of [first, last] without these, which rise. */
export function without(range: ZxidRange, present: readonly bigint[]): ZxidRange[] {
  const left: ZxidRange[] = [];
  let next = range.first;
  for (const zxid of present) {
    if (zxid < next || zxid > range.last) continue;
    if (zxid > next) left.push({ first: next, last: zxid - 1n });
    next = zxid + 1n;
  }
  if (next <= range.last) left.push({ first: next, last: range.last });
  return left;
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

/** The files' accounts taken together. */
export function summarize(files: FileAccount[], sources: string[], target: string): SalvageAccount {
  const logs = files.filter((each): each is LogAccount => each.kind === "log");
  const snapshots = files.filter((each): each is SnapshotAccount => each.kind === "snapshot");
  const lost = logs.flatMap((each) => each.lost);
  const unproven = logs.flatMap(({ suspect }) => suspect.filter(({ fate }) => fate !== "replaced"));
  const whole =
    lost.length === 0 &&
    unproven.length === 0 &&
    logs.every(({ unknown }) => unknown === null) &&
    snapshots.every(({ fate }) => fate !== "scavenged" && fate !== "lost");
  const notes: Message[] = [];
  const proven = snapshots.some(({ output }) => output?.startsWith("version-2/"));
  if (snapshots.length > 0 && !proven)
    notes.push(say`no snapshot is proven: --keep-suspect puts the scavenged ones beside the logs`);
  return { sources, target, files, lost, suspectZxids: unproven.map(({ zxid }) => zxid), whole, notes };
}
