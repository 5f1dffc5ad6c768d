import type { Range, SeenLog, SeenState, SeenVerify } from "../adapter.js";
import { hex } from "../model/files.js";
import { sameTree } from "../model/tree.js";
import type { Moment, Seed } from "../seeds/seed.js";
import type { Evidence } from "./evidence.js";
import { allows, vouches } from "./lines.js";
import type { Failure, Rule } from "./verdict.js";

/** Holds what the project says against the truth and against what the harness reads in the files itself. */
export class Judge {
  readonly failures: Failure[] = [];
  /** Exact states that the truth contradicts and nothing in the files does. */
  notProvable = 0;
  private readonly seed: Seed;
  private readonly evidence: Evidence;

  constructor(seed: Seed, evidence: Evidence) {
    this.seed = seed;
    this.evidence = evidence;
  }

  fail(rule: Rule, text: string): void {
    this.failures.push({ rule, text });
  }

  /** `covered`: the file of the only mutation, if that changed a byte which something covers. */
  verified(seen: SeenVerify, covered: string | null): void {
    const serious = seen.findings.filter(({ severity }) => severity !== "note");
    const { troubles } = this.evidence;
    if (covered !== null && !serious.some(({ file }) => file === covered))
      this.fail("not found", `${covered} was changed, and no finding names it`);
    const named = troubles.find(
      ({ file, mild }) => file !== null && !(mild ? seen.findings : serious).some((each) => each.file === file),
    );
    if (named) this.fail("not found", `${named.file}: ${named.what}; no finding names it`);
    else if (
      troubles.length > 0 &&
      serious.length === 0 &&
      (troubles.some(({ mild }) => !mild) || seen.findings.length === 0)
    )
      this.fail("not found", (troubles.find(({ mild }) => !mild) ?? troubles[0])?.what ?? "");
  }

  untouched(seen: SeenVerify): void {
    const troubled = new Set(this.evidence.troubles.map(({ file }) => file));
    const serious = seen.findings.find(({ severity, file }) => severity !== "note" && !troubled.has(file));
    if (serious) this.fail("false alarm", `${serious.code} ${serious.file ?? ""}: ${serious.message}`);
  }

  /** A state that was asked for at a point; `null` where that was refused. */
  rebuilt(asked: bigint | "latest", state: SeenState | null, ranges: readonly Range[] | null): void {
    const name = asked === "latest" ? "latest" : hex(asked);
    if (state?.exact) this.exact(name, state);
    if (asked === "latest") this.latest(state);
    if (ranges === null || (asked === "latest" && state === null)) return;
    const zxid = asked === "latest" ? (state as SeenState).zxid : asked;
    const listed = ranges.some(({ from, to }) => from <= zxid && zxid <= to);
    const had = state?.exact === true && state.zxid === zxid;
    if (listed && !had && this.isTold(zxid)) this.fail("two notions", `${name} is listed as exact and refused`);
    if (had && !listed) this.fail("two notions", `${name} is not listed as exact and had`);
  }

  /** What is given where the latest cannot be had: it need not be the latest, but if it says exact, it is. */
  nearest(state: SeenState): void {
    if (state.exact) this.exact("nearest", state);
  }

  /** The newest exact state is the end of the last range. */
  newestExact(state: SeenState | null, ranges: readonly Range[]): void {
    const last = ranges.reduce<bigint | null>((most, { to }) => (most === null || to > most ? to : most), null);
    if (state?.exact) this.exact("newest exact", state);
    const had = state?.exact ? state.zxid : null;
    if (had !== last)
      this.fail(
        "two notions",
        `newest exact is ${had === null ? "refused" : hex(had)}, the last range ends at ${last === null ? "none" : hex(last)}`,
      );
  }

  private isTold(zxid: bigint): boolean {
    return this.evidence.told.has(zxid) || this.evidence.lines.some((line) => line.moments.has(zxid));
  }

  private latest(state: SeenState | null): void {
    const { latest, troubles } = this.evidence;
    if (state?.exact && state.zxid < latest.zxid)
      this.fail("later ignored", `latest is ${hex(state.zxid)}, exact, but ${latest.by} speaks of ${hex(latest.zxid)}`);
    const proven = this.evidence.lines.some((line) => vouches(line, latest.zxid));
    if (troubles.length === 0 && proven && !(state?.exact && state.zxid === latest.zxid))
      this.fail("timid", `nothing is wrong, and latest (${hex(latest.zxid)}) is not had exactly`);
  }

  /** Every zxid that the files prove is in a range, where nothing is wrong with them. */
  ranges(ranges: readonly Range[]): void {
    if (this.evidence.troubles.length > 0) return;
    // Before the first transaction there was nothing: no one asks for that.
    for (const line of this.evidence.lines)
      for (const zxid of line.moments.keys())
        if (
          (line.base !== null || zxid > 0n) &&
          vouches(line, zxid) &&
          !ranges.some(({ from, to }) => from <= zxid && zxid <= to)
        ) {
          this.fail("timid", `${hex(zxid)} follows from ${line.base ?? "nothing"} and is in no range`);
          return;
        }
  }

  private exact(name: string, state: SeenState): void {
    const { lines, unmarked } = this.evidence;
    const true_ = this.seed.truth.at(state.zxid);
    const vouched = lines.flatMap((line) => {
      const moment = allows(line, state.zxid);
      const open = [...line.unsettled, ...(line.unsure ? ["/zookeeper"] : [])];
      const mayAnswer = open.every((part) => state.unproven.includes(part) || isTrue(part, state, true_));
      return moment && mayAnswer ? [{ ...moment, fromNothing: line.base === null }] : [];
    });
    if (vouched.length === 0 && unmarked.has(state.zxid))
      this.fail("wrong", `${name}: the record of ${hex(state.zxid)} lacks its end mark, and is applied`);
    if (!true_ || !sameTree(true_.tree, state.tree, state.unproven)) {
      if (vouched.some((each) => sameTree(each.tree, state.tree, [...state.unproven, ...openOf(each)])))
        this.notProvable++;
      else
        this.fail(
          "wrong",
          `${name}: exact at ${hex(state.zxid)}, but neither the truth nor any replay gives that tree`,
        );
      return;
    }
    if (state.sessions === true_.sessions || state.unproven.includes("sessions")) return;
    const best = vouched.filter(({ fromNothing }) => fromNothing);
    if ((best.length > 0 ? best : vouched).some(({ sessions }) => sessions === state.sessions)) this.notProvable++;
    else
      this.fail(
        "wrong sessions",
        `${name}: exact at ${hex(state.zxid)} with ${state.sessions || "none"}, not ${true_.sessions || "none"}`,
      );
  }

  logged(seen: SeenLog): void {
    const sound = new Set(seen.txns.filter((each) => each.sound).map(({ zxid }) => zxid));
    const lost = [...this.evidence.told.keys()].find((zxid) => !sound.has(zxid));
    if (lost !== undefined)
      this.fail("log", `${hex(lost)} is sound in ${this.evidence.told.get(lost)?.log} and not listed`);
    const serious = seen.findings.filter(({ severity }) => severity !== "note");
    for (const { name, kind } of this.evidence.reading.unreadable)
      if (kind === "log" && !serious.some(({ file }) => file === name))
        this.fail("log", `${name} cannot be read: no word`);
    for (const { name, reading } of this.evidence.reading.logs)
      if (reading.damage.some(({ kind }) => kind !== "zeros") && !serious.some(({ file }) => file === name))
        this.fail("log", `${name} is damaged: no word`);
  }
}

/** A snapshot has /zookeeper/config, or not, as its server did; what is made from nothing must know. */
function openOf({ fromNothing }: { fromNothing: boolean }): readonly string[] {
  return fromNothing ? [] : ["config"];
}

/** Whether a part of a state that no digest covers is the server's. */
function isTrue(part: string, { tree }: SeenState, true_: Moment | undefined): boolean {
  if (!true_) return false;
  if (part === "acls") return tree.acls === true_.tree.acls;
  return tree.system === true_.tree.system && tree.config === true_.tree.config;
}
