import { type DataMode, dataFields, exportZnode } from "../../export/index.js";
import { readZnode } from "../../tree/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import {
  addData,
  addOutput,
  addPoint,
  addSourceAndPath,
  type OutputOptions,
  type PointFlags,
  type SourceOptions,
} from "../options/options.js";
import { LineWriter, type Output, withOutput } from "../output/output.js";
import { note } from "../output/report.js";
import { isTerminal } from "../output/terminal.js";
import { valueLines } from "../output/text.js";
import { redactor, said } from "../redaction.js";
import { findZnode, openState, parsePath } from "../source.js";
import { say, tag } from "../../text/message.js";
import type { Safe } from "../../text/safe.js";

interface CatOptions extends SourceOptions, PointFlags, OutputOptions {
  data?: DataMode;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "<path>");
    addPoint(command);
    addOutput(command, ["text", "json"]);
    addData(command, null, "");
    addExamples(command, [
      ["zkrewind cat /var/lib/zookeeper /counters/c7", "a znode's data, byte for byte"],
      ["zkrewind cat /var/lib/zookeeper /counters/c7 --before 0xe3a", "the data before a transaction"],
      ["zkrewind cat /var/lib/zookeeper /counters/c7 --at -10s", "the data ten seconds before the last transaction"],
      ["zkrewind cat /var/lib/zookeeper /counters/c7 --data hex", "in hex"],
      [
        "zkrewind cat /var/lib/zookeeper /counters/c7 --at @snapshot.207 --json",
        "with stat and ACL, at a snapshot's zxid",
      ],
    ]);
    addNotes(
      command,
      `On a terminal, data is shown as text, with control characters escaped. A pipe or a file gets the bytes as they are,
unless --data says how to write them.`,
    );
    command.action(cat);
  },
};

async function cat(source: string, path: string, options: CatOptions): Promise<void> {
  const wanted = parsePath(path);
  await withOutput(options.output, async (out) => {
    const state = await openState([source], options);
    const slot = findZnode(state, wanted);
    if (options.format === "json")
      return exportZnode(state, slot, out.json, { source: [source], data: options.data ?? "auto", say: said });
    const { data } = readZnode(state.tree, slot);
    if (data === null) {
      note(say`the data of ${tag.path(wanted)} is null, which is not the same as empty`);
      return;
    }
    const shown = redactor()?.data(data) ?? data;
    const bytes = options.data === undefined ? shown : encoded(shown, options.data);
    if (options.output !== undefined || !isTerminal(1)) await out.bytes.write(bytes);
    else await writeLines(out, valueLines(bytes));
  });
}

async function writeLines(out: Output, list: readonly Safe[]): Promise<void> {
  const lines = new LineWriter(out);
  for (const line of list) await lines.line(line);
  await lines.flush();
}

/** In a form of JSON's, with a line's end after it. */
function encoded(data: Buffer, mode: DataMode): Buffer {
  const text = dataFields(mode, data).data;
  return Buffer.from(text === undefined || text === null ? "" : `${text}\n`);
}
