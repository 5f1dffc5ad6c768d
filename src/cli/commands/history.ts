import { Option } from "commander";
import { DATA_MODES, type DataMode } from "../../export/index.js";
import { historyChange } from "../../export/shapes/change.js";
import type { Change, Hole } from "../../forensics/history/change.js";
import { history } from "../../forensics/history/history.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { safe, type Safe, words } from "../../text/safe.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { changeLines } from "../render/history-text.js";
import { addRange, parseRange, type RangeFlags, resolveRange } from "../options/log-range.js";
import { addLimit, addOutput, addSourceAndPath, type OutputOptions, type SourceOptions } from "../options/options.js";
import { didYouMean } from "../options/nearest.js";
import { DocumentWriter } from "../output/document.js";
import { LineWriter, styleFor, terminalWidth, withOutput } from "../output/output.js";
import { note, reportFindings } from "../output/report.js";
import { raiseExitCode } from "../output/verdict.js";
import { nearPathsOf, openSource, parsePath } from "../source.js";
import { json } from "../output/json-text.js";

interface HistoryOptions extends SourceOptions, RangeFlags, OutputOptions {
  recursive?: boolean;
  limit?: number;
  reverse?: boolean;
  data?: DataMode | true;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "<path>");
    command.option("-r, --recursive", "include all znodes below it");
    addRange(command);
    addLimit(command, "list at most this many changes");
    command.option("--reverse", "list the newest first");
    addOutput(command, ["text", "json", "ndjson"]);
    const data = "show values and diffs in full; in JSON, in this form (auto: text where it is text, else base64)";
    command.addOption(new Option("--data [mode]", data).choices(DATA_MODES));
    addExamples(command, [
      ["zkrewind history /var/lib/zookeeper /counters/c7", "who set it, when, and what it was before"],
      ["zkrewind history /var/lib/zookeeper /members -r", "who came and went, and why"],
      ["zkrewind history /var/lib/zookeeper /counters -r --from 0xe00 -n 5", "from a zxid on"],
      ["zkrewind history /var/lib/zookeeper /counters/c7 --format ndjson", "for programs"],
    ]);
    addNotes(
      command,
      `The oldest change comes first. A znode that was there before the first transaction is shown as "existed", as a snapshot
has it; a change in a gap between the transactions, as "unseen". A znode that was deleted and created again has several lives.

A session that the server ended has cxid 0 in the log. It has
expired, or an administrator ended it: the log does not say which. Children that come and go do not change the znode
itself; -r shows them.

In JSON, "before": null means that the znode did not exist; unknown fields are left out.`,
    );
    command.action(tell);
  },
};

/** Where the output is no terminal. */
const USUAL_WIDTH = 200;

async function tell(source: string, path: string, options: HistoryOptions): Promise<void> {
  const wanted = parsePath(path);
  const points = parseRange(options);
  await withOutput(options.output, async (out) => {
    const directory = await openSource([source], options);
    const range = await resolveRange(directory, points);
    const recursive = options.recursive ?? false;
    const lines = new LineWriter(out);
    const style = await styleFor(options.output);
    const width = options.data === undefined ? (terminalWidth(options.output) ?? USUAL_WIDTH) : undefined;
    const mode = typeof options.data === "string" ? options.data : "auto";
    const document = new DocumentWriter(lines, options.format === "json" ? "json" : "ndjson");
    let pending: void | Promise<void>;
    const put = (line: Safe): void => {
      pending = lines.line(line) ?? pending;
    };
    const entries = new Entries(put, { ...options, separator: words(options.format === "json" ? "," : "") });
    if (options.format !== "text") {
      const { from, to } = range;
      const ends = { from: from === null ? null : hex(from), to: to === null ? null : hex(to) };
      await document.begin("history", { source: [source], path: wanted, recursive, ...ends });
      await document.list("changes");
    }
    await history(
      directory,
      wanted,
      { recursive, range },
      {
        change(change: Change) {
          if (options.format !== "text") entries.change([json(historyChange(change, mode))]);
          else entries.change(changeLines(change, { style, paths: recursive, width }));
        },
        isDone: () => entries.isFull,
        hole({ after, before }: Hole) {
          if (options.format !== "text")
            entries.hole(json({ type: "hole", after: after === null ? null : hex(after), before: hex(before) }));
          else if (after !== null)
            entries.hole(style.red(safe`transactions after ${hex(after)} and before ${hex(before)} are missing`));
          else
            entries.hole(
              style.red(safe`transactions before ${hex(before)} are missing, and no snapshot tells what was there`),
            );
        },
        async pause() {
          await pending;
          pending = undefined;
        },
        finding: (finding) => reportFindings([finding]),
      },
    );
    entries.finish();
    const { count } = entries;
    if (options.format !== "text") await document.end({ changes: count });
    await lines.flush();
    if (count > 0) return;
    const near = wanted === "/" ? [] : await nearPathsOf(directory, wanted);
    const what = say`no trace of ${tag.path(wanted)} ${recursive ? "or anything below it " : ""}in these files`;
    const hint = didYouMean(near.map(tag.path));
    note(hint ? say`${what}\n  ${hint}` : what);
    raiseExitCode(1);
  });
}

interface EntriesOptions {
  limit?: number;
  /** The newest first: they are kept until all are known. */
  reverse?: boolean;
  /** What comes before each but the first. */
  separator: Safe;
}

interface Entry {
  isChange: boolean;
  lines: readonly Safe[];
}

/** The changes and holes that are told, each in lines of its own, up to a number of changes. */
class Entries {
  private readonly put: (line: Safe) => void;
  private readonly limit: number;
  private readonly separator: Safe;
  /** In the order in which they came. */
  private readonly kept: Set<Entry> | null;
  private isFirst = true;
  /** How many changes. */
  count = 0;

  constructor(put: (line: Safe) => void, { limit, reverse, separator }: EntriesOptions) {
    this.put = put;
    this.limit = limit ?? Number.POSITIVE_INFINITY;
    this.separator = separator;
    this.kept = reverse ? new Set() : null;
  }

  /** Whether no further change can be among them. */
  get isFull(): boolean {
    return this.kept === null && this.count >= this.limit;
  }

  change(lines: readonly Safe[]): void {
    if (this.isFull) return;
    this.count++;
    this.add(true, lines);
    // Of the newest, the oldest makes room.
    for (const oldest of this.kept ?? []) {
      if (this.count <= this.limit) break;
      this.kept?.delete(oldest);
      if (oldest.isChange) this.count--;
    }
  }

  hole(line: Safe): void {
    this.add(false, [line]);
  }

  finish(): void {
    for (const { lines } of [...(this.kept ?? [])].toReversed()) this.write(lines);
  }

  private add(isChange: boolean, lines: readonly Safe[]): void {
    if (this.kept) this.kept.add({ isChange, lines });
    else this.write(lines);
  }

  private write(lines: readonly Safe[]): void {
    for (const [index, line] of lines.entries())
      this.put(index === 0 && !this.isFirst ? safe`${this.separator}${line}` : line);
    this.isFirst = false;
  }
}
