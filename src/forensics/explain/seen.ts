import type { Finding } from "../../findings/finding.js";
import type { LookName } from "./looks/names.js";

/** What a look of `explain`'s own saw in the files: like a finding, with the look's name for a code. */
export type Sight = Omit<Finding, "code" | "more">;

export interface Seen extends Sight {
  look: LookName;
}
