import type { CaseResult } from "./run-case.js";
import type { Fate } from "./oracle/verdict.js";

/** Counts what became of the cases, for each kind of mutation. */
export class Report {
  cases = 0;
  private readonly rows = new Map<string, Record<Fate, number>>();
  private readonly rules = new Map<string, number>();

  add({ fate, failures, kinds }: CaseResult): void {
    this.cases++;
    for (const kind of kinds.length > 0 ? new Set(kinds) : ["(nothing changed)"]) this.row(kind)[fate]++;
    for (const rule of new Set(failures.map((each) => each.rule)))
      this.rules.set(rule, (this.rules.get(rule) ?? 0) + 1);
  }

  get failed(): boolean {
    return this.rules.size > 0;
  }

  /** A case with several mutations counts for each of them. */
  lines(): string[] {
    const fates: Fate[] = ["found", "harmless", "not provable", "failed"];
    const names = [...this.rows.keys()].sort();
    const width = Math.max(10, ...names.map((name) => name.length));
    const line = (name: string, cells: readonly string[]): string =>
      `${name.padEnd(width)}${cells.map((cell) => cell.padStart(14)).join("")}`;
    const row = (name: string): string => {
      const counts = this.rows.get(name) as Record<Fate, number>;
      const harmless = counts.harmless + counts.untouched;
      return line(name, [counts.found, harmless, counts["not provable"], counts.failed].map(String));
    };
    return [
      line("mutation", fates),
      ...names.map(row),
      "",
      NOT_PROVABLE,
      ...[...this.rules].map(([rule, count]) => `${rule}: ${count} cases`),
    ];
  }

  private row(kind: string): Record<Fate, number> {
    let row = this.rows.get(kind);
    if (!row) {
      row = { untouched: 0, found: 0, harmless: 0, "not provable": 0, failed: 0 };
      this.rows.set(kind, row);
    }
    return row;
  }
}

const NOT_PROVABLE =
  "not provable: the changed files are a history of their own, with checksums that fit and no digest, second snapshot " +
  "or later transaction that contradicts it.";
