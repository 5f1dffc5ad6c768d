import { type Finding, finding } from "../../findings/finding.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import type { DataDirectory } from "../directory/data-directory.js";
import { eachHeader } from "../scan/headers.js";
import { difference, type Fingerprint } from "../replay/fingerprint.js";
import { logsAfter } from "../replay/logs-after.js";
import type { Checkpoint } from "../replay/replay-proof.js";
import { replaySegment, type Segment, type SegmentResult } from "../replay/segment.js";
import { type SessionEntries, sessionDifference, type SettledSessions } from "../replay/session-list.js";
import { type Base, DIGEST_VERSION, NOT_IN_DIGEST, type Unproven } from "./base.js";
import { say, tag } from "../../text/message.js";
import type { Safe } from "../../text/safe.js";

/** What all files together say of a base. */
export interface Proof {
  /** False where a digest, or what the other bases lead to, says something else: it gives nothing exact. */
  holds: boolean;
  unproven: readonly Unproven[];
  findings: readonly Finding[];
}

/** What a replay from a base has at a zxid. */
export interface View {
  tree: Fingerprint;
  sessions: SessionEntries;
  settled: Pick<SettledSessions, "closing" | "seenAll">;
  recounted: boolean;
  /** Whether a digest has matched on the way. */
  verified: boolean;
}

/** How two views differ: in what digests cover, or in the rest. */
interface Difference {
  in: "digest" | "rest";
  what: Safe;
  /** Whether digests of the logs stand behind the other base. */
  verified: boolean;
}

export interface ProverOptions {
  /** All bases of the directory, by the ends of their windows. */
  bases: () => Promise<readonly Base[]>;
  /** What a replay that was done for another reason has at a zxid; null where none came by. */
  known?: (base: Base, at: bigint) => View | null;
}

/**
 * Proves bases. Digests prove the znodes: those that the base's own replay met, else the one of the transaction that the
 * snapshot ends with, else the next. Another base that leads to the same tree proves the rest too: sessions, ACLs, what is
 * below /zookeeper. Without digests (up to 3.5, or switched off) it proves all; content under another's name agrees with
 * none. The logs' own beginning is never wrong.
 */
export class Prover {
  private readonly directory: DataDirectory;
  private readonly options: ProverOptions;
  private readonly proofs = new Map<string, Proof>();
  private readonly digests = new Map<string, DigestProof>();

  constructor(directory: DataDirectory, options: ProverOptions) {
    this.directory = directory;
    this.options = options;
  }

  /** `byDigest`: whether a digest has proven the base already. */
  async prove(base: Base, byDigest: boolean): Promise<Proof> {
    // A server that starts on nothing has nothing that could be wrong.
    if (base.from === 0n) return { holds: true, unproven: base.unproven, findings: [] };
    const key = `${base.snapshot?.path}@${base.from}@${base.window.end}`;
    const known = this.proofs.get(key);
    if (known) return known;
    const digest = byDigest || base.proven ? "proven" : await this.byDigest(base);
    const proof = digest === "contradicted" ? REFUTED : await this.byOthers(base, digest === "proven");
    this.proofs.set(key, proof);
    return proof;
  }

  /** What digests alone say of a base that its own replay could not prove. */
  async byDigest(base: Base): Promise<DigestProof> {
    const key = `${base.snapshot?.path}@${base.from}@${base.window.end}`;
    const known = this.digests.get(key);
    if (known) return known;
    const anchor = base.from === base.window.end ? await this.anchorOf(base) : null;
    const result = await this.replay(base, null, { untilDigest: true, ...(anchor ? { anchor } : {}) });
    // A replay that does not come to the end of the window says nothing.
    const proof =
      result.exact === null && result.last >= base.window.end
        ? "contradicted"
        : result.digestsMatched > 0
          ? "proven"
          : "none";
    this.digests.set(key, proof);
    return proof;
  }

  /** The digest of the transaction that a base ends with: a replay from there on does not meet it. */
  private async anchorOf({ from }: Base): Promise<Checkpoint | null> {
    let anchor: Checkpoint | null = null;
    for (const log of logsAfter(this.directory.logs, from - 1n)) {
      let more = true;
      await eachHeader(log, (cursor) => {
        const zxid = fromHalves(cursor.zxidHigh, cursor.zxidLow);
        if (zxid === from && cursor.hasDigest && cursor.digestVersion === DIGEST_VERSION)
          anchor = { zxid, value: fromHalves(cursor.digestHigh, cursor.digestLow), file: log.path };
        more = zxid < from;
        return more;
      });
      if (!more) break;
    }
    return anchor;
  }

  private async byOthers(base: Base, byDigest: boolean): Promise<Proof> {
    const all = (await this.options.bases()).filter((each) => each.snapshot?.path !== base.snapshot?.path);
    const { end } = base.window;
    const earlier = all.filter((each) => each.window.end <= end).toReversed();
    const later = all.filter((each) => each.window.end > end);
    const beginning = earlier.slice(MOST_OTHERS).filter((each) => each.snapshot === null);
    const findings: Finding[] = [];
    for (const other of [...earlier.slice(0, MOST_OTHERS), ...beginning, ...later.slice(0, MOST_OTHERS)]) {
      const differs = await this.compare(base, other);
      if (differs === "unknown") continue;
      // What agrees only later on does not prove what was open, or who was allowed what, until then.
      if (differs === "no")
        return { holds: true, unproven: other.window.end <= end ? [] : base.unproven, findings: [] };
      findings.push(this.mismatch(base, other, differs.what));
      // The snapshot's own digest, made to fit, weighs less than those that the server logged.
      const refuted = other.snapshot === null || (differs.in === "digest" && differs.verified);
      if (refuted) return { holds: false, unproven: [], findings: findings.slice(0, 1) };
    }
    const [first] = findings;
    if (first && !byDigest) return { holds: false, unproven: [], findings: [first] };
    return { holds: true, unproven: NOT_IN_DIGEST, findings: first ? [first] : [] };
  }

  /** How the trees and sessions differ that two bases lead to; "unknown" where the logs do not lead both to one zxid. */
  private async compare(base: Base, other: Base): Promise<Difference | "no" | "unknown"> {
    const at = base.window.end > other.window.end ? base.window.end : other.window.end;
    const [own, others] = [await this.view(base, at), await this.view(other, at)];
    if (!own || !others) return "unknown";
    const { verified } = others;
    const trees = difference(others.tree, own.tree, own.recounted || others.recounted);
    if (trees !== null)
      return { in: own.tree.digest === others.tree.digest ? "rest" : "digest", what: trees, verified };
    const sessions =
      at === base.window.end
        ? sessionDifference(others.sessions, own.sessions, own.settled)
        : sessionDifference(own.sessions, others.sessions, others.settled);
    return sessions === null ? "no" : { in: "rest", what: sessions, verified };
  }

  private mismatch({ snapshot, window }: Base, other: Base, differs: Safe): Finding {
    const name = other.snapshot ? tag.file(other.snapshot.name) : "the beginning of the logs";
    const code = differs.startsWith("session") ? "session.mismatch" : "tree.mismatch";
    const message = say`at ${hex(window.end)} it does not have what the replay from ${name} gives: ${differs}`;
    return finding(code, message, { ...(snapshot ? { file: snapshot.path } : {}), zxid: window.end });
  }

  private async view(base: Base, at: bigint): Promise<View | null> {
    const known = this.options.known?.(base, at);
    if (known) return known;
    const result = await this.replay(base, at);
    return result.sound && result.newestChange <= at ? viewOf(result, at) : null;
  }

  private replay(
    { snapshot, from, window, proven }: Base,
    to: bigint | null,
    more: Pick<Segment, "untilDigest" | "anchor"> = {},
  ): Promise<SegmentResult> {
    const { logs } = this.directory;
    return replaySegment({ snapshot, logs, from, exactFrom: window.end, to, proven, bytes: 0, ...more });
  }
}

type DigestProof = "proven" | "contradicted" | "none";

const REFUTED: Proof = { holds: false, unproven: [], findings: [] };

/**
 * What a replay has at a zxid: at the end of its base's window, or where it ended; null elsewhere, and where the replay
 * did not fit, for then it says nothing of others.
 */
export function viewOf(result: SegmentResult, at: bigint): View | null {
  const { recounted, settled, exact, digestsMatched } = result;
  if (exact === null || at < exact.from || at > exact.to) return null;
  const about = { settled, recounted, verified: digestsMatched > 0 };
  if (at === result.exactFrom && result.atExact)
    return { tree: result.atExact, sessions: result.sessionsAtExact, ...about };
  return at === result.last ? { tree: result.atEnd, sessions: result.sessionsAtEnd, ...about } : null;
}

/** Each comparison costs a load and a replay; where the nearest disagree, those further away seldom help. */
const MOST_OTHERS = 3;
