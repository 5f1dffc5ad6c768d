import type { Finding } from "../../findings/finding.js";

/** The transactions of one epoch that a server has: zxids, both ends included, and how many. */
export interface EpochRange {
  epoch: number;
  first: bigint;
  last: bigint;
  count: number;
}

/** Transactions of the line that a server's logs lack, between others that they have. */
export interface MissingRange {
  first: bigint;
  last: bigint;
  count: number;
  /** A snapshot of the server's own from which its history goes on; null where the hole cannot be crossed. */
  bridgedBy: string | null;
  /** The servers that have all of it. */
  filledBy: number[];
}

/** What one server's files hold. */
export interface NodeReport {
  name: string;
  sources: string[];
  snapshots: number;
  logs: number;
  transactions: number;
  epochs: EpochRange[];
  currentEpoch: string | null;
  acceptedEpoch: string | null;
  /** The last transaction in its logs, on the line or not. */
  lastLogged: bigint | null;
  lastSnapshot: bigint | null;
  /** The last zxid of the line that its logs or snapshots hold. */
  reach: bigint | null;
  /** Transactions of the line after that. */
  behind: number;
  holes: MissingRange[];
  damage: Finding[];
}
