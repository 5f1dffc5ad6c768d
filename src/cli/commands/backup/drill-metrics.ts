import { replaceFile } from "../../../io/new/replaced-file.js";
import type { DrillRecord } from "../../../repository/drill/record.js";

/** Writes a drill's outcome in Prometheus' text format, whole: a scrape sees the old file or the new one. */
export function writeDrillMetrics(path: string, locations: readonly string[], record: DrillRecord): void {
  replaceFile(path, drillMetrics(locations, record), 0o644);
}

/** Only a drill that ended well writes them: one that fails shows by its age. */
export function drillMetrics(locations: readonly string[], { time, exact, phases, milliseconds }: DrillRecord): string {
  const repository = locations.map((each) => each.replaceAll(/[\\"\n]/g, "_")).join(",");
  const label = `repository="${repository}"`;
  const lines = [
    ["last_drill_timestamp_seconds", "When a restore was last rehearsed.", [["", Date.parse(time) / 1000]]],
    ["last_drill_exact", "Whether what was restored was proven to be the state at its point.", [["", exact ? 1 : 0]]],
    ["last_drill_seconds", "How long it took to recover.", [["", milliseconds / 1000]]],
    [
      "last_drill_phase_seconds",
      "The same by phase.",
      phases.map(({ phase, milliseconds: each }) => [`,phase="${phase}"`, each / 1000]),
    ],
  ] as const;
  return lines
    .map(([name, help, values]) => {
      const full = `zkrewind_backup_${name}`;
      const rows = values.map(([more, value]) => `${full}{${label}${more}} ${value}\n`);
      return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${rows.join("")}`;
    })
    .join("");
}
