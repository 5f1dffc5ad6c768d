// npm run fuzz -- --seconds N --seed S [--keep DIR] [--only WORD] [--case FILE]
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Aim, aimed, type Case, makeCase } from "./case.js";
import { describe, Keep } from "./keep.js";
import { Report } from "./report.js";
import type { CaseResult } from "./run-case.js";
import { Runner } from "./runner.js";
import { shrink } from "./shrink.js";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now()) },
    from: { type: "string", default: "0" },
    cases: { type: "string" },
    keep: { type: "string" },
    case: { type: "string" },
    first: { type: "boolean", default: false },
    aim: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const HELP = `npm run fuzz -- [options]: damaged and forged data directories against the truth
  --seconds N   stop after this long (default 60)
  --cases N     stop after so many cases
  --seed S      which cases: the same seed gives the same ones (default: the time)
  --from N      begin with this case of the seed
  --keep DIR    where failing cases are saved (default: a new folder, whose name is printed)
  --aim JSON    every second case is of such mutations and directories (fuzz:faults)
  --first       stop at the first case that fails, as it is
  --case FILE   run one saved case again`;

/** Of failures that look the same so many are shown and saved. */
const MOST_ALIKE = 3;

const runner = new Runner();
try {
  if (options.help) console.log(HELP);
  else if (options.case !== undefined) await again(options.case);
  else await many();
} finally {
  runner.stop();
}

async function again(path: string): Promise<void> {
  const each = JSON.parse(readFileSync(path, "utf8")) as Case;
  const result = await runner.run(each);
  console.log(describe(each, result).join("\n"));
  console.log(result.fate);
  if (result.fate === "failed") process.exitCode = 1;
}

async function many(): Promise<void> {
  const { seed, seconds, cases } = options;
  const end = Date.now() + Number(seconds) * 1000;
  const report = new Report();
  const keep = new Keep(options.keep ?? null);
  const alike = new Map<string, number>();
  const aim = options.aim === undefined ? null : (JSON.parse(options.aim) as Aim);
  let index = Number(options.from);
  const last = cases === undefined ? Number.POSITIVE_INFINITY : index + Number(cases);
  console.log(`seed ${seed}`);
  for (; Date.now() < end && index < last; index++) {
    const each = aim === null ? makeCase(seed, index) : aimed(seed, index, aim);
    const result = await runner.run(each);
    report.add(result);
    if (result.fate !== "failed") continue;
    if (options.first) {
      console.log(`case ${index}: ${describe(each, result).join("\n")}`);
      break;
    }
    await tell(seed, index, each, result, keep, alike);
  }
  console.log(["", ...report.lines(), "", `${report.cases} cases, seed ${seed}`].join("\n"));
  for (const [kind, count] of alike) if (count > MOST_ALIKE) console.log(`${count} times: ${kind}`);
  if (report.failed) process.exitCode = 1;
}

/** Shrinks a failing case, saves it and says how to run it again. */
async function tell(
  seed: string,
  index: number,
  each: Case,
  result: CaseResult,
  keep: Keep,
  alike: Map<string, number>,
): Promise<void> {
  const rules = new Set(result.failures.map(({ rule }) => rule));
  const kind = (made: CaseResult): string => `${[...rules].join(", ")} after ${made.kinds.join(", ") || "nothing"}`;
  if ((alike.get(kind(result)) ?? 0) >= MOST_ALIKE) return count(kind(result));
  const { shrunk, result: smaller } = await shrink(each, rules, (fewer) => runner.run(fewer));
  const shown = smaller ?? result;
  count(kind(shown));
  if (kind(shown) !== kind(result)) count(kind(result));
  if ((alike.get(kind(shown)) ?? 0) > MOST_ALIKE) return;
  const path = keep.save(shrunk, shown);
  console.log(
    [`case ${index}: ${describe(shrunk, shown).join("\n")}`, `  npm run fuzz -- --case ${path}/case.json`].join("\n"),
  );
  console.log(`  (or --seed ${seed} --from ${index} --cases 1)`);

  function count(text: string): void {
    alike.set(text, (alike.get(text) ?? 0) + 1);
  }
}
