import { NONE, type STAT } from "../../tree/index.js";

/** What two trees differ in at one path. */
export interface ZnodeChange {
  change: "added" | "removed" | "changed";
  /** Its slot in the tree before, NONE where it is added; and in the tree after. */
  before: number;
  after: number;
  /** What of it differs; empty for what is added or removed. */
  fields: readonly ChangedField[];
  /** Deleted and created again in between: another life under the same path. */
  recreated: boolean;
}

/** A field of a znode's stat. */
export type StatField = keyof typeof STAT | "numChildren";
/** `aclUnknown`: an ACL id that is in no map stands where nobody can say what it means. */
export type ChangedField = "data" | "acl" | "aclUnknown" | "kind" | StatField;

/** What counts as a difference of two trees. */
export interface DiffOptions {
  /** Also what differs in nothing but its stat. */
  stat?: boolean;
  /** Whether both are of one history, so that another czxid is another life and an ACL id means the same. */
  oneHistory: boolean;
}

export function added(after: number): ZnodeChange {
  return { change: "added", before: NONE, after, fields: [], recreated: false };
}

export function removed(before: number): ZnodeChange {
  return { change: "removed", before, after: NONE, fields: [], recreated: false };
}
