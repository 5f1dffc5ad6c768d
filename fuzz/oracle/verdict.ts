/** Something that the project must not do, met in a case. */
export interface Failure {
  rule: Rule;
  text: string;
}

/** Which promise is broken. */
export type Rule =
  /** Something was thrown that is not meant for users. */
  | "crash"
  /** It did not come to an end, or took more memory than it may. */
  | "hang"
  | "memory"
  /** What is read was changed. */
  | "inputs changed"
  /** A changed byte, or a contradiction, without a finding. */
  | "not found"
  /** A healthy directory is called damaged. */
  | "false alarm"
  /** An exact state that the truth contradicts. */
  | "wrong"
  /** The same of its sessions. */
  | "wrong sessions"
  /** An exact latest state though the files show a later one. */
  | "later ignored"
  /** A point that is listed as exact is refused, or one that is not listed is had. */
  | "two notions"
  /** A snapshot is read otherwise by the kernel's runs than one znode at a time. */
  | "two readings"
  /** What the files prove is refused. */
  | "timid"
  /** A sound transaction that is not listed, or an unreadable file that is not spoken of. */
  | "log"
  | "salvage"
  | "restore"
  /** How points in time are written, what servers count for quotas, what an undo may do, and what lies in its way. */
  | "points"
  | "quotas"
  | "undo"
  | "leftovers"
  /** Characters that no terminal may be given. */
  | "raw characters";

/** What became of a case. */
export type Fate = "untouched" | "found" | "harmless" | "not provable" | "failed";
