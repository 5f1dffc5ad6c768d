import type { DataDirectory, State, Verification } from "../../../recovery/index.js";
import type { Explanation } from "../explain.js";
import type { Sight } from "../seen.js";

/** What a look has to look at. */
export interface LookContext {
  directory: DataDirectory;
  verification: Verification;
  explanation: Explanation;
  /** The latest tree, exact or not; null where there is none. Rebuilt once for all looks. */
  latest: () => Promise<State | null>;
}

/**
 * Looks in the files for something that `verify` does not report, because it is no damage by itself. An error is what a
 * server does not start on; a note tells how the files are, without being a cause.
 */
export type Look = (context: LookContext) => Promise<Sight[]>;
