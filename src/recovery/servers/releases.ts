import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { OpCode } from "../../txn/index.js";

/** What a release's server does with files where releases differ: each line as it was seen on that release. */
export interface Release {
  name: string;
  /** Reads any name that begins with `log.ZXID` or `snapshot.ZXID`, whatever follows (`log.1ee.bad`). */
  anySuffix: boolean;
  /** Reads `snapshot.N.gz` and `.snappy`; other releases do not see them. */
  compressed: boolean;
  /** Refuses to start on logs without a snapshot (ZOOKEEPER-2325). */
  needsSnapshot: boolean;
  /** Deletes a last log of 0 bytes instead of stopping (ZOOKEEPER-2332). */
  dropsEmptyLastLog: boolean;
  /** Stops where the zxids that it replays do not follow each other (ZOOKEEPER-4925). */
  stopsAtHole: boolean;
  /** What stands in for a currentEpoch that is too low: a file's number, or, if it is there, the last zxid's epoch. */
  epochStandIn: "currentEpoch.tmp" | "updatingEpoch";
  /** How much longer than jute.maxbuffer a length may be: this many bytes, or as many again. */
  lengthExtra: 1024 | "as much again";
  /** Transaction types that it replays; it stops at any other. */
  types: ReadonlySet<number>;
  /** Types of a multi's members that it applies; it leaves out any other and what follows it in the multi. */
  memberTypes: ReadonlySet<number>;
  /** What it says before the number of a type that it does not know. */
  unsupported: "Unsupported Txn with type=%d" | "Unsupported Txn with type=";
  /** Which trailers of a snapshot it reads: the seals after them must match. */
  trailers: { digest: boolean; lastZxid: boolean };
  /** Reads the paths in a closeSession (paths2Delete). */
  readsClosePaths: boolean;
  /** Knows containers; to others they are ephemerals of a session that is gone. */
  containers: boolean;
  /** Looks up the ACL of each znode that it changes: it stops where the ACL map lacks it (ZOOKEEPER-4846). */
  looksUpAcls: boolean;
}

/** Those that every release knows. */
export const OLD_TYPES = [
  OpCode.create,
  OpCode.delete,
  OpCode.setData,
  OpCode.setACL,
  OpCode.multi,
  OpCode.createSession,
  OpCode.closeSession,
  OpCode.error,
];
const NEW_TYPES = [
  ...OLD_TYPES,
  OpCode.create2,
  OpCode.reconfig,
  OpCode.createContainer,
  OpCode.deleteContainer,
  OpCode.createTTL,
];
const OLD_MEMBERS = [OpCode.create, OpCode.delete, OpCode.setData, OpCode.check, OpCode.error];
const NEW_MEMBERS = [...OLD_MEMBERS, OpCode.createContainer, OpCode.deleteContainer, OpCode.createTTL];

const R3_4_14: Release = {
  name: "3.4.14",
  anySuffix: false,
  compressed: false,
  needsSnapshot: false,
  dropsEmptyLastLog: false,
  stopsAtHole: false,
  epochStandIn: "updatingEpoch",
  lengthExtra: 1024,
  types: new Set(OLD_TYPES),
  memberTypes: new Set(OLD_MEMBERS),
  unsupported: "Unsupported Txn with type=%d",
  trailers: { digest: false, lastZxid: false },
  readsClosePaths: false,
  containers: false,
  looksUpAcls: false,
};
const R3_5_10: Release = {
  ...R3_4_14,
  name: "3.5.10",
  needsSnapshot: true,
  epochStandIn: "currentEpoch.tmp",
  lengthExtra: "as much again",
  types: new Set(NEW_TYPES),
  memberTypes: new Set(NEW_MEMBERS),
  containers: true,
};
const R3_6_4: Release = {
  ...R3_5_10,
  name: "3.6.4",
  anySuffix: true,
  compressed: true,
  trailers: { digest: true, lastZxid: false },
  readsClosePaths: true,
};
const R3_7_2: Release = { ...R3_6_4, name: "3.7.2", memberTypes: new Set([...NEW_MEMBERS, OpCode.create2]) };
const R3_8_6: Release = { ...R3_7_2, name: "3.8.6", looksUpAcls: true };
const R3_9_2: Release = {
  ...R3_8_6,
  name: "3.9.2",
  unsupported: "Unsupported Txn with type=",
  trailers: { digest: true, lastZxid: true },
};
const R3_9_3: Release = { ...R3_9_2, name: "3.9.3", dropsEmptyLastLog: true };
const R3_9_4: Release = { ...R3_9_3, name: "3.9.4", stopsAtHole: true };
const R3_9_5: Release = { ...R3_9_4, name: "3.9.5" };

/** The releases that everything was tried on, oldest first. */
export const TRIED: readonly Release[] = [R3_4_14, R3_5_10, R3_6_4, R3_7_2, R3_8_6, R3_9_2, R3_9_3, R3_9_4, R3_9_5];

/** Their names. */
export const TRIED_RELEASES: readonly string[] = TRIED.map(({ name }) => name);

/** The newest release that is known. */
export const NEWEST: Release = R3_9_5;

/**
 * What is known of a release: `3.9.5`, or `3.9` for the newest of its line. One that was not tried does as the tried one
 * before it in its line, or the line's oldest.
 *
 * Throws ZkRewindError 2 for a release of no line that was tried.
 *
 * @example
 * import { releaseNamed } from "zkrewind/recovery";
 *
 * console.log(releaseNamed("3.8").name, releaseNamed("3.4.14").containers);
 */
export function releaseNamed(name: string): Release {
  const match = /^(\d+)\.(\d+)(?:\.(\d{1,3}))?$/.exec(name);
  const line = match ? TRIED.filter((each) => each.name.startsWith(`${match[1]}.${match[2]}.`)) : [];
  const patch = match?.[3];
  const known =
    patch === undefined ? line.at(-1) : (line.findLast((each) => patchOf(each) <= Number(patch)) ?? line[0]);
  if (known) return known;
  const message = say`zkrewind does not know what servers of ${tag.given(name)} do`;
  const hint = say`It knows ${tag.system(TRIED_RELEASES.join(", "))}, and judges other releases of these lines by them.`;
  throw new ZkRewindError(message, { exitCode: 2, hint });
}

/** Whether a name is of a release that everything was tried on. */
export function isTried(name: string): boolean {
  return TRIED.some((each) => each.name === name);
}

function patchOf({ name }: Release): number {
  return Number(name.slice(name.lastIndexOf(".") + 1));
}

/** jute.maxbuffer where it is not set, in bytes. */
export const JUTE_MAXBUFFER = 0xfffff;

/** The longest record or value that a server reads, in bytes. */
export function lengthLimit({ lengthExtra }: Release, juteMaxbuffer: number): number {
  const extra = lengthExtra === "as much again" ? Math.max(juteMaxbuffer, 1024) : lengthExtra;
  return juteMaxbuffer + extra;
}

/** The jute.maxbuffer with which a server reads a record or value of this length. */
export function maxbufferFor({ lengthExtra }: Release, length: number): number {
  return lengthExtra === "as much again" ? Math.ceil(length / 2) : Math.max(length - lengthExtra, 1);
}
