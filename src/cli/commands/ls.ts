import { exportTree, FORMAT_NAMES } from "../../export/index.js";
import { isoTime, type State } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { ChildIndex, readZnode, ROOT } from "../../tree/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import {
  addOutput,
  addPoint,
  addSourceAndPath,
  type OutputOptions,
  type PointFlags,
  type SourceOptions,
} from "../options/options.js";
import { exportIn } from "../output/export-format.js";
import { LineWriter, styleFor, withOutput } from "../output/output.js";
import { type Column, Columns } from "../output/table.js";
import { addZnodeOrder, ordered, type ZnodeOrderOptions } from "../options/znode-order.js";
import { addWide, reportLeftOut, tableWidth, type WideOptions } from "../options/wide.js";
import { findZnode, openState, parsePath } from "../source.js";
import { visible } from "../output/text.js";
import { type Safe, safe, words } from "../../text/safe.js";
import { said } from "../redaction.js";

interface LsOptions extends SourceOptions, PointFlags, OutputOptions, ZnodeOrderOptions, WideOptions {
  long?: boolean;
  recursive?: boolean;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "[path]");
    command.option("-l, --long", "show kind, children, bytes, versions, mzxid and mtime");
    addWide(command);
    command.option("-R, --recursive", "list the whole subtree, by full paths");
    addZnodeOrder(command);
    addPoint(command);
    addOutput(command, ["text", ...FORMAT_NAMES]);
    addExamples(command, [
      ["zkrewind ls /var/lib/zookeeper /acl", "names in byte order"],
      ["zkrewind ls /var/lib/zookeeper /busy/nested -lR", "the subtree, with stats"],
      ["zkrewind ls /var/lib/zookeeper /busy -l --sort bytes -n 5", "the five largest"],
      ["zkrewind ls /var/lib/zookeeper /containers --before 0xeef", "what was there before a delete"],
      ["zkrewind ls /var/lib/zookeeper --at 2026-11-23T02:34:45 --tz Europe/Berlin", "by a local time"],
    ]);
    addNotes(
      command,
      `Where a terminal is too narrow for -l, columns are left out in this order: version, children, kind, mzxid, mtime,
bytes. Names are cut to what is left.`,
    );
    command.action(ls);
  },
};

async function ls(source: string, path: string | undefined, options: LsOptions): Promise<void> {
  const wanted = parsePath(path ?? "/");
  await withOutput(options.output, async (out) => {
    const state = await openState([source], options);
    const top = findZnode(state, wanted);
    const children = new ChildIndex(state.tree.znodes);
    const listed = options.recursive ? children.walk(top) : children.of(top);
    const slots = limited(ordered(state, listed, options), options.limit);
    if (options.format !== "text") {
      const { format, sink } = exportIn(out, options.format);
      await exportTree(state, sink, {
        format,
        source: [source],
        data: "none",
        say: said,
        slots,
      });
      return;
    }
    const style = await styleFor(options.output);
    const lines = new LineWriter(out);
    const columns = options.long ? longColumns(state, options) : null;
    if (columns) await lines.line(style.dim(columns.head()));
    for (const slot of slots) await lines.line(lineOf(state, slot, columns, options.recursive ?? false));
    await lines.flush();
    reportLeftOut(columns?.leftOut ?? []);
  });
}

function* limited(slots: Iterable<number>, limit = Number.POSITIVE_INFINITY): Generator<number> {
  let left = limit;
  for (const slot of slots) {
    if (left-- <= 0) return;
    yield slot;
  }
}

function lineOf(state: State, slot: number, columns: Columns | null, recursive: boolean): Safe {
  const znode = readZnode(state.tree, slot);
  const whole = recursive || slot === ROOT;
  const name = whole ? visible(znode.path, "path") : visible(znode.path.slice(znode.path.lastIndexOf("/") + 1), "name");
  if (!columns) return name;
  const { stat, kind } = znode;
  return columns.row([
    words(kind),
    safe`${stat.numChildren}`,
    safe`${stat.dataLength}`,
    safe`${stat.version}`,
    hex(stat.mzxid),
    isoTime(stat.mtime),
    name,
  ]);
}

/** Widths that fit nearly all: what is listed is not held until the widest is known. */
function longColumns({ zxid }: State, options: LsOptions): Columns {
  const zxidWidth = Math.max(hex(zxid).length, "mzxid".length);
  const columns: Column[] = [
    { name: words("kind"), width: 10, leaveOut: 3 },
    { name: words("children"), width: 8, right: true, leaveOut: 2 },
    { name: words("bytes"), width: 9, right: true, leaveOut: 6 },
    { name: words("version"), width: 7, right: true, leaveOut: 1 },
    { name: words("mzxid"), width: zxidWidth, leaveOut: 4 },
    { name: words("mtime"), width: 24, leaveOut: 5 },
    { name: words("name"), width: 20, least: 16 },
  ];
  return new Columns(columns, tableWidth(options));
}
