import type { Command } from "commander";
import { infoShape } from "../../export/shapes/verification.js";
import { serverLines } from "../render/server-text.js";
import { type EpochFiles, isoTime, type Verification, verify } from "../../recovery/index.js";
import { layoutName } from "../../storage/snapshot-trailers.js";
import { epochOf, hex } from "../../storage/zxid.js";
import { plain } from "../../text/message.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { documentLine } from "../output/document.js";
import { addOutput, addSources, type OutputOptions, type SourceOptions } from "../options/options.js";
import { LineWriter, withOutput } from "../output/output.js";
import { type Column, columnsFor } from "../output/table.js";
import { addWide, reportLeftOut, tableWidth, type WideOptions } from "../options/wide.js";
import { tellProgress } from "../output/progress.js";
import { findingLine, laterLines, rangeText, reportFindings } from "../output/report.js";
import { openSource } from "../source.js";
import { grouped, shown, visible } from "../output/text.js";
import { threads } from "../threads.js";
import { epochText } from "../render/epoch-text.js";
import { joinSafe, type Safe, safe, words } from "../../text/safe.js";
import type { Compression } from "../../io/byte-source.js";

type InfoOptions = SourceOptions & OutputOptions & WideOptions & { replay: boolean };

export const command: CommandModule = {
  define(command: Command) {
    addSources(command);
    command.option("--no-replay", "do not replay: list the points that the files cover, unproven, in bounded memory");
    addWide(command);
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind info /var/lib/zookeeper", "files, ranges, and which points can be rebuilt"],
      ["zkrewind info /var/lib/zookeeper --format json", "the same for programs"],
    ]);
    addNotes(command, "Where a terminal is too narrow, columns are left out in this order: times, bytes, layout.");
    command.action(run);
  },
};

async function run(sources: string[], options: InfoOptions): Promise<void> {
  const directory = await openSource(sources, options);
  await withOutput(options.output, async (out) => {
    const result = await verify(directory, {
      replay: options.replay,
      onProgress: tellProgress(),
      threads: threads(),
    });
    const lines = new LineWriter(out);
    if (options.format === "json")
      lines.add(documentLine("info", { source: sources, ...infoShape(result, directory.epochs) }));
    else for (const line of describe(result, directory.epochs, tableWidth(options))) await lines.line(line);
    await lines.flush();
    reportFindings(result.findings);
  });
}

function describe(result: Verification, epochs: EpochFiles | undefined, width: number | undefined): Safe[] {
  const { snapshots, logs, coverage, findings, startable, exact } = result;
  const rows: Safe[][] = [];
  for (const scan of snapshots) {
    const window = coverage.snapshots.find((each) => each.scan === scan)?.window;
    const fuzzy =
      window === undefined ? "damaged" : window.end > window.begin ? safe`fuzzy until ${hex(window.end)}` : "not fuzzy";
    const layout = scan.trailers ? layoutName(scan.trailers.layout) : "?";
    rows.push([
      visible(scan.file, "file"),
      grouped(scan.size),
      safe`${grouped(scan.znodes)} znodes, ${grouped(scan.sessions)} sessions`,
      safe`${scan.zxid === null ? "?" : hex(scan.zxid)}, ${fuzzy}`,
      words(""),
      joinSafe([safe`${layout}`, ...codec(scan)], ", "),
    ]);
  }
  for (const scan of logs) {
    const [first, last] = [scan.runs[0], scan.runs.at(-1)];
    const zxids = first && last ? safe`${hex(first.first)} to ${hex(last.last)}` : words("");
    const times = first && last ? safe`${isoTime(first.firstTime)} to ${isoTime(last.lastTime)}` : words("");
    rows.push([
      visible(scan.file, "file"),
      grouped(scan.size),
      safe`${grouped(scan.transactions)} transactions`,
      zxids,
      times,
      joinSafe([...(scan.digests > 0 ? [words("digests")] : []), ...codec(scan)], ", "),
    ]);
  }
  const notes = findings.filter((each) => each.severity === "note");
  const points = (exact ?? coverage.covered).map(
    (range) => safe`  ${rangeText(range)}, from ${range.base === null ? "the beginning" : visible(range.base, "file")}`,
  );
  const columns = columnsFor(COLUMNS, rows, width);
  reportLeftOut(columns.leftOut);
  return [
    columns.head(),
    ...rows.map((row) => columns.row(row)),
    words(""),
    ...timesLine(logs),
    ...(epochs
      ? [
          safe`epochs  currentEpoch ${epochText(epochs.current, isUnread(epochs, "current"))}, acceptedEpoch ${epochText(epochs.accepted, isUnread(epochs, "accepted"))}${coverage.last === null ? "" : safe`, epoch of the last zxid ${epochOf(coverage.last)}`}`,
        ]
      : []),
    ...serverLines(startable).map((line, index) => safe`${words(index === 0 ? "server  " : "        ")}${line}`),
    words(
      points.length === 0
        ? "no point can be rebuilt exactly"
        : exact === null
          ? "points that the files cover, not replayed (zkrewind verify proves them):"
          : "points that can be rebuilt exactly:",
    ),
    ...points,
    ...laterLines(result),
    ...notes.map((each) => shown(findingLine(each))),
  ];
}

function isUnread({ unread }: EpochFiles, which: "current" | "accepted"): boolean {
  return unread.some((each) => plain(each).startsWith(which));
}

const COLUMNS: readonly Omit<Column, "width">[] = [
  { name: words("file") },
  { name: words("bytes"), right: true, leaveOut: 2 },
  { name: words("holds") },
  { name: words("zxids") },
  { name: words("times"), leaveOut: 1 },
  { name: words("layout"), leaveOut: 3 },
];

function codec({ compression }: { compression: Compression }): Safe[] {
  return compression === "none" ? [] : [words(compression)];
}

/** The times of the first transaction and of the last. */
function timesLine(logs: Verification["logs"]): Safe[] {
  const runs = logs.flatMap((scan) => scan.runs);
  const [first, last] = [runs[0], runs.at(-1)];
  return first && last ? [safe`times   ${isoTime(first.firstTime)} to ${isoTime(last.lastTime)}`] : [];
}
