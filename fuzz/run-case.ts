import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { judgeLeftovers } from "./checks/leftovers.js";
import { judgePoints, judgeTimes } from "./checks/points.js";
import { judgeQuotas } from "./checks/quotas.js";
import {
  type DataDirectory,
  discover,
  readLogs,
  readOtherwise,
  rebuildAt,
  Refusal,
  type SeenState,
  type SeenVerify,
  verifyAll,
} from "./adapter.js";
import { type Case, mutated, seedOf } from "./case.js";
import type { Change } from "./mutations/index.js";
import { changeLive, whatChanged, writeFolder } from "./disk.js";
import { type Evidence, evidenceOf } from "./oracle/evidence.js";
import { Judge } from "./oracle/judge.js";
import { hasRaw, judgeTerminal } from "./oracle/terminal.js";
import { judgeRestored, judgeSalvaged } from "./oracle/outputs.js";
import type { Failure, Fate } from "./oracle/verdict.js";
import { hex } from "./model/files.js";
import { Random } from "./random.js";
import { filesOf, type Folder, type Seed } from "./seeds/seed.js";

/** What became of a case, as data that can be sent. */
export interface CaseResult {
  fate: Fate;
  failures: Failure[];
  /** The kinds of mutation that did something, and what each did. */
  kinds: string[];
  changes: string[];
  /** What verify said, where something is wrong. */
  said: string[];
}

/** Tries a case in `scratch`, a folder of its own. */
export async function runCase(each: Case, scratch: string): Promise<CaseResult> {
  const seed = seedOf(each);
  const { folder, changes } = mutated(seed, each);
  const run = new Run(each, seed, folder, scratch);
  await run.all(soleCovered(changes));
  const { failures, notProvable } = run.judge;
  const kinds = each.mutations.filter((_, index) => changes[index]).map(({ kind }) => kind);
  const fate = fateOf(failures, kinds.length > 0 || each.live !== null, run.found, notProvable);
  return {
    fate,
    failures,
    kinds,
    changes: changes.map((change) => change?.text ?? "nothing"),
    said: failures.length > 0 ? run.said : [],
  };
}

function fateOf(failures: readonly Failure[], touched: boolean, found: boolean, notProvable: number): Fate {
  if (failures.length > 0) return "failed";
  if (!touched) return "untouched";
  return found ? "found" : notProvable > 0 ? "not provable" : "harmless";
}

/** The file that the only change touched, if what it changed is covered by something. */
function soleCovered(changes: readonly (Change | null)[]): string | null {
  const [only, ...more] = changes.filter((change) => change !== null);
  return only?.covered && more.length === 0 ? (only.file ?? null) : null;
}

class Run {
  readonly judge: Judge;
  /** Whether anything was said about the files. */
  found = false;
  said: string[] = [];
  private readonly evidence: Evidence;
  private readonly random: Random;

  private readonly each: Case;
  private readonly seed: Seed;
  private readonly folder: Folder;
  private readonly source: string;
  private readonly scratch: string;

  constructor(each: Case, seed: Seed, folder: Folder, scratch: string) {
    this.each = each;
    this.seed = seed;
    this.folder = folder;
    this.source = join(scratch, "source");
    this.scratch = scratch;
    this.evidence = evidenceOf(folder);
    this.judge = new Judge(seed, this.evidence);
    this.random = new Random(`checks ${each.checks}`);
  }

  async all(covered: string | null): Promise<void> {
    mkdirSync(this.scratch, { recursive: true });
    writeFolder(this.folder, this.source);
    try {
      if (this.each.live !== null) await this.live(this.each.live);
      else await this.still(covered);
    } finally {
      rmSync(this.source, { recursive: true, force: true });
    }
  }

  private async still(covered: string | null): Promise<void> {
    const { judge, random, evidence } = this;
    const directory = await this.stage("discover", () => Promise.resolve(discover(this.source)));
    if (!directory) return;
    for (const name of (await this.stage("snapshots", () => readOtherwise(directory))) ?? [])
      judge.fail("two readings", `${name}: runs of znodes, and one znode at a time`);
    const verified = await this.stage("verify", () => verifyAll(directory));
    if (verified) this.verified(verified, covered);
    const ranges = verified?.ranges ?? null;
    if (ranges) judge.ranges(ranges);
    const points = this.points(ranges ?? []);
    const states = new Map<bigint | "latest", SeenState>();
    for (const point of points) {
      const state = await this.stage(`rebuild ${point}`, () => rebuildAt(directory, point));
      judge.rebuilt(point, state, ranges);
      if (state) states.set(point, state);
    }
    const nearest = await this.stage("rebuild --inexact", () => rebuildAt(directory, "latest", "inexact"));
    if (nearest) judge.nearest(nearest);
    const newest = await this.stage("rebuild --newest-exact", () => rebuildAt(directory, "latest", "newest exact"));
    if (ranges) judge.newestExact(newest, ranges);
    const log = await this.stage("log", () => readLogs(directory));
    if (log) judge.logged(log);
    const latest = states.get("latest");
    if (latest && random.chance(0.15))
      await this.stage("restore", () => judgeRestored(latest, join(this.scratch, "restored"), judge));
    if (random.chance(0.12))
      await this.stage("salvage", () =>
        judgeSalvaged(directory, join(this.scratch, "salvaged"), evidence, this.seed, judge),
      );
    if (random.chance(hasRaw(this.folder, evidence) ? 0.2 : 0.015)) judgeTerminal(this.source, evidence, random, judge);
    await this.check(directory, latest ?? null);
    const changed = whatChanged(this.folder, this.source);
    if (changed !== null) judge.fail("inputs changed", changed);
  }

  /** What does not depend on how the directory was changed. */
  private async check(directory: DataDirectory, latest: SeenState | null): Promise<void> {
    const { judge, random, evidence, scratch } = this;
    if (random.chance(0.2)) await this.stage("times", () => judgeTimes(directory, evidence, random, judge));
    if (random.chance(0.2)) judgePoints(random, judge);
    if (random.chance(0.15)) {
      const done = await this.stage("quotas", () => judgeQuotas(scratch, random, judge).then(() => true));
      if (done === null) judge.fail("quotas", "a directory without fault is refused");
    }
    if (latest && random.chance(0.05)) await this.stage("leftovers", () => judgeLeftovers(latest, scratch, judge));
  }

  private verified(seen: SeenVerify, covered: string | null): void {
    this.found = seen.findings.some(({ severity }) => severity !== "note");
    const ranges = seen.ranges.map(({ from, to }) => `${hex(from)}-${hex(to)}`);
    this.said = [
      `exact: ${ranges.join(" ") || "none"}`,
      ...seen.findings.map(({ severity, code, file, message }) => `${severity} ${code} ${file ?? ""}: ${message}`),
    ];
    if (this.each.mutations.length === 0) this.judge.untouched(seen);
    this.judge.verified(seen, covered);
  }

  /** The latest, both ends of each range, and some others. */
  private points(ranges: readonly { from: bigint; to: bigint }[]): Set<bigint | "latest"> {
    const { random, seed } = this;
    const points = new Set<bigint | "latest">(["latest"]);
    for (const { from, to } of ranges.slice(0, 6)) points.add(from).add(to);
    const known = [...seed.truth.moments.map(({ zxid }) => zxid), ...this.evidence.told.keys()];
    for (let count = random.between(1, 4); count > 0; count--) points.add(random.pick(known));
    if (random.chance(0.1)) points.add(seed.truth.last + BigInt(random.below(3)));
    return points;
  }

  /** A file goes, is cut, or grows after it was found: that file's finding at most, and never the end. */
  private async live(change: "removed" | "cut" | "grown"): Promise<void> {
    const { random, judge, source } = this;
    const directory = await this.stage("discover", () => Promise.resolve(discover(source)));
    const names = [...filesOf(this.folder).keys()].filter((name) => /^(log|snapshot)\./.test(name));
    if (!directory || names.length === 0) return;
    const name = change === "grown" ? names.filter((each) => each.startsWith("log.")).at(-1) : random.pick(names);
    if (name === undefined) return;
    changeLive(source, name, change);
    const verified = await this.stage("verify", () => verifyAll(directory));
    if (!verified) judge.fail("crash", `verify ends because ${basename(name)} was ${change}`);
    else if (change === "grown" && this.each.mutations.length === 0) judge.untouched(verified);
    await this.stage("rebuild", () => rebuildAt(directory, "latest"));
    await this.stage("log", () => readLogs(directory));
  }

  /** Does one thing; a refusal gives null, anything else that is thrown is a failure. */
  private async stage<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refusal) this.found ||= name === "discover";
      else this.judge.fail("crash", `${name}: ${(error as Error).stack ?? String(error)}`);
      return null;
    }
  }
}
