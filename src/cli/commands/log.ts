import { dirname } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import {
  DATA_MODES,
  type DataMode,
  exportTxns,
  FORMAT_NAMES,
  type FormatName,
  readRange,
  type LogRange,
  type TxnVisitor,
} from "../../export/index.js";
import { type Grouping, GROUPINGS } from "../../forensics/transactions/groupings.js";
import type { DataDirectory, RangePoints } from "../../recovery/index.js";
import { isRepository } from "../../repository/read/is-repository.js";
import { lastZxid } from "../../recovery/scan/headers.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { lookAtTxn, OP_NAMES } from "../../txn/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { didYouMeanOf } from "../options/nearest.js";
import { addRange, nearestText, parseRange, type RangeFlags, resolveRange, zxidsOf } from "../options/log-range.js";
import { addWide, reportLeftOut, tableWidth, type WideOptions } from "../options/wide.js";
import { addFilter, filterOf, type FilterOptions } from "../options/log-filter.js";
import { addOutput, addLimit, addSources, type OutputOptions, type SourceOptions } from "../options/options.js";
import { LineWriter, type Output, styleFor, terminalWidth, withOutput } from "../output/output.js";
import { endProgress } from "../output/progress.js";
import { note, reportFindings } from "../output/report.js";
import { isFetched } from "../opened.js";
import { openSource } from "../source.js";
import type { Safe } from "../../text/safe.js";
import { txnLines } from "../render/txn-text.js";
import { joined, say, tag } from "../../text/message.js";
import { joinSafe, safe, words } from "../../text/safe.js";
import { documentLine } from "../output/document.js";
import { exportIn } from "../output/export-format.js";

interface LogOptions extends SourceOptions, RangeFlags, OutputOptions, FilterOptions, WideOptions {
  reverse?: boolean;
  follow?: boolean;
  stats?: readonly Grouping[] | true;
  limit?: number;
  data?: DataMode | true;
}

export const command: CommandModule = {
  define(command) {
    addSources(command);
    addRange(command);
    addLimit(command, `at most this many; with --stats, rows of a group (default: ${ROWS})`);
    command.option("--reverse", "list the newest first");
    addWide(command);
    command.addOption(
      new Option("-f, --follow", "print what a live server writes, until Ctrl-C; begin now, or at --from").conflicts([
        "reverse",
        "output",
        "stats",
      ]),
    );
    command.addOption(
      new Option("--stats [groups]", `count transactions by ${GROUPINGS.join(", ")} (comma-separated; default: all)`)
        .argParser(groupings)
        .conflicts("reverse"),
    );
    addFilter(command);
    addOutput(command, ["text", ...FORMAT_NAMES]);
    const data =
      "show values in full, not cut to the line; in JSON, in this form (auto: text where it is text, else base64)";
    command.addOption(new Option("--data [mode]", data).choices(DATA_MODES));
    addExamples(command, [
      ["zkrewind log /var/lib/zookeeper --from 0xe40 -n 20", "twenty transactions from a zxid on"],
      ["zkrewind log /var/lib/zookeeper --reverse -n 5", "the last five"],
      ["zkrewind log /var/lib/zookeeper --op deleteContainer --path '/containers/**'", "who deleted what"],
      ["zkrewind log /var/lib/zookeeper --session 0x10000337d0c0015", "everything that one session did"],
      ["zkrewind log /var/lib/zookeeper --errors --from 0xe00", "what failed"],
      ["zkrewind log /var/lib/zookeeper --stats=op,path --from 0xe40", "the most frequent operations and paths"],
      ["zkrewind log /var/lib/zookeeper --follow --from 0xf00 -n 3", "the next transactions of a live server"],
      ["zkrewind log /var/lib/zookeeper --format ndjson | jq -r .op | sort | uniq -c", "for programs"],
    ]);
    addNotes(
      command,
      `A line has the zxid, time, session, cxid and type of a transaction, then what it did. Where a terminal is too narrow, cxid
and session are left out and values are cut; in --stats columns are left out in this order: largest, by session end,
first, last, failed, creates, deletes, sets, bytes. A record whose checksum is wrong
is shown as DAMAGED: nothing in it, its zxid included, is certain.

A transaction must match all filters that are given. --op and --path look into the members of a multi as well; --path also
matches the ephemerals that a closeSession names (servers before 3.6 do not name them; \`history\` finds those). A glob is matched
against the whole path: '/app/**' is /app and all below it, '/app/*' its children. An error names no path in the log.`,
    );
    command.action(log);
  },
};

async function log(sources: string[], options: LogOptions): Promise<void> {
  if (options.op?.includes("list")) {
    await withOutput(options.output, async (out) =>
      out.write(
        safe`${joinSafe(
          OP_NAMES.map((name) => words(name)),
          "\n",
        )}\n`,
      ),
    );
    return;
  }
  if (options.stats && options.format === "csv")
    throw new ZkRewindError(say`--stats is several tables: it has no CSV`, {
      exitCode: 2,
      hint: say`Take --format json.`,
    });
  const points = parseRange(options);
  const filter = filterOf(options);
  await withOutput(options.output, async (out) => {
    const directory = await openLogs(sources, options, points);
    const range: LogRange = {
      ...(await resolveRange(directory, points)),
      ...(options.limit === undefined || options.stats ? {} : { limit: options.limit }),
      ...(filter.isEmpty ? {} : { only: (txn, shape, length) => filter.matches(txn, shape, length) }),
      ...(options.reverse && { reverse: true }),
    };
    if (options.stats) return writeStats(directory, out, range, sources, options);
    const read = options.follow ? await following(directory, range) : undefined;
    const count =
      options.format === "text"
        ? await writeText(directory, out, range, options, read)
        : await writeExport(directory, out, range, sources, options, read);
    if (count === 0) await reportNone(directory, range, filter.isEmpty);
  });
}

/** Says what is near where nothing is in a range. */
async function reportNone(directory: DataDirectory, { from, to }: LogRange, any: boolean): Promise<void> {
  const bound = from ?? to;
  note(any ? say`no transaction in this range` : say`no such transaction in this range`);
  if (any && bound !== null) note(say`  ${await nearestText(directory, bound)}`);
}

/** Rows of each table of --stats. */
const ROWS = 10;

/** The argument of --stats. */
function groupings(text: string): readonly Grouping[] {
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !GROUPINGS.some((each) => each === name));
  if (wrong === undefined) return names as Grouping[];
  throw new InvalidArgumentError(
    `${didYouMeanOf(wrong, GROUPINGS)} Before a source, write --stats=op; or put --stats last.`,
  );
}

async function writeStats(
  directory: DataDirectory,
  out: Output,
  range: LogRange,
  source: readonly string[],
  options: LogOptions,
): Promise<void> {
  const { stats: groups, limit: top = ROWS, format, output } = options;
  const { TxnStats } = await import("../../forensics/transactions/txn-stats.js");
  const { statsJson, statsLines } = await import("../render/stats-text.js");
  const by = groups === true || groups === undefined ? GROUPINGS : groups;
  const stats = new TxnStats(by, top);
  const count = await readRange(directory.logs, range, {
    take(txn, shape, _bytes, { file, offset, length, checksumOk }) {
      if (checksumOk) stats.take(txn, shape, length, file, offset);
    },
    finding: (finding) => reportFindings([finding]),
  });
  const lines = new LineWriter(out);
  const leftOut = new Set<Safe>();
  const width = tableWidth(options);
  if (format === "text")
    for (const line of statsLines(stats, { by, top, width, leftOut }, await styleFor(output))) await lines.line(line);
  else await lines.line(documentLine("stats", { source, ...statsJson(stats, by) }));
  await lines.flush();
  reportLeftOut([...leftOut]);
  if (count === 0) note(say`no such transaction in this range`);
}

type Reading = (visitor: TxnVisitor) => Promise<number>;

/** Reads what a live server writes: what is there from `--from` on, or from now on, and then whatever comes. */
async function following({ logs }: DataDirectory, range: LogRange): Promise<Reading> {
  const { follow } = await import("../../forensics/transactions/follow.js");
  if (logs.some(isFetched))
    throw new ZkRewindError(say`--follow reads what a server is writing: name its data directory`, { exitCode: 2 });
  const folders = [...new Set(logs.map(({ path }) => dirname(path)))];
  const from = range.from ?? ((await lastZxid(logs)) ?? 0n) + 1n;
  // Ctrl-C is how it ends: what has come is written, with an end that proves it whole.
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  endProgress();
  return (visitor) =>
    follow(
      folders,
      { ...range, from, signal: controller.signal },
      {
        ...visitor,
        truncated: (after) =>
          note(
            say`the server truncated its log: the transactions printed after ${hex(after)} did not happen; these replace them`,
          ),
      },
    );
}

/** A directory with at least one log; of a repository, with those of a range alone. */
export async function openLogs(
  sources: readonly string[],
  options: SourceOptions,
  points: RangePoints,
): Promise<DataDirectory> {
  let directory = await openSource(sources, options, { kind: "transactions", ...zxidsOf(points) });
  // What is near a range without transactions, all of a repository tells.
  if (directory.logs.length === 0 && sources.some(isRepository)) directory = await openSource(sources, options);
  if (directory.logs.length === 0) {
    const hint = say`Logs can be apart from the snapshots, in dataLogDir: name that with --log-dir.`;
    throw new ZkRewindError(say`there is no transaction log in ${joined(sources.map(tag.file), ", ")}`, {
      exitCode: 4,
      hint,
    });
  }
  return directory;
}

async function writeExport(
  directory: DataDirectory,
  out: Output,
  range: LogRange,
  source: readonly string[],
  options: LogOptions,
  read: Reading | undefined,
): Promise<number> {
  const { format, sink } = exportIn(out, options.format as FormatName);
  return exportTxns(directory.logs, sink, {
    format,
    source,
    range,
    data: typeof options.data === "string" ? options.data : "auto",
    ...(read && { read, prompt: true }),
    onFinding: (finding) => reportFindings([finding]),
  });
}

async function writeText(
  directory: DataDirectory,
  out: Output,
  range: LogRange,
  options: LogOptions,
  read: Reading | undefined,
): Promise<number> {
  const whole = options.data !== undefined || options.wide;
  const width = whole ? undefined : (terminalWidth(options.output) ?? USUAL_WIDTH);
  const style = await styleFor(options.output);
  const lines = new LineWriter(out);
  const reading: Reading = read ?? ((visitor) => readRange(directory.logs, range, visitor));
  const count = await reading({
    take(txn, shape, _bytes, { checksumOk }) {
      for (const line of txnLines(lookAtTxn(txn, shape), checksumOk, { style, width })) lines.add(line);
    },
    pause: () => lines.flush(),
    finding: (finding) => reportFindings([finding]),
  });
  await lines.flush();
  return count;
}

/** Where the output is no terminal: enough for most paths and a look at the value. */
const USUAL_WIDTH = 200;
