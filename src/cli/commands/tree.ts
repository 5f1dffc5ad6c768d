import { exportTree, json, ndjson } from "../../export/index.js";
import type { State } from "../../recovery/index.js";
import { ChildIndex, orphans, readZnode, ROOT } from "../../tree/index.js";
import { addExamples, type CommandModule } from "../command.js";
import {
  addOutput,
  addPoint,
  addSourceAndPath,
  type OutputOptions,
  type PointFlags,
  type SourceOptions,
  wholeNumber,
} from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { findZnode, openState, parsePath } from "../source.js";
import { counted, grouped, visible } from "../output/text.js";
import { joinSafe, type Safe, safe, words } from "../../text/safe.js";
import { said } from "../redaction.js";

interface TreeOptions extends SourceOptions, PointFlags, OutputOptions {
  depth?: number;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "[path]");
    command.option("--depth <n>", "draw no deeper than this; count what is below", wholeNumber);
    addPoint(command);
    addOutput(command, ["text", "json", "ndjson"]);
    addExamples(command, [
      ["zkrewind tree /var/lib/zookeeper", "the whole tree"],
      ["zkrewind tree /var/lib/zookeeper /busy --depth 1", "one level of a subtree"],
    ]);
    command.action(tree);
  },
};

async function tree(source: string, path: string | undefined, options: TreeOptions): Promise<void> {
  const wanted = parsePath(path ?? "/");
  const depth = options.depth ?? Number.POSITIVE_INFINITY;
  await withOutput(options.output, async (out) => {
    const state = await openState([source], options);
    const top = findZnode(state, wanted);
    const children = new ChildIndex(state.tree.znodes);
    if (options.format !== "text") {
      const slots = withinDepth(children, top, depth);
      await exportTree(state, out.json, {
        format: options.format === "json" ? json : ndjson,
        source: [source],
        data: "none",
        say: said,
        slots,
      });
      return;
    }
    const lines = new LineWriter(out);
    const drawing = new Drawing(state, children, depth, await styleFor(options.output));
    for (const line of drawing.lines(top)) await lines.line(line);
    await lines.line(words(""));
    await lines.line(drawing.summary(top));
    await lines.flush();
  });
}

function* withinDepth(children: ChildIndex, top: number, depth: number): Generator<number> {
  const stack: [slot: number, depth: number][] = [[top, 0]];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [slot, level] = next;
    yield slot;
    if (level >= depth) continue;
    for (const child of children.of(slot).toReversed()) stack.push([child, level + 1]);
  }
}

class Drawing {
  private readonly state: State;
  private readonly children: ChildIndex;
  private readonly depth: number;
  private readonly style: Style;
  private shown = 0;
  private hidden = 0;

  constructor(state: State, children: ChildIndex, depth: number, style: Style) {
    this.state = state;
    this.children = children;
    this.depth = depth;
    this.style = style;
  }

  /** With a stack of its own: paths can be deeper than the call stack should be. */
  *lines(top: number): Generator<Safe> {
    const stack: { slot: number; level: number; indent: Safe; branch: Safe }[] = [
      { slot: top, level: 0, indent: words(""), branch: words("") },
    ];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { slot, level, indent, branch } = next;
      this.shown++;
      const below = this.children.of(slot);
      const cut = level >= this.depth && below.length > 0;
      yield safe`${this.style.dim(safe`${indent}${branch}`)}${this.label(slot, level === 0)}${cut ? this.countBelow(slot) : ""}`;
      if (cut) continue;
      const inner = branch === "" ? words("") : safe`${indent}${branch === LAST ? "    " : "│   "}`;
      for (let index = below.length - 1; index >= 0; index--) {
        const last = index === below.length - 1;
        stack.push({
          slot: below[index] as number,
          level: level + 1,
          indent: inner,
          branch: last ? LAST : words("├── "),
        });
      }
    }
  }

  summary(top: number): Safe {
    const hidden = this.hidden === 0 ? "" : safe`, ${grouped(this.hidden)} more below`;
    const lost = top === ROOT ? orphans(this.state.tree.znodes).length : 0;
    const orphaned = lost === 0 ? "" : safe`; ${counted(lost, "znode")} without a parent: see zkrewind export`;
    return safe`${counted(this.shown, "znode")}${hidden}${orphaned}`;
  }

  private label(slot: number, whole: boolean): Safe {
    const { path, kind, stat } = readZnode(this.state.tree, slot);
    const name = whole ? visible(path, "path") : visible(path.slice(path.lastIndexOf("/") + 1), "name");
    const about = [
      ...(kind === "persistent" ? [] : [words(kind)]),
      ...(stat.dataLength === 0 ? [] : [counted(stat.dataLength, "byte")]),
    ];
    const { bold, dim } = this.style;
    return safe`${stat.numChildren > 0 ? bold(name) : name}${about.length === 0 ? "" : dim(safe`  ${joinSafe(about, ", ")}`)}`;
  }

  private countBelow(slot: number): Safe {
    let count = -1;
    for (const _ of this.children.walk(slot)) count++;
    this.hidden += count;
    return this.style.dim(safe`  … ${grouped(count)} below`);
  }
}

const LAST = words("└── ");
