import { exportTree, json, ndjson } from "../../export/index.js";
import { isoTime, type State } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { ChildIndex, readZnode, ROOT } from "../../tree/index.js";
import { addExamples, type CommandModule } from "../command.js";
import {
  addOutput,
  addPoint,
  addSourceAndPath,
  type OutputOptions,
  type PointOptions,
  type SourceOptions,
} from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { findZnode, openState, parsePath } from "../source.js";
import { visible } from "../output/text.js";
import { padEnd, padStart, type Safe, safe, words } from "../../text/safe.js";

interface LsOptions extends SourceOptions, PointOptions, OutputOptions {
  long?: boolean;
  recursive?: boolean;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "[path]");
    command.option("-l, --long", "with kind, children, bytes, versions, mzxid and mtime");
    command.option("-R, --recursive", "the whole subtree, by full paths");
    addPoint(command);
    addOutput(command, ["text", "json", "ndjson"]);
    addExamples(command, [
      ["zkrewind ls /var/lib/zookeeper /acl", "names in byte order"],
      ["zkrewind ls /var/lib/zookeeper /busy/nested -lR", "all that is below, with stats"],
      ["zkrewind ls /var/lib/zookeeper /containers --before 0xeef", "what was there before a delete"],
      ["zkrewind ls /var/lib/zookeeper --at 2026-11-23T02:34:45 --tz Europe/Berlin", "by a clock in Berlin"],
    ]);
    command.action(ls);
  },
};

async function ls(source: string, path: string | undefined, options: LsOptions): Promise<void> {
  const wanted = parsePath(path ?? "/");
  await withOutput(options.output, async (sink) => {
    const state = await openState([source], options);
    const top = findZnode(state, wanted);
    const children = new ChildIndex(state.tree.znodes);
    const slots = options.recursive ? children.walk(top) : children.of(top);
    if (options.format !== "text") {
      await exportTree(state, sink, {
        format: options.format === "json" ? json : ndjson,
        source: [source],
        data: "none",
        slots,
      });
      return;
    }
    const style = await styleFor(options.output);
    const lines = new LineWriter(sink);
    if (options.long) await lines.line(style.dim(longHead(state)));
    for (const slot of slots) await lines.line(listed(state, slot, options, style));
    await lines.flush();
  });
}

function listed(state: State, slot: number, { long, recursive }: LsOptions, { dim }: Style): Safe {
  const znode = readZnode(state.tree, slot);
  const name = recursive || slot === ROOT ? znode.path : znode.path.slice(znode.path.lastIndexOf("/") + 1);
  if (!long) return visible(name, recursive ? "path" : "name");
  const { stat, kind } = znode;
  const columns = row(
    state,
    words(kind),
    safe`${stat.numChildren}`,
    safe`${stat.dataLength}`,
    safe`${stat.version}`,
    hex(stat.mzxid),
    isoTime(stat.mtime),
  );
  return safe`${dim(columns)}${visible(name, recursive ? "path" : "name")}`;
}

function longHead(state: State): Safe {
  return safe`${row(state, ...HEAD)}name`;
}

const HEAD = [
  words("kind"),
  words("children"),
  words("bytes"),
  words("version"),
  words("mzxid"),
  words("mtime"),
] as const;

function row(state: State, kind: Safe, children: Safe, bytes: Safe, version: Safe, mzxid: Safe, mtime: Safe): Safe {
  const zxidWidth = Math.max(hex(state.zxid).length, "mzxid".length);
  const counts = safe`${padStart(children, 8)} ${padStart(bytes, 9)} ${padStart(version, 7)}`;
  return safe`${padEnd(kind, 10)} ${counts}  ${padEnd(mzxid, zxidWidth)}  ${padEnd(mtime, 24)}  `;
}
