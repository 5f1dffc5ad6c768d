import { joinSafe, type Safe, words } from "../../text/safe.js";
import type { Unproven } from "./base.js";

/** What nothing proves of a state, as a list in words. */
export function unprovenText(unproven: readonly Unproven[]): Safe {
  return joinSafe(
    unproven.map((each) => UNPROVEN_WORDS[each]),
    ", ",
  );
}

const UNPROVEN_WORDS: Record<Unproven, Safe> = {
  sessions: words("sessions"),
  acls: words("ACLs"),
  "/zookeeper": words("what is below /zookeeper"),
  pzxids: words("pzxids of parents of ephemerals"),
};
