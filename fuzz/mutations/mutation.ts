import type { Random } from "../random.js";
import type { Folder } from "../seeds/seed.js";

/** What a mutation did. */
export interface Change {
  text: string;
  /** The file whose bytes were changed, where it is one. */
  file?: string;
  /**
   * Where, if the bytes are some that a checksum or a fixed value covers and none was made to fit: such a change is to
   * be found, always.
   */
  covered?: "header" | "record" | "znode" | "seal";
}

/** Changes a folder; null where there is nothing that it could change. */
export type Mutator = (folder: Folder, random: Random) => Change | null;

export type MutatorTable = Readonly<Record<string, Mutator>>;
