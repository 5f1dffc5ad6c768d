import { type Command, Option } from "commander";
import {
  DATA_MODES,
  type DataMode,
  exportTxns,
  jsonTxns,
  ndjsonTxns,
  readRange,
  type LogRange,
  type Sink,
} from "../../export/index.js";
import type { DataDirectory } from "../../recovery/index.js";
import { ZkRewindError } from "../../storage/finding.js";
import { readTxn } from "../../txn/index.js";
import { addExamples, type CommandModule } from "../command.js";
import { parseRange, type RangeOptions, resolveRange } from "../log-range.js";
import { addOutput, addSources, type OutputOptions, type SourceOptions, wholeNumber } from "../options.js";
import { LineWriter, styleFor, terminalWidth, withOutput } from "../output.js";
import { note, reportFindings } from "../report.js";
import { openSource } from "../source.js";
import { txnLines } from "../txn-text.js";

interface LogOptions extends SourceOptions, RangeOptions, OutputOptions {
  data?: DataMode | true;
}

export const command: CommandModule = {
  define(command) {
    addSources(command);
    addRange(command);
    addOutput(command, ["text", "json", "ndjson"]);
    const data = "values whole, not cut to the line; in JSON: auto (text where it is text, else base64) or as said";
    command.addOption(new Option("--data [mode]", data).choices(DATA_MODES));
    addExamples(command, [
      ["zkrewind log /var/lib/zookeeper", "everything, oldest first"],
      ["zkrewind log /var/lib/zookeeper --start 0x1d80 --limit 20", "from a zxid on"],
      ["zkrewind log log.1d80 --start 2026-11-23T14:00:00Z --end 2026-11-23T14:05:00Z", "five minutes"],
      ["zkrewind log /var/lib/zookeeper --format ndjson | jq -r .op | sort | uniq -c", "what it was about"],
    ]);
    command.addHelpText(
      "after",
      `
A line has the zxid, time, session, cxid and type of a transaction, then what it did. A record whose checksum is wrong
is shown as DAMAGED: nothing in it, its zxid included, is certain.`,
    );
    command.action(log);
  },
};

/** `export --txns` takes the same range. */
export function addRange(command: Command): Command {
  return command
    .option("--start <point>", "the first transaction; a time: the first not earlier")
    .addOption(new Option("--end <point>", "the last transaction; a time: the last not later").conflicts("before"))
    .option("--before <point>", "up to this point, itself not included")
    .option("--limit <n>", "at most so many", wholeNumber);
}

async function log(sources: string[], options: LogOptions): Promise<void> {
  const points = parseRange(options);
  await withOutput(options.output, async (sink) => {
    const directory = await openLogs(sources, options);
    const range = await resolveRange(directory, points, options.limit);
    const count =
      options.format === "text"
        ? await writeText(directory, sink, range, options)
        : await writeJson(directory, sink, range, sources, options);
    if (count === 0) note("no transaction in this range");
  });
}

/** A directory with at least one log. */
export async function openLogs(sources: readonly string[], options: SourceOptions): Promise<DataDirectory> {
  const directory = await openSource(sources, options);
  if (directory.logs.length === 0) {
    const hint = "Logs can lie apart from the snapshots, in the dataLogDir: --log-dir names it.";
    throw new ZkRewindError(`there is no transaction log in ${sources.join(", ")}`, { exitCode: 4, hint });
  }
  return directory;
}

async function writeJson(
  directory: DataDirectory,
  sink: Sink,
  range: LogRange,
  source: readonly string[],
  options: LogOptions,
): Promise<number> {
  return exportTxns(directory.logs, sink, {
    format: options.format === "json" ? jsonTxns : ndjsonTxns,
    source,
    range,
    data: typeof options.data === "string" ? options.data : "auto",
    onFinding: (finding) => reportFindings([finding]),
  });
}

async function writeText(directory: DataDirectory, sink: Sink, range: LogRange, options: LogOptions): Promise<number> {
  const width = options.data === undefined ? (terminalWidth(options.output) ?? USUAL_WIDTH) : undefined;
  const style = await styleFor(options.output);
  const lines = new LineWriter(sink);
  const count = await readRange(directory.logs, range, {
    take(txn, shape, _bytes, { checksumOk }) {
      for (const line of txnLines(readTxn(txn, shape), checksumOk, { style, width })) lines.add(line);
    },
    pause: () => lines.flush(),
    finding: (finding) => reportFindings([finding]),
  });
  await lines.flush();
  return count;
}

/** Where the output is no terminal: enough for most paths and a look at the value. */
const USUAL_WIDTH = 200;
