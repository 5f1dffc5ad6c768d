import type { Command } from "commander";
import { type EpochFiles, isoTime, type Verification, verify } from "../../recovery/index.js";
import { layoutName } from "../../storage/snapshot-trailers.js";
import { epochOf, hex } from "../../storage/zxid.js";
import { plain } from "../../text/message.js";
import { addExamples, type CommandModule } from "../command.js";
import { json } from "../output/json-text.js";
import { addOutput, addSources, type OutputOptions, type SourceOptions } from "../options/options.js";
import { LineWriter, withOutput } from "../output/output.js";
import { tellProgress } from "../output/progress.js";
import { findingLine, laterLines, rangeText, reportFindings } from "../output/report.js";
import { openSource } from "../source.js";
import { grouped, shown, visible } from "../output/text.js";
import { threads } from "../threads.js";
import { epochText } from "../render/epoch-text.js";
import { allWords, joinSafe, padEnd, type Safe, safe, trimEnd, words } from "../../text/safe.js";

type InfoOptions = SourceOptions & OutputOptions & { replay: boolean };

export const command: CommandModule = {
  define(command: Command) {
    addSources(command);
    command.option(
      "--no-replay",
      "in bounded memory: which points the files cover, without the replay that proves them",
    );
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind info /var/lib/zookeeper", "files, ranges, and which points can be rebuilt"],
      ["zkrewind info /var/lib/zookeeper --format json", "the same for programs"],
    ]);
    command.action(run);
  },
};

async function run(sources: string[], options: InfoOptions): Promise<void> {
  const directory = await openSource(sources, options);
  await withOutput(options.output, async (sink) => {
    const result = await verify(directory, {
      replay: options.replay,
      onProgress: tellProgress(),
      threads: threads(),
    });
    const lines = new LineWriter(sink);
    if (options.format === "json")
      lines.add(json({ type: "info", schema: 1, source: sources, ...asJson(result, directory.epochs) }));
    else for (const line of describe(result, directory.epochs)) await lines.line(line);
    await lines.flush();
    reportFindings(result.findings);
  });
}

function describe(result: Verification, epochs: EpochFiles | undefined): Safe[] {
  const { snapshots, logs, coverage, findings, startable, exact } = result;
  const rows: Safe[][] = [allWords(["file", "bytes", "holds", "zxids", "times", "layout"])];
  for (const scan of snapshots) {
    const window = coverage.snapshots.find((each) => each.scan === scan)?.window;
    const fuzzy =
      window === undefined ? "damaged" : window.end > window.begin ? safe`fuzzy until ${hex(window.end)}` : "not fuzzy";
    const layout = scan.trailers ? layoutName(scan.trailers.layout) : "?";
    const codec = scan.compression === "none" ? "" : safe`, ${scan.compression}`;
    rows.push([
      visible(scan.file, "file"),
      grouped(scan.size),
      safe`${grouped(scan.znodes)} znodes, ${grouped(scan.sessions)} sessions`,
      safe`${scan.zxid === null ? "?" : hex(scan.zxid)}, ${fuzzy}`,
      words(""),
      safe`${layout}${codec}`,
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
      words(scan.digests > 0 ? "digests" : ""),
    ]);
  }
  const notes = findings.filter((each) => each.severity === "note");
  const points = (exact ?? coverage.covered).map(
    (range) => safe`  ${rangeText(range)}, from ${range.base === null ? "the beginning" : visible(range.base, "file")}`,
  );
  return [
    ...aligned(rows),
    words(""),
    ...(epochs
      ? [
          safe`epochs  current ${epochText(epochs.current, isUnread(epochs, "current"))}, accepted ${epochText(epochs.accepted, isUnread(epochs, "accepted"))}${coverage.last === null ? "" : safe`, last zxid's ${epochOf(coverage.last)}`}`,
        ]
      : []),
    safe`server  ${startable.starts ? "would start" : "would NOT start"}${startable.snapshot === null ? "" : safe` from ${visible(startable.snapshot, "file")}`}`,
    ...startable.reasons.map((reason) => safe`        ${shown(reason)}`),
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

/** Columns as wide as their widest cell; the last is not padded. */
function aligned(rows: readonly (readonly Safe[])[]): Safe[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    trimEnd(
      joinSafe(
        row.map((cell, column) => padEnd(cell, widths[column] ?? 0)),
        "  ",
      ),
    ),
  );
}

function asJson(result: Verification, epochs: EpochFiles | undefined): object {
  const { snapshots, logs, coverage, startable, findings, exact } = result;
  return {
    snapshots: snapshots.map((scan) => ({
      file: scan.file,
      path: scan.path,
      zxid: scan.zxid,
      size: scan.size,
      bytes: scan.bytes,
      compression: scan.compression,
      layout: scan.trailers ? layoutName(scan.trailers.layout) : null,
      sealed: scan.trailers?.sealed ?? false,
      znodes: scan.znodes,
      ephemerals: scan.ephemerals,
      sessions: scan.sessions,
      acls: scan.acls,
      fuzzyUntil: coverage.snapshots.find((each) => each.scan === scan)?.window.end ?? null,
      largestValue: scan.largestValue,
    })),
    logs: logs.map((scan) => ({
      file: scan.file,
      path: scan.path,
      size: scan.size,
      soundEnd: scan.soundEnd,
      transactions: scan.transactions,
      digests: scan.digests,
      largestRecord: scan.largestRecord,
      end: scan.end,
      runs: scan.runs.map(({ first, last, firstTime, lastTime, count }) => ({
        first,
        last,
        firstTime: isoTime(firstTime),
        lastTime: isoTime(lastTime),
        count,
      })),
    })),
    epochs: epochs ?? null,
    replayed: exact !== null,
    exact: exact ?? [],
    covered: coverage.covered,
    later: result.later,
    gaps: coverage.gaps,
    startable,
    findings,
  };
}
