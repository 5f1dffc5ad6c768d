import type { Block } from "../checksum/index.js";
import type { Acl } from "../storage/acl.js";
import type { TxnPlace } from "../recovery/scan/txn-visitor.js";
import type { TxnCursor, TxnShape } from "../txn/index.js";
import type { HeaderPoint } from "./shapes/point.js";
import type { SessionLine } from "./shapes/session.js";
import type { Sink } from "../io/sink.js";
import type { DataMode } from "./value/data-mode.js";

/**
 * How exports are written. What is walked (walk/) knows nothing of it: it hands each znode or transaction to a writer as
 * it is in memory, and asks now and then whether enough is gathered to be handed on.
 */
export interface Format {
  /** In what way the command line can hide values in what is written; null: in none, so that --redact is refused. */
  readonly redactedAs: "json" | "csv" | null;
  /** A writer of a tree; `acls` has the entries of an ACL id, undefined for an id that is in no map. */
  tree(sink: Sink, acls: (id: number) => readonly Acl[] | undefined, data: DataMode): TreeWriter;
  /** A writer of transactions. */
  txns(sink: Sink, data: DataMode): TxnWriter;
}

/** What all writers do with what they have gathered. */
interface Gathering {
  /** Whether there is enough to be worth a `drain`. */
  readonly isFull: boolean;
  /** Hands everything on; a promise only where the sink makes one. */
  drain(): void | Promise<void>;
}

/** Takes a tree: header, sessions, znodes, end. */
export interface TreeWriter extends Gathering {
  header(header: TreeHeader): void;
  session(session: SessionLine): void;
  /** After the last session. */
  beginNodes(): void;
  /**
   * The znode whose record (tree/znode-fields.ts) is at block[record…]. A promise only for a value so long that it is handed
   * on in pieces: until then the record must stay as it is.
   */
  znode(block: Block, record: number, place: ZnodePlace): void | Promise<void>;
  /**
   * A znode whose value passes by in pieces: its path, the value, what follows it (the aclId and the stat are at
   * block[aclAt…]). Whether the value is text must be known before; `endLarge` returns false if it was not.
   */
  beginLarge(bytes: Buffer, pathStart: number, pathLength: number, asText: boolean): void;
  piece(bytes: Uint8Array, start: number, end: number): void | Promise<void>;
  endLarge(block: Block, aclAt: number, dataLength: number, place: ZnodePlace): boolean;
  /** `whole`: whether all of the source could be read. */
  end(counts: Counts, whole: boolean): void;
}

/** Takes transactions: header, transactions, end. */
export interface TxnWriter extends Gathering {
  header(header: TxnHeader): void;
  /**
   * What the cursor has parsed of `bytes`. A promise only for one so long that it is handed on in pieces: until then both
   * must stay as they are.
   */
  txn(txn: TxnCursor, shape: TxnShape, bytes: Buffer, place: TxnPlace): void | Promise<void>;
  end(transactions: number): void;
}

/** What begins an export of a tree; further fields may follow. */
export interface TreeHeader {
  source: readonly string[];
  at: HeaderPoint;
  digest?: { version: number; value: string; verified: boolean };
  /** Globs, where not the whole tree was asked for. */
  include?: readonly string[];
  exclude?: readonly string[];
}

/** What begins an export of transactions. */
export interface TxnHeader {
  source: readonly string[];
  /** The range that was asked for; null where it is open. */
  from: string | null;
  to: string | null;
}

/** How many znodes and sessions were written. */
export interface Counts {
  nodes: number;
  sessions: number;
}

/** What a znode's record does not say about it. */
export interface ZnodePlace {
  /** -1 where it is not known: then it is left out. */
  numChildren: number;
  /** Whether no path of znodes leads to it from the root. */
  orphan: boolean;
}
