import type { Finding } from "../../findings/finding.js";
import type { TxnCursor, TxnShape } from "../../txn/index.js";

/** Where a transaction's record is. */
export interface TxnPlace {
  file: string;
  offset: number;
  /** Bytes of the payload. */
  length: number;
  /** Whether its checksum is that of its bytes. */
  checksumOk: boolean;
}

/**
 * What is done with transactions as they are read. `bytes` are those that the cursor has parsed. Nothing that `take` is
 * given is good for longer than the call, or until the promise is done that it may answer where the reading waits.
 */
export interface TxnVisitor<Bytes = Buffer> {
  take(txn: TxnCursor, shape: TxnShape, bytes: Bytes, place: TxnPlace): void | Promise<void>;
  /** Asked after each transaction: whether no more are wanted. */
  isDone?(): boolean;
  /** Called now and then, where there is time to write. */
  pause?(): void | Promise<void>;
  finding?(finding: Finding): void;
}
