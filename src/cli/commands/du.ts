import { Option } from "commander";
import { countsOf, duLists, grownShape } from "../../export/shapes/du.js";
import { pointShape } from "../../export/shapes/point.js";
import { type DepthFirst, passSnapshot, passTree } from "../../forensics/inspect/depth-first.js";
import { addUsage, DiskUsage, type DuReport, type Usage } from "../../forensics/inspect/du.js";
import { type Growth, growthOf } from "../../forensics/inspect/growth.js";
import { NcduWriter } from "../../forensics/inspect/ncdu.js";
import { type DataDirectory, type State, type StoredFile } from "../../recovery/index.js";
import { type Finding, ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { orphans } from "../../tree/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import {
  addLimit,
  addOutput,
  addPoint,
  addSortKey,
  addSourceAndPath,
  type OutputOptions,
  type PointFlags,
  type SourceOptions,
  wholeNumber,
} from "../options/options.js";
import { addWide, tableWidth, type WideOptions } from "../options/wide.js";
import { type Cell, CsvWriter } from "../output/csv-text.js";
import { DocumentWriter } from "../output/document.js";
import { LineWriter, type Output, type Style, styleFor, withOutput } from "../output/output.js";
import { openPair, parseStates } from "../options/range-states.js";
import { note, reportFindings } from "../output/report.js";
import { findZnode, openSource, openState, parsePath } from "../source.js";
import { counted, cut, grouped, visible } from "../output/text.js";
import { version } from "../version.js";
import { say, tag } from "../../text/message.js";
import { allWords, joinSafe, padStart, type Safe, safe, words } from "../../text/safe.js";

interface DuOptions extends SourceOptions, PointFlags, WideOptions, Omit<OutputOptions, "format"> {
  format: "text" | "json" | "ndjson" | "csv" | "ncdu";
  depth: number;
  limit: number;
  sort: keyof Usage;
  from?: string;
  to?: string;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "[path]");
    command.option("--depth <n>", "list subtrees down to this depth", wholeNumber, 1);
    addLimit(command, "list at most this many in each table", 10);
    addSortKey(command, ["records", "values", "znodes"]);
    addWide(command);
    addPoint(command);
    command.addOption(new Option("--from <point>", "show what grew since this point").conflicts("at"));
    command.addOption(new Option("--to <point>", "with --from: up to this point").conflicts(["at", "before"]));
    addOutput(command, ["text", "json", "ndjson", "csv", "ncdu" as "text"]);
    addExamples(command, [
      ["zkrewind du /var/lib/zookeeper", "the largest subtrees, values and parents"],
      ["zkrewind du /var/lib/zookeeper/version-2/snapshot.e3c /busy -n 5", "one snapshot, read in bounded memory"],
      ["zkrewind du /var/lib/zookeeper --from 0xa9f --depth 2", "what grew, and what shrank"],
      ["zkrewind du /var/lib/zookeeper --format ncdu", "to browse: … -o du.json; ncdu -f du.json"],
    ]);
    addNotes(
      command,
      `records: the bytes of znodes in a snapshot, about what they take in a server's heap besides its own objects; values: the
bytes of their data alone. In path patterns, * stands for ids and numbers.
Where a terminal is too narrow, paths are cut.`,
    );
    command.action(du);
  },
};

async function du(source: string, path: string | undefined, options: DuOptions): Promise<void> {
  const top = parsePath(path ?? "/");
  if (options.from !== undefined && options.format === "ncdu")
    throw new ZkRewindError(say`the ncdu format cannot show growth`, {
      exitCode: 2,
      hint: say`Take --format text or json.`,
    });
  if (options.to !== undefined && options.from === undefined)
    throw new ZkRewindError(say`--to needs --from`, {
      exitCode: 2,
      hint: say`Without --from, name a point with --at.`,
    });
  await withOutput(options.output, async (out) => {
    if (options.from !== undefined) await writeGrowth(source, top, out, options);
    else if (options.format === "ncdu") await writeNcdu(source, top, out, options);
    else {
      const { visitor, state } = await pass(source, top, options, () => new DiskUsage(usageOptions(top, options)));
      await write(visitor.report(), source, top, state, out, options);
    }
  });
}

function usageOptions(
  top: string,
  { depth, limit: most, sort }: DuOptions,
): ConstructorParameters<typeof DiskUsage>[0] {
  return { top, depth, most, sort, patterns: true };
}

interface Passed<T> {
  visitor: T;
  /** Undefined where a snapshot was read as it is. */
  state?: State;
}

/** Passes the znodes by: of a lone snapshot straight from the file, else of the tree at the point. */
async function pass<T extends DepthFirst>(
  source: string,
  top: string,
  options: DuOptions,
  make: (time: bigint | null) => T,
  /** Where the visitor's text is written on the way. */
  written?: (visitor: T) => void | Promise<void>,
): Promise<Passed<T>> {
  const pause = (visitor: T): void | Promise<void> => written?.(visitor);
  const directory = await openSource([source], options);
  const lone = options.at === undefined && options.before === undefined ? loneSnapshot(directory) : undefined;
  // What is written as it is read cannot be taken back: its order is looked at first.
  if (lone && (!written || (await passes(lone, top)))) {
    const visitor = make(null);
    const findings = await passSnapshot(lone, visitor, () => pause(visitor));
    if (visitor.inOrder) {
      if (!visitor.begun) throw missing(lone, top, findings);
      note(say`${tag.file(lone.name)} is counted as it is stored, fuzzy or not`);
      reportFindings(findings);
      if (findings.some(({ severity }) => severity === "error")) note(say`only what could be read is counted`);
      return { visitor };
    }
  }
  const state = await openState([source], options);
  const slot = findZnode(state, top);
  const visitor = make(state.time);
  await passTree(state.tree, slot, visitor, () => pause(visitor));
  const lost = top === "/" ? orphans(state.tree.znodes).length : 0;
  if (lost > 0) note(say`${counted(lost, "znode")} without a parent, and what is below, are not counted`);
  return { visitor, state };
}

/** Whether a snapshot's znodes come depth first, as servers write them. */
async function passes(file: StoredFile, top: string): Promise<boolean> {
  const look = new DiskUsage({ top, depth: 0, most: 0, patterns: false });
  const findings = await passSnapshot(file, look);
  if (look.inOrder && !look.begun) throw missing(file, top, findings);
  return look.inOrder;
}

function missing(file: StoredFile, top: string, findings: readonly Finding[]): ZkRewindError {
  return new ZkRewindError(say`there is no znode ${tag.path(top)} in ${tag.file(file.name)}`, {
    exitCode: 1,
    findings,
  });
}

function loneSnapshot({ snapshots, logs, epochs }: DataDirectory): StoredFile | undefined {
  return snapshots.length === 1 && logs.length === 0 && epochs === undefined ? snapshots[0] : undefined;
}

async function writeNcdu(source: string, top: string, out: Output, options: DuOptions): Promise<void> {
  const flush = (writer: NcduWriter): void | Promise<void> => {
    const text = writer.takeText();
    if (text !== "") return out.json.write(Buffer.from(text));
  };
  const make = (time: bigint | null): NcduWriter =>
    new NcduWriter(top, { name: "zkrewind", version: version() }, time === null ? 0 : Math.floor(Number(time) / 1000));
  const { visitor } = await pass(source, top, options, make, flush);
  await flush(visitor);
}

async function write(
  report: DuReport,
  source: string,
  path: string,
  state: State | undefined,
  out: Output,
  options: DuOptions,
): Promise<void> {
  if (options.format === "text") return writeText(report, out, options);
  const { total } = report;
  const lists = duLists(report);
  if (options.format === "csv") return writeRows(out, DU_COLUMNS, Object.values(lists).flat());
  const lines = new LineWriter(out);
  const document = new DocumentWriter(lines, options.format === "json" ? "json" : "ndjson");
  await document.begin("du", { source: [source], path, at: state ? pointShape(state) : null, total });
  for (const [name, items] of Object.entries(lists)) {
    await document.list(name);
    for (const item of items) await document.item(item);
  }
  await document.end(countsOf(lists));
  await lines.flush();
}

/** What the lists' items have; `type` says which list it is. */
const DU_COLUMNS = ["type", "path", "pattern", "depth", "znodes", "records", "values", "bytes", "children", "names"];

async function writeRows(out: Output, columns: readonly string[], items: readonly object[]): Promise<void> {
  const table = new CsvWriter(out, columns);
  for (const item of items) await table.row(columns.map((name) => (item as Record<string, Cell>)[name]));
  await table.flush();
}

async function writeText(report: DuReport, out: Output, options: DuOptions): Promise<void> {
  const style = await styleFor(options.output);
  const lines = new LineWriter(out);
  const { total, subtrees, depths, largest, children, patterns } = report;
  await lines.line(
    safe`${counted(total.znodes, "znode")}, ${counted(total.records, "byte")} of records, ${grouped(total.values)} of values`,
  );
  const sections: [Safe, Safe[]][] = [
    [
      safe`subtrees, to depth ${options.depth}`,
      usageRows(
        subtrees.map((each) => [each, visible(each.path, "path")]),
        style,
      ),
    ],
    [
      words("path patterns"),
      usageRows(
        patterns.map((each) => [each, visible(each.pattern, "path")]),
        style,
      ),
    ],
    [words("depth"), usageRows(depthRows(depths, Math.max(options.limit, 1)), style)],
    [
      words("largest values"),
      rows(
        style,
        allWords(["values"]),
        largest.map((each) => [[each.values], visible(each.path, "path")]),
      ),
    ],
    [
      words("most children"),
      rows(
        style,
        allWords(["children", "names"]),
        children.map((each) => [[each.children, each.names], visible(each.path, "path")]),
      ),
    ],
  ];
  for (const [title, content] of sections) {
    await lines.line(words(""));
    await lines.line(style.bold(title));
    for (const line of fitted(content, options)) await lines.line(line);
  }
  await lines.flush();
}

/** A head and rows, whose paths are cut to the terminal's width. */
function fitted([head = words(""), ...list]: readonly Safe[], options: DuOptions): Safe[] {
  const width = tableWidth(options);
  return [head, ...(width === undefined ? list : list.map((line) => cut(line, width)))];
}

/** Index 0 is the top itself; from `most` on all in one row. */
function depthRows(depths: readonly Usage[], most: number): (readonly [Usage, Safe])[] {
  const listed = depths.slice(0, most).map((each, depth) => [each, safe`${depth}`] as const);
  if (depths.length <= most) return listed;
  const rest = { znodes: 0, records: 0, values: 0 };
  for (const each of depths.slice(most)) addUsage(rest, each);
  return [...listed, [rest, safe`${most} and deeper`]];
}

function usageRows(list: readonly (readonly [Usage, Safe])[], style: Style): Safe[] {
  return rows(
    style,
    allWords(["records", "values", "znodes"]),
    list.map(([{ records, values, znodes }, name]) => [[records, values, znodes], name]),
  );
}

function rows(style: Style, head: readonly Safe[], list: readonly (readonly [readonly number[], Safe])[]): Safe[] {
  const cell = (text: Safe): Safe => padStart(text, 14);
  return [
    style.dim(joinSafe(head.map(cell), "")),
    ...list.map(([numbers, name]) => {
      const cells = numbers.map((each) => cell(grouped(each)));
      return safe`${joinSafe(cells, "")}  ${name}`;
    }),
  ];
}

async function writeGrowth(source: string, path: string, out: Output, options: DuOptions): Promise<void> {
  const pair = await openPair(source, options, parseStates(options));
  const { from, to } = pair;
  const changed = await growthOf(pair, { top: path, depth: options.depth, sort: options.sort });
  if (changed === null) return void findZnode(to, path);
  const listed = changed.slice(0, options.limit);
  if (options.format === "csv") {
    const rows = listed.map(({ path: each, before: a, after: b }) => ({
      path: each,
      znodesBefore: a.znodes,
      znodesAfter: b.znodes,
      recordsBefore: a.records,
      recordsAfter: b.records,
      valuesBefore: a.values,
      valuesAfter: b.values,
    }));
    return writeRows(out, GROWTH_COLUMNS, rows);
  }
  if (options.format !== "text") {
    const lines = new LineWriter(out);
    const document = new DocumentWriter(lines, options.format === "json" ? "json" : "ndjson");
    await document.begin("growth", { source: [source], path, from: pointShape(from), to: pointShape(to) });
    await document.list("growth");
    for (const each of listed) await document.item(grownShape(each));
    await document.end({ growth: listed.length });
    await lines.flush();
    return;
  }
  const style = await styleFor(options.output);
  const lines = new LineWriter(out);
  await lines.line(style.bold(safe`growth from ${hex(from.zxid)} to ${hex(to.zxid)}, to depth ${options.depth}`));
  for (const line of fitted(growthRows(listed, style), options)) await lines.line(line);
  const left = changed.length - listed.length;
  await lines.line(
    changed.length === 0
      ? words("nothing grew or shrank")
      : left > 0
        ? style.dim(safe`and ${counted(left, "more subtree")} (-n shows more)`)
        : words(""),
  );
  await lines.flush();
}

const GROWTH_COLUMNS = [
  "path",
  ...["znodes", "records", "values"].flatMap((each) => [`${each}Before`, `${each}After`]),
];

function growthRows(list: readonly Growth[], style: Style): Safe[] {
  const cell = (text: Safe): Safe => padStart(text, 14);
  const change = (a: number, b: number): Safe =>
    cell(safe`${b > a ? "+" : b < a ? "-" : ""}${grouped(Math.abs(b - a))}`);
  return [
    style.dim(joinSafe(allWords(["records", "values", "znodes"]).map(cell), "")),
    ...list.map(({ path, before: a, after: b }) => {
      const numbers = safe`${change(a.records, b.records)}${change(a.values, b.values)}${change(a.znodes, b.znodes)}`;
      const what = a.znodes === 0 ? "  (new)" : b.znodes === 0 ? "  (gone)" : "";
      return safe`${numbers}  ${visible(path, "path")}${what}`;
    }),
  ];
}
