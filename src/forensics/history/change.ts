import type { ZnodeState } from "./znode-state.js";
import type { Safe } from "../../text/safe.js";

/** How a session came to its end, as far as a log tells. */
export type SessionEnding =
  /** The client closed it: the transaction carries the client's own request number (cxid). */
  | "client"
  /** The server did (cxid 0): it had expired; or, seldom, an administrator ended it. The log does not tell which. */
  | "server";

/** What deleted a znode. */
export type DeleteCause =
  | { by: "client" }
  /** It was an ephemeral of a session that ended. */
  | { by: "session"; session: bigint; ending: SessionEnding }
  /** The server's ContainerManager: a container that was left empty, a TTL that ran out; "reaper": one of them. */
  | { by: "container" | "ttl" | "reaper" };

/** The transaction that made a change. */
export interface ChangeTxn {
  zxid: bigint;
  /** Milliseconds since 1970. */
  time: bigint;
  session: bigint;
  cxid: number;
  op: Safe;
  /** Where its record is. */
  file: string;
  offset: number;
  /** Which member of a multi it was, from 0. */
  multi?: { member: number; of: number };
}

/** Something that happened to a znode. */
export interface Change {
  /**
   * `existed`: how it was before the first transaction. `unseen`: a change that no transaction here made, told by
   * comparing what was known before a hole with what a file after it says.
   */
  kind: "existed" | "create" | "set" | "acl" | "delete" | "unseen";
  /** "/" for the root. Bytes that are not UTF-8 show as U+FFFD; `pathBytes` has them. */
  path: string;
  pathBytes: Buffer;
  /** The transaction's; of what existed or was not seen, the zxid by which it was so. */
  zxid: bigint;
  /** Which of the znodes that had this path, one after another, counted from the first that these files know of. */
  life: number;
  /** Null: it did not exist; undefined: nothing is known. */
  before: Readonly<ZnodeState> | null | undefined;
  after: Readonly<ZnodeState> | null;
  /** Absent for what existed or was not seen. */
  txn?: ChangeTxn;
  cause?: DeleteCause;
  /** Of what was not seen: the last zxid before which it was as it had been. */
  since?: bigint;
  /** Of what existed or was not seen: the snapshot that tells; null for a server that starts on nothing. */
  snapshot?: string | null;
}

/** Transactions that are missing or unreadable. */
export interface Hole {
  /** The last one before it (null: it is at the beginning), and the first after it. */
  after: bigint | null;
  before: bigint;
}
