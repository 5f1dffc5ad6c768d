import { Random } from "../random.js";
import type { Folder } from "../seeds/seed.js";
import { FILES } from "./files.js";
import type { Change, MutatorTable } from "./mutation.js";
import { ODD } from "./odd.js";
import { RAW } from "./raw.js";
import { SEALED_LOG } from "./sealed-log.js";
import { SEALED_SNAPSHOT } from "./sealed-snapshot.js";

export type { Change } from "./mutation.js";

/** Every kind of mutation, by its name. */
export const MUTATORS: MutatorTable = { ...RAW, ...SEALED_LOG, ...SEALED_SNAPSHOT, ...FILES, ...ODD };

export const KINDS: readonly string[] = Object.keys(MUTATORS);

/** One mutation of a case: its choices are its own seed's, so that it stays what it is when others are left out. */
export interface Mutation {
  kind: string;
  seed: string;
}

export function mutate(folder: Folder, { kind, seed }: Mutation): Change | null {
  const mutator = MUTATORS[kind];
  if (!mutator) throw new Error(`there is no mutation ${kind}`);
  return mutator(folder, new Random(`${kind} ${seed}`));
}
