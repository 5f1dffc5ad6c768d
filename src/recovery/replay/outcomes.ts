import type { FindingCode } from "../../findings/kinds.js";
import { Outcome, type OutcomeCode } from "../../tree/index.js";

/** What a transaction that does not fit the tree is found as; null for one that does. */
export const OUTCOME_CODES: Record<OutcomeCode, FindingCode | null> = {
  [Outcome.ok]: null,
  [Outcome.missingParent]: "replay.missing-parent",
  [Outcome.missingNode]: "replay.missing-node",
  [Outcome.exists]: "replay.exists",
  [Outcome.version]: "replay.version",
  [Outcome.children]: "replay.children",
  [Outcome.session]: "replay.session",
  [Outcome.unknown]: "log.unknown-type",
};

/** The same in words. */
export const OUTCOME_WORDS = {
  [Outcome.ok]: "",
  [Outcome.missingParent]: "its parent does not exist",
  [Outcome.missingNode]: "the znode does not exist",
  [Outcome.exists]: "the znode exists already",
  [Outcome.version]: "its version does not follow the znode's",
  [Outcome.children]: "the znode has children",
  [Outcome.session]: "the session is not open, or open already",
  [Outcome.unknown]: "a member that cannot be understood",
} as const satisfies Record<OutcomeCode, string>;
