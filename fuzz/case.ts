import { type Change, KINDS, mutate, type Mutation } from "./mutations/index.js";
import { Random } from "./random.js";
import { FIXTURE_SEEDS, fixtureSeed } from "./seeds/fixtures.js";
import { generate, profileOfNumber } from "./seeds/generate.js";
import type { Profile } from "./seeds/profile.js";
import type { Folder, Seed } from "./seeds/seed.js";

/** One thing to try: a directory, what is done to it, and a seed for what is then asked. Written as JSON. */
export interface Case {
  /** `generated NUMBER` or `fixture NAME`. */
  directory: string;
  mutations: Mutation[];
  /** What happens between discovering and reading, if anything does. */
  live: LiveChange | null;
  checks: string;
}

export type LiveChange = "removed" | "cut" | "grown";

/** Some cases in a row share a directory: making one takes longer than trying it. */
const SHARED = 12;

/** What a fault needs to be met: mutations that go together, a change while files are read, certain directories. */
export interface Aim {
  mutations?: readonly (readonly string[])[];
  live?: LiveChange;
  directory?: Partial<Profile>;
}

/** Every second case is of what is aimed at; the others are as they come. */
export function aimed(seed: string, index: number, aim: Aim): Case {
  const each = makeCase(seed, index);
  if (index % 2 === 1) return each;
  const random = new Random(`aim ${seed} ${index}`);
  const mutations = aim.mutations ? random.pick(aim.mutations) : [];
  let number = String(random.word());
  for (let tries = 0; tries < 300 && !isSuch(number, aim.directory ?? {}); tries++) number = String(random.word());
  return {
    ...each,
    directory: `generated ${number}`,
    mutations: mutations.map((kind) => ({ kind, seed: String(random.word()) })),
    live: aim.live ?? null,
  };
}

function isSuch(number: string, wanted: Partial<Profile>): boolean {
  const profile = profileOfNumber(number);
  return (Object.keys(wanted) as (keyof Profile)[]).every((key) => profile[key] === wanted[key]);
}

export function makeCase(seed: string, index: number): Case {
  const random = new Random(`case ${seed} ${index}`);
  const group = new Random(`directory of ${seed} ${Math.floor(index / SHARED)}`);
  const directory = group.chance(0.04) ? `fixture ${group.pick(FIXTURE_SEEDS)}` : `generated ${group.word()}`;
  const count = Number(random.weighted({ "0": 1, "1": 12, "2": 4, "3": 2, "5": 1 }));
  const mutations = Array.from({ length: count }, () => ({ kind: random.pick(KINDS), seed: String(random.word()) }));
  const live = random.chance(0.02) ? random.pick<LiveChange>(["removed", "cut", "grown"]) : null;
  return { directory, mutations, live, checks: String(random.word()) };
}

const seeds = new Map<string, Seed>();

/** The directory that a case begins with; the last few are kept. */
export function seedOf({ directory }: Case): Seed {
  const known = seeds.get(directory);
  if (known) return known;
  const [kind, rest] = [directory.slice(0, directory.indexOf(" ")), directory.slice(directory.indexOf(" ") + 1)];
  const seed = kind === "fixture" ? fixtureSeed(rest) : generate(rest);
  if (seeds.size > 4) seeds.delete(seeds.keys().next().value as string);
  seeds.set(directory, seed);
  return seed;
}

/** The folder with all that was done to it. */
export function mutated(seed: Seed, { mutations }: Case): { folder: Folder; changes: (Change | null)[] } {
  const folder: Folder = new Map(seed.folder);
  const changes = mutations.map((mutation) => mutate(folder, mutation));
  return { folder, changes };
}
