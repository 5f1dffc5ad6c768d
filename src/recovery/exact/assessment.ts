import type { Finding } from "../../findings/finding.js";
import { type Message, say } from "../../text/message.js";
import type { Threads } from "../parallel/jobs.js";
import type { SegmentResult } from "../replay/segment.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import type { ExactRange } from "./coverage.js";
import type { Piece } from "./line.js";

/** How {@link assess} works, and whom it tells how far it is. */
export interface AssessOptions {
  threads?: Threads;
  /** Bytes done, of how many as far as it is known. */
  onProgress?: (done: number, total: number) => void;
}

/** Which points the files give exactly, by a replay of everything. */
export interface Assessment {
  exact: ExactRange[];
  /** The same, each with the base that gives it; they may overlap. */
  pieces: Piece[];
  /** The replays, by their bases' order: each base's up to where the next one is no longer fuzzy. */
  segments: SegmentResult[];
  /** Snapshots that are sound by themselves and yet no base, with what their replay showed. */
  rejected: Rejected[];
  /** What bases were found to lack or to have against what others lead to. */
  findings: Finding[];
}

/** A snapshot that no state is rebuilt from, though it is sound by itself. */
export interface Rejected {
  scan: SnapshotScan;
  why: WhyRejected;
  result: SegmentResult;
}

/** Why a sound snapshot is no base. */
export type WhyRejected =
  /** Something contradicts its content. */
  | "contradicted"
  /** Its release, older than 3.4, counts cversions twice over it. */
  | "recounted"
  /** The logs do not lead through its window. */
  | "unreached"
  /** It has the tree that the base before it leads to, and states the digest of another. */
  | "misstated"
  /** A race of its digest with a transaction, or a closeSession that left a pzxid too low (Replay.unnamedClose). */
  | "unsettled";

/** Why a snapshot is not what its zxid says, by its own replay. */
export function contradictionOf({ result }: Rejected): Message {
  const own = result.findings.find((each) => each.severity !== "note");
  return own
    ? say`its content is not the tree of its zxid: ${own.message}`
    : say`its content is not the tree of its zxid: the logs' digest differs`;
}

/**
 * By its path, why each snapshot that is sound by itself must not be taken for the state of its zxid.
 *
 * @example
 * import { assess, contradictions, discover, verify } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const { coverage, logs } = await verify(directory, { replay: false });
 * console.log(contradictions(await assess(directory, coverage, logs)).size);
 */
export function contradictions({ rejected, findings }: Assessment): Map<string, Message> {
  const found = new Map<string, Message>();
  for (const { file, message, severity } of findings)
    if (file !== undefined && severity === "error") found.set(file, message);
  for (const each of rejected)
    if (each.why === "contradicted" && !found.has(each.scan.path)) found.set(each.scan.path, contradictionOf(each));
  return found;
}
