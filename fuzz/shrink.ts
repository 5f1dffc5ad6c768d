import type { Case } from "./case.js";
import type { Rule } from "./oracle/verdict.js";
import type { CaseResult } from "./run-case.js";

/** Leaves out mutations one by one, for as long as the same promise is still broken without them. */
export async function shrink(
  each: Case,
  rules: ReadonlySet<Rule>,
  run: (each: Case) => Promise<CaseResult>,
): Promise<{ shrunk: Case; result: CaseResult | null }> {
  let shrunk = each;
  let last: CaseResult | null = null;
  for (let index = each.mutations.length - 1; index >= 0; index--) {
    const fewer = { ...shrunk, mutations: shrunk.mutations.toSpliced(index, 1) };
    const result = await run(fewer);
    if (!result.failures.some(({ rule }) => rules.has(rule))) continue;
    shrunk = fewer;
    last = result;
  }
  return { shrunk, result: last };
}
