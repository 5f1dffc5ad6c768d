import { Option } from "commander";
import { DATA_MODES, type DataMode } from "../../export/index.js";
import type { Change, Hole } from "../../forensics/history/change.js";
import { history } from "../../forensics/history/history.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { safe, type Safe } from "../../text/safe.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { changeJson } from "../render/history-json.js";
import { changeLines } from "../render/history-text.js";
import { addRange, parseRange, type RangeOptions, resolveRange } from "../options/log-range.js";
import { addLimit, addOutput, addSourceAndPath, type OutputOptions, type SourceOptions } from "../options/options.js";
import { didYouMean } from "../options/nearest.js";
import { LineWriter, styleFor, terminalWidth, withOutput } from "../output/output.js";
import { note, reportFindings } from "../output/report.js";
import { raiseExitCode } from "../output/verdict.js";
import { nearPathsOf, openSource, parsePath } from "../source.js";
import { json, openJson } from "../output/json-text.js";

interface HistoryOptions extends SourceOptions, RangeOptions, OutputOptions {
  recursive?: boolean;
  limit?: number;
  data?: DataMode | true;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "<path>");
    command.option("-r, --recursive", "with all znodes below it");
    addRange(command);
    addLimit(command, "at most this many changes");
    addOutput(command, ["text", "json", "ndjson"]);
    const data = "values and diffs whole; in JSON: auto (text where it is text, else base64) or as said";
    command.addOption(new Option("--data [mode]", data).choices(DATA_MODES));
    addExamples(command, [
      ["zkrewind history /var/lib/zookeeper /counters/c7", "who set it, when, and what it was before"],
      ["zkrewind history /var/lib/zookeeper /members -r", "who came and went, and why"],
      ["zkrewind history /var/lib/zookeeper /counters -r --from 0xe00 -n 5", "from a zxid on"],
      ["zkrewind history /var/lib/zookeeper /counters/c7 --format ndjson", "for programs"],
    ]);
    addNotes(
      command,
      `Oldest first. What was there before the first transaction is told as "existed", from a snapshot; what changed where
transactions are missing, as "unseen". A znode that was deleted and created again has several lives.

A session that the server ended has cxid 0 in the log. That is how an expired one looks; one that an administrator ended
looks the same. The coming and going of children is no change of the znode itself: -r shows it.

In JSON, "before": null is a znode that did not exist; whatever is not known is left out.`,
    );
    command.action(tell);
  },
};

/** Where the output is no terminal. */
const USUAL_WIDTH = 200;

async function tell(source: string, path: string, options: HistoryOptions): Promise<void> {
  const wanted = parsePath(path);
  const points = parseRange(options);
  await withOutput(options.output, async (sink) => {
    const directory = await openSource([source], options);
    const range = await resolveRange(directory, points);
    const recursive = options.recursive ?? false;
    const lines = new LineWriter(sink);
    const style = await styleFor(options.output);
    const width = options.data === undefined ? (terminalWidth(options.output) ?? USUAL_WIDTH) : undefined;
    const mode = typeof options.data === "string" ? options.data : "auto";
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const whole = options.format === "json";
    const header = { schema: 1, source: [source], path: wanted, recursive };
    let count = 0;
    let first = true;
    let pending: void | Promise<void>;
    const put = (line: Safe): void => {
      pending = lines.line(line) ?? pending;
    };
    const object = (value: object): void => {
      put(whole ? safe`${first ? "" : ","}${json(value)}` : json(value));
      first = false;
    };
    if (options.format === "json") put(safe`${openJson(header)},"changes":[`);
    if (options.format === "ndjson") put(json({ type: "header", ...header }));
    await history(
      directory,
      wanted,
      { recursive, range },
      {
        change(change: Change) {
          if (count >= limit) return;
          count++;
          if (options.format === "text") changeLines(change, { style, paths: recursive, width }).forEach(put);
          else object(changeJson(change, mode));
        },
        isDone: () => count >= limit,
        hole({ after, before }: Hole) {
          if (options.format !== "text")
            object({ type: "hole", after: after === null ? null : hex(after), before: hex(before) });
          else if (after !== null)
            put(style.red(safe`transactions after ${hex(after)} and before ${hex(before)} are missing`));
          else
            put(style.red(safe`transactions before ${hex(before)} are missing, and no snapshot tells what was there`));
        },
        async pause() {
          await pending;
          pending = undefined;
        },
        finding: (finding) => reportFindings([finding]),
      },
    );
    if (options.format === "json") put(safe`],"count":${count}}`);
    if (options.format === "ndjson") put(json({ type: "end", changes: count }));
    await lines.flush();
    if (count > 0) return;
    const near = wanted === "/" ? [] : await nearPathsOf(directory, wanted);
    const what = say`no trace of ${tag.path(wanted)} ${recursive ? "or anything below it " : ""}in these files`;
    const hint = didYouMean(near.map(tag.path));
    note(hint ? say`${what}\n  ${hint}` : what);
    raiseExitCode(1);
  });
}
