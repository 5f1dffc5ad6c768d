import { type Safe, words } from "../../text/safe.js";
import { visible } from "../output/text.js";

/** What an epoch file holds: a number is no secret, anything else may be. Null where there is none, or it cannot be read. */
export function epochText(epoch: string | null, isUnread = false): Safe {
  if (epoch === null) return words(isUnread ? "unreadable" : "none");
  const line = epoch.trim();
  return visible(line, /^-?\d{1,19}$/.test(line) ? "given" : "value");
}
