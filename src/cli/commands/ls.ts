import { exportTree, json, ndjson } from "../../export/index.js";
import { isoTime, type State } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { ChildIndex, readZnode, ROOT, type ZnodeStat } from "../../tree/index.js";
import { addExamples, type CommandModule } from "../command.js";
import {
  addLimit,
  addOutput,
  addPoint,
  addSort,
  addSourceAndPath,
  type OutputOptions,
  type PointOptions,
  type SortOptions,
  type SourceOptions,
} from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { findZnode, openState, parsePath } from "../source.js";
import { visible } from "../output/text.js";
import { padEnd, padStart, type Safe, safe, words } from "../../text/safe.js";

interface LsOptions extends SourceOptions, PointOptions, OutputOptions, SortOptions {
  limit?: number;
  long?: boolean;
  recursive?: boolean;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "[path]");
    command.option("-l, --long", "with kind, children, bytes, versions, mzxid and mtime");
    command.option("-R, --recursive", "the whole subtree, by full paths");
    addSort(command, ["name", ...Object.keys(ORDERS)]);
    addLimit(command, "at most this many");
    addPoint(command);
    addOutput(command, ["text", "json", "ndjson"]);
    addExamples(command, [
      ["zkrewind ls /var/lib/zookeeper /acl", "names in byte order"],
      ["zkrewind ls /var/lib/zookeeper /busy/nested -lR", "all that is below, with stats"],
      ["zkrewind ls /var/lib/zookeeper /busy -l --sort bytes -n 5", "the largest"],
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
    const slots = ordered(state, options.recursive ? children.walk(top) : children.of(top), options);
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

/** What each order goes by, where that is not the names. */
const ORDERS: Readonly<Record<string, (stat: ZnodeStat) => number | bigint>> = {
  bytes: ({ dataLength }) => dataLength,
  children: ({ numChildren }) => numChildren,
  version: ({ version }) => version,
  mzxid: ({ mzxid }) => mzxid,
  mtime: ({ mtime }) => mtime,
  ctime: ({ ctime }) => ctime,
};

/** The znodes in the order that is asked for: by names as they come, else each read once before any is listed. */
function* ordered(state: State, slots: Iterable<number>, { sort, reverse, limit }: LsOptions): Generator<number> {
  const by = ORDERS[sort];
  let list = slots;
  if (by) {
    const keyed = [...slots].map((slot) => ({ slot, key: by(readZnode(state.tree, slot).stat) }));
    list = keyed.sort((a, b) => (a.key > b.key ? -1 : a.key < b.key ? 1 : 0)).map(({ slot }) => slot);
  }
  if (reverse) list = [...list].toReversed();
  let left = limit ?? Number.POSITIVE_INFINITY;
  for (const slot of list) {
    if (left-- <= 0) return;
    yield slot;
  }
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
