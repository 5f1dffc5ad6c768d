import type { SnapshotTrailers } from "../../storage/snapshot-trailers.js";
import { hex } from "../../storage/zxid.js";
import type { StoredFile } from "../directory/data-directory.js";
import type { Checkpoint } from "../replay/replay-proof.js";
import { type FuzzyWindow, fuzzyWindow } from "./fuzzy-window.js";
import { say, type Message } from "../../text/message.js";

/**
 * What of a state nothing proves: see NOT_IN_DIGEST; and the pzxids of the parents of ephemerals whose session was closed
 * while a snapshot up to 3.5 was written, for its closeSession does not name them.
 */
export type Unproven = "sessions" | "acls" | "/zookeeper" | "pzxids";

/** What the tree digest does not cover. */
export const NOT_IN_DIGEST: readonly Unproven[] = ["sessions", "acls", "/zookeeper"];

/** What is in any of the sets, in one order. */
export function unprovenIn(...sets: Iterable<Unproven>[]): readonly Unproven[] {
  const all = new Set(sets.flatMap((set) => [...set]));
  return ([...NOT_IN_DIGEST, "pzxids"] as const).filter((each) => all.has(each));
}

/** Where a replay begins: a snapshot, or nothing where the logs begin at the beginning. */
export interface Base {
  /** Null for nothing. */
  snapshot: StoredFile | null;
  /** The zxid that its tree is taken to have: the transactions after it are replayed. */
  from: bigint;
  /** From the end of the window on the replayed tree can be exact. */
  window: FuzzyWindow;
  /** Whether the tree at `from` needs no further proof. */
  proven: boolean;
  unproven: readonly Unproven[];
}

/** What a snapshot's own bytes say, whoever read them: a scan, or a load. */
export interface SnapshotFacts {
  /** In the name. */
  zxid: bigint | null;
  trailers: SnapshotTrailers | null;
  /** The largest czxid, mzxid or pzxid of a znode. */
  newestChange: bigint;
  /** The sum of the znodes' digests, modulo 2^64, unsigned; negative where it is not known. */
  digest: bigint;
}

/** The logs begin at the beginning: there is no snapshot that could be wrong. */
export const BEGINNING: Base = {
  snapshot: null,
  from: 0n,
  window: { begin: 0n, end: 0n, proof: "stats" },
  proven: true,
  unproven: [],
};

/**
 * The zxid at which a snapshot (3.6+) is exact by its own word: its znodes give the digest that the server wrote for
 * its tree at that zxid, whatever the logs say and whatever the file is called. Null where they do not.
 *
 * The digest covers paths, data and stats; not the sessions, not what an ACL id stands for, nothing below /zookeeper.
 *
 * @example
 * import { discover, provesItself, scanSnapshot } from "zkrewind/recovery";
 *
 * console.log(provesItself(await scanSnapshot(discover(["fixtures/3.8.6-standalone"]).snapshots[1])));
 */
export function provesItself({ trailers, newestChange, digest }: SnapshotFacts): bigint | null {
  const own = trailers?.sealed ? trailers.digest : null;
  if (!own || own.version !== DIGEST_VERSION || typeof own.value !== "bigint" || own.zxid === 0n) return null;
  const equal = digest >= 0n && BigInt.asUintN(64, own.value) === digest;
  return equal && newestChange <= own.zxid ? own.zxid : null;
}

/** DigestCalculator.DIGEST_VERSION; others cannot be compared. */
export const DIGEST_VERSION = 2;

/**
 * Why a snapshot cannot be of the zxid in its name; null where nothing inside contradicts it. A server writes the last
 * zxid that it processed after the znodes (3.9+), and that is never below the one it began with.
 *
 * @example
 * import { contradictsName, discover, scanSnapshot } from "zkrewind/recovery";
 *
 * console.log(contradictsName(await scanSnapshot(discover(["fixtures/3.8.6-standalone"]).snapshots[1])));
 */
export function contradictsName({ zxid, trailers }: Pick<SnapshotFacts, "zxid" | "trailers">): Message | null {
  const last = trailers?.sealed ? trailers.lastZxid : null;
  if (zxid === null || last === null || last >= zxid) return null;
  return say`the name says ${hex(zxid)}, but the last zxid inside is ${hex(last)}`;
}

/**
 * Why a snapshot cannot hold what it holds: a change of after it had ended, by its own trailers, or because the same
 * server began the next one only then; null where nothing contradicts it. A transaction that is applied while a
 * trailer is written may be in the znodes and not in the trailer.
 */
export function contradictsEnd({ zxid, trailers, newestChange }: SnapshotFacts, next: bigint | null): Message | null {
  const sealed = trailers?.sealed ? trailers : null;
  const ends = [sealed?.digest?.zxid ?? 0n, sealed?.lastZxid ?? 0n].filter((end) => end > 0n && end >= (zxid ?? 0n));
  const own = ends.reduce<bigint | null>((least, end) => (least === null || end < least ? end : least), null);
  const end = own === null ? next : own + 1n;
  if (end === null || newestChange <= end) return null;
  const why = own === null ? say`the next snapshot is of ${hex(end)}` : say`its trailers were written at ${hex(own)}`;
  return say`it holds a change of ${hex(newestChange)}, and ${why}`;
}

/** What bounds a snapshot's window where nothing inside does. */
export interface NeighbouringBases {
  /** The zxid of the same server's next snapshot. */
  nextSnapshot: bigint | null;
  /** The last transaction that any log holds. */
  lastLogged: bigint | null;
}

/**
 * The base that a snapshot can be: from the zxid in its name, or, where the name says less than its digest proves, from
 * the digest's. A text where it can be none: why.
 */
export function baseOf(snapshot: StoredFile, facts: SnapshotFacts, neighbours: NeighbouringBases): Base | Message {
  const { zxid } = facts;
  const own = provesItself(facts);
  if (own !== null) {
    if (zxid === null || own < zxid) return baseAtDigest(snapshot, own);
    return base(snapshot, { begin: zxid, end: own, proof: "digest" }, own === zxid);
  }
  const contradiction = contradictsName(facts) ?? contradictsEnd(facts, neighbours.nextSnapshot);
  if (contradiction !== null) return contradiction;
  return baseAsItIs(snapshot, facts, neighbours);
}

/** The base that a snapshot is by what it says of itself, contradictory or not. */
export function baseAsItIs(snapshot: StoredFile, facts: SnapshotFacts, neighbours: NeighbouringBases): Base {
  const { zxid, trailers, newestChange } = facts;
  const sealed = trailers?.sealed ? trailers : null;
  const begin = zxid ?? sealed?.lastZxid ?? sealed?.digest?.zxid ?? newestChange;
  return base(snapshot, fuzzyWindow(begin, { trailers, newestChange, ...neighbours }), false);
}

function base(snapshot: StoredFile, window: FuzzyWindow, proven: boolean): Base {
  return { snapshot, from: window.begin, window, proven, unproven: [] };
}

/**
 * The base that a snapshot is at its digest's zxid, where the logs do not lead there from the zxid in its name. What
 * the digest does not cover may be of any time until the snapshot's end.
 */
export function baseAtDigest(snapshot: StoredFile, digestZxid: bigint): Base {
  return { ...base(snapshot, { begin: digestZxid, end: digestZxid, proof: "digest" }, true), unproven: NOT_IN_DIGEST };
}

/**
 * Why the state at a base's end cannot be exact by what bounds its window; null where it can.
 *
 * @example
 * import { plain } from "zkrewind";
 * import { doubtOfWindow } from "zkrewind/recovery";
 *
 * const doubt = doubtOfWindow({ begin: 0x100n, end: 0x120n, proof: "stats" });
 * console.log(doubt && plain(doubt));
 */
export function doubtOfWindow({ proof, begin }: FuzzyWindow): Message | null {
  if (proof !== "stats" || begin === 0n) return null;
  return say`no log continues from it, and nothing in the snapshot says when it was finished: only the stats of its znodes show no later change`;
}

/** The digest in a snapshot as something that a replay can be held against. */
export function checkpointOf(loaded: Pick<SnapshotFacts, "trailers" | "newestChange">, file: string): Checkpoint[] {
  const digest = loaded.trailers?.sealed ? loaded.trailers.digest : null;
  if (!digest || digest.version !== DIGEST_VERSION || typeof digest.value !== "bigint" || digest.zxid === 0n) return [];
  return [{ zxid: digest.zxid, value: digest.value, file, whole: loaded.newestChange <= digest.zxid }];
}

/**
 * Whether a snapshot may hold half of the multi that its name ends with: in 3.4 the first member of a multi already
 * counts as the last zxid processed (DataTree.processTxn). Releases that write a digest are not among them.
 */
export function mayBeTorn(loaded: { trailers: SnapshotTrailers | null }): boolean {
  return loaded.trailers?.layout.digest === false;
}
