import type { Cure } from "../../../findings/kind.js";

/** What `explain` looks for in the files beside findings, and what cures each where it is the cause. */
export const LOOK_CURES = {
  acl: [],
  "after-zxid": [],
  "client-zxid": [],
  "epoch-files": [],
  hole: ["resync", "restore"],
  myid: [],
  "over-limit": ["max-buffer", "restore"],
  owner: [],
  path: [],
  quota: [],
  rollover: [],
  session: [],
  "snapshot-digest": [],
  "tree-size": [],
  ttl: [],
  type: ["restore-3.4"],
} as const satisfies Record<string, readonly (Cure | "max-buffer" | "restore-3.4")[]>;

/** Answers call looks by these names. */
export type LookName = keyof typeof LOOK_CURES;
