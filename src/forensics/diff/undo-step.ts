import type { Acl } from "../../storage/acl.js";
import type { ZnodeKind } from "../../tree/index.js";
import type { Safe } from "../../text/safe.js";

/**
 * One operation of those that lead back. Guards hold it back where something else came in the meantime. `by`: the command
 * of zkCli that does it together with what no client is to do.
 */
export type UndoStep = { path: string; pathBytes: Buffer; note?: Safe } & (
  | { op: "delete"; version: number; by?: "delquota" }
  | {
      op: "create";
      data: Buffer | null;
      acl: readonly Acl[] | undefined;
      kind: ZnodeKind;
      ttl?: number;
      possible: boolean;
      by?: "setquota";
    }
  | { op: "setData"; data: Buffer | null; version: number }
  | { op: "setACL"; acl: readonly Acl[] | undefined; version: number; possible: boolean }
);

/** A difference that no client can undo, and need not. */
export interface Kept {
  path: string;
  why: Safe;
  /** It goes all the same, with a quota that zkCli deletes whole. */
  goes: boolean;
}
