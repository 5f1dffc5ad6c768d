import type { JsonBytes, Literal } from "./json-bytes.js";

/** What begins an export of a tree; further fields may follow. */
export interface TreeHeader {
  source: readonly string[];
  at: HeaderPoint;
  digest?: { version: number; value: string; verified: boolean };
  /** Globs, where not the whole tree was asked for. */
  include?: readonly string[];
  exclude?: readonly string[];
}

/** What the point resolved to. */
export interface HeaderPoint {
  zxid: string;
  epoch: number;
  counter: number;
  /** Null where that transaction is in no log. */
  time: string | null;
  exact: boolean;
  /** Why it is not exact. */
  doubt?: string;
  /** Znodes that may be wrong. */
  inDoubt?: readonly string[];
}

export interface SessionLine {
  id: string;
  timeout: number;
}

export interface Counts {
  nodes: number;
  sessions: number;
}

/** How the parts of an exported tree are put together: what NDJSON and JSON differ in. */
export interface TreeFormat {
  header(out: JsonBytes, header: TreeHeader): void;
  session(out: JsonBytes, session: SessionLine, first: boolean): void;
  /** Between the sessions and the znodes. */
  beginNodes(out: JsonBytes): void;
  /** What comes before a znode's first field, and after its last. */
  nodeBegin(first: boolean): Literal;
  readonly nodeEnd: Literal;
  /** `whole`: whether all of the source could be read. */
  end(out: JsonBytes, counts: Counts, whole: boolean): void;
}

export const SCHEMA = 1;

/** What begins an export of transactions. */
export interface TxnHeader {
  source: readonly string[];
  /** The range that was asked for; null where it is open. */
  from: string | null;
  to: string | null;
}

/** How exported transactions are put together. */
export interface TxnFormat {
  header(out: JsonBytes, header: TxnHeader): void;
  txnBegin(first: boolean): Literal;
  readonly txnEnd: Literal;
  end(out: JsonBytes, transactions: number): void;
}
