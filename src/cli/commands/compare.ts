import { type Command, Option } from "commander";
import { comparisonShape } from "../../export/shapes/comparison.js";
import { type Comparison, compareNodes, type Tail } from "../../forensics/replicas/compare.js";
import type { OwnTransactions } from "../../forensics/replicas/own-transactions.js";
import type { EpochRange, NodeReport } from "../../forensics/replicas/node-report.js";
import { type DataDirectory, isoTime, resolveBound } from "../../recovery/index.js";
import { momentAt } from "../../recovery/scan/headers.js";
import type { Finding } from "../../findings/finding.js";
import { isAbout } from "../../findings/kinds.js";
import { hex } from "../../storage/zxid.js";
import type { Txn } from "../../txn/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { openFiles } from "../opened.js";
import { documentLine } from "../output/document.js";
import {
  addOutput,
  addZone,
  type OutputOptions,
  type PointFlags,
  pointRequest,
  wholeNumber,
  addLimit,
  addFetch,
  openOptions,
  type SourceOptions,
  collect,
} from "../options/options.js";
import { addWide, reportLeftOut, tableWidth, type WideOptions } from "../options/wide.js";
import { boxed, type Column } from "../output/table.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { expectReading, watched } from "../output/progress.js";
import { alreadyTold, findingLine, reportPlace } from "../output/report.js";
import { addQuiet, counts, raiseExitCode } from "../output/verdict.js";
import { counted, shown, visible } from "../output/text.js";
import { loadedLines, treeLines } from "../render/trees-text.js";
import { txnLines } from "../render/txn-text.js";
import type { Message } from "../../text/message.js";
import { joinSafe, safe, type Safe, words } from "../../text/safe.js";
import { epochText } from "../render/epoch-text.js";

interface CompareCommandOptions
  extends OutputOptions,
    PointFlags,
    WideOptions,
    Pick<SourceOptions, "name" | "scratch"> {
  voters?: number;
  observer?: string[];
  trees: boolean;
  limit: number;
}

export const command: CommandModule = {
  define(command: Command) {
    command.argument("<node...>", "the ensemble's servers: a data directory, zoo.cfg or tar archive of each");
    addFetch(command);
    command.option("--voters <n>", "how many servers of the ensemble vote, if more than are named", wholeNumber);
    command.option("--observer <node>", "a server that does not vote; may be repeated", collect);
    command.option("--no-trees", "compare the logs only, in bounded memory");
    command.addOption(new Option("--at <point>", "compare the trees as of this point").conflicts(["before", "trees"]));
    command.option("--before <point>", "compare the trees just before this point");
    addZone(command);
    addLimit(command, "list at most this many transactions of a tail, and znodes that differ", 20);
    addQuiet(command);
    addWide(command);
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind compare zk1 zk2 zk3", "copies of the data directories of an ensemble's three servers"],
      ["zkrewind compare zk1 zk2 --voters 5", "two servers of an ensemble of five"],
    ]);
    addNotes(
      command,
      `Exit code 1 where the servers disagree: a fork, the same zxid with other bytes, trees that differ, a hole that no
snapshot bridges, damage. A server that is only behind, or has purged its older logs,
does not disagree.

Where a terminal is too narrow, columns are left out in this order: files, epoch files, agrees up to, epochs.`,
    );
    command.action(run);
  },
};

async function run(voting: string[], options: CompareCommandOptions): Promise<void> {
  const paths = [...voting, ...(options.observer ?? [])];
  const directories: DataDirectory[] = [];
  for (const path of paths) directories.push(watched(await openFiles([path], openOptions(options))));
  expectReading(directories.flatMap(({ logs }) => logs));
  const wanted = options.at !== undefined || options.before !== undefined;
  // A time is looked for in the first server's logs.
  const [first] = directories as [DataDirectory];
  const at = wanted ? await resolveBound(first, pointRequest(options)) : null;
  if (at !== null) reportPlace("at", at, (await momentAt(first.logs, at))?.time ?? null);
  await withOutput(options.output, async (out) => {
    const result = await compareNodes(directories, {
      trees: options.trees,
      limit: options.limit,
      observers: paths.map((_, node) => node).slice(voting.length),
      ...(options.voters === undefined ? {} : { voters: options.voters }),
      ...(at === null ? {} : { at }),
    });
    if (result.findings.some((each) => counts(each) || isDifference(each))) raiseExitCode(1);
    const lines = new LineWriter(out);
    if (options.format === "json")
      await lines.line(documentLine("compare", { source: paths, ...comparisonShape(result) }));
    else
      for (const line of await report(result, await styleFor(options.output), tableWidth(options)))
        await lines.line(line);
    await lines.flush();
    alreadyTold(result.findings);
  });
}

/** Servers that disagree are a difference, however harmless. */
function isDifference(finding: Finding): boolean {
  return isAbout(finding, "ensemble") && finding.severity !== "note";
}

async function report(result: Comparison, style: Style, width: number | undefined): Promise<Safe[]> {
  const names = result.nodes.map(({ name }) => visible(name, "file"));
  return [
    ...(await nodesTable(result, width)),
    words(""),
    ...historyLines(result, names, style),
    ...result.tails.flatMap((tail) => tailLines(tail, result, names, style)),
    ...treeLines(result, names, style),
    ...loadedLines(result, names, style),
    words(""),
    ...findingLines(result.findings, style),
    ...bestLines(result, names, style),
  ];
}

async function nodesTable({ nodes }: Comparison, width: number | undefined): Promise<Safe[]> {
  const rows = nodes.map((node) => [
    visible(node.name, "file"),
    safe`${node.snapshots} + ${node.logs}`,
    joinSafe(
      folded(node.epochs).map(({ name, first, last, count }) => safe`${name}: ${count}, ${hex(first)} to ${hex(last)}`),
      "\n",
    ),
    hexOrNot(node.lastLogged),
    hexOrNot(node.reach),
    safe`${node.behind === 0 ? "" : node.behind}`,
    epochFiles(node),
    safe`${node.damage.length === 0 ? "" : node.damage.length}`,
  ]);
  const { lines, leftOut } = await boxed(COLUMNS, rows, width);
  reportLeftOut(leftOut);
  return lines;
}

const COLUMNS: readonly Omit<Column, "width">[] = [
  { name: words("server") },
  { name: words("files"), leaveOut: 1 },
  { name: words("epochs: transactions"), leaveOut: 4 },
  { name: words("last logged") },
  { name: words("agrees up to"), leaveOut: 3 },
  { name: words("behind") },
  { name: words("epoch files"), leaveOut: 2 },
  { name: words("damage") },
];

/** The newest epochs, and one line for all before them: servers that had hundreds of leaders (JSON has them all). */
function folded(epochs: readonly EpochRange[]): (Omit<EpochRange, "epoch"> & { name: Safe })[] {
  const named = epochs.map(({ epoch, ...range }) => ({ ...range, name: safe`${epoch}` }));
  const older = named.slice(0, -MOST_EPOCHS);
  const [first, last] = [older[0], older.at(-1)];
  if (!first || !last || first === last) return named;
  const count = older.reduce((sum, each) => sum + each.count, 0);
  const name = safe`${first.name} to ${last.name}`;
  return [{ name, first: first.first, last: last.last, count }, ...named.slice(-MOST_EPOCHS)];
}

const MOST_EPOCHS = 12;

function epochFiles({ currentEpoch, acceptedEpoch }: NodeReport): Safe {
  if (currentEpoch === null && acceptedEpoch === null) return words("none");
  const [current, accepted] = [epochText(currentEpoch), epochText(acceptedEpoch)];
  return current === accepted ? current : safe`current ${current}, accepted ${accepted}`;
}

function historyLines(result: Comparison, names: readonly Safe[], style: Style): Safe[] {
  const { shared, line, divergence, majority, voters, observers } = result;
  const epochs = folded(line).map(({ name, first, last }) => safe`epoch ${name}: ${hex(first)} to ${hex(last)}`);
  const lines = [
    safe`shared by all   ${shared ? safe`${counted(shared.count, "transaction")}, ${hex(shared.first)} to ${hex(shared.last)}, record by record` : "nothing"}`,
    safe`history         ${epochs.length === 0 ? "no transactions" : joinSafe(epochs, "; ")}`,
    safe`a majority      ${majority} of ${voters}${observers.length === 0 ? "" : safe`; observers, which do not vote: ${namesOf(observers, names)}`}`,
  ];
  if (!divergence) return [...lines, agreement(result, style)];
  const { kind, zxid, after, sides } = divergence;
  const what =
    kind === "fork" ? "histories fork" : kind === "conflict" ? "one zxid, different bytes" : "different tree digests";
  lines.push(
    style.red(safe`DIVERGENCE      ${what} at ${hex(zxid)}${after === null ? "" : safe`, after ${hex(after)}`}`),
  );
  for (const { nodes, next, own, count } of sides) {
    const who = nodes.length === 0 ? words("nobody else") : namesOf(nodes, names);
    const many = count > 0 ? safe` ${counted(count, "transaction")} of its own` : words("");
    lines.push(safe`  ${who}:${many}`, ...indented(own.length > 0 ? own : next ? [next] : [], style));
    if (count > own.length) lines.push(safe`    … and ${count - own.length} more`);
  }
  return lines;
}

/** Whether servers are in step is known only where their trees are. */
function agreement({ trees, loaded }: Comparison, style: Style): Safe {
  const [exact, served] = [trees?.results ?? [], loaded?.results ?? []];
  if ([...exact, ...served].some(({ same }) => same === false))
    return style.red(words("DIVERGENCE      the logs agree, but the trees differ: see below"));
  if (trees && exact.every(({ same }, node) => same || served[node]?.same))
    return style.green(words("no divergence   where servers hold the same zxids, they hold the same transactions"));
  return style.yellow(
    words(
      trees
        ? "logs agree      whether all trees are equal is not known: see below"
        : "logs agree      the trees were not compared",
    ),
  );
}

function tailLines(tail: Tail, { nodes, voters }: Comparison, names: readonly Safe[], style: Style): Safe[] {
  const { kind, first, last, count, firstTime, lastTime, transactions } = tail;
  const who = namesOf(tail.nodes, names);
  const what =
    kind === "dead"
      ? "never committed: a newer epoch went on without them"
      : safe`on ${tail.nodes.length} of ${voters} only, so not known to be committed`;
  const lines = [
    words(""),
    style.yellow(safe`tail of ${who}: ${counted(count, "transaction")}, ${hex(first)} to ${hex(last)}, ${what}`),
    safe`  ${isoTime(firstTime)} to ${isoTime(lastTime)}`,
    ...indented(transactions, style),
  ];
  const rest = count - transactions.length;
  const source = nodes[tail.nodes[0] ?? 0]?.sources[0] ?? "";
  if (rest > 0)
    lines.push(
      safe`  … and ${rest} more: zkrewind log ${visible(source, "file")} --from ${hex(first)} --to ${hex(last)}`,
    );
  return lines;
}

function indented(transactions: readonly Txn[], style: Style): Safe[] {
  return transactions.flatMap((txn) => txnLines(txn, true, { style, width: LINE })).map((line) => safe`    ${line}`);
}

/** For a look at each transaction; `log` shows them whole. */
const LINE = 140;

function findingLines(findings: readonly Finding[], style: Style): Safe[] {
  if (findings.length === 0) return [];
  const paint = { error: style.red, warning: style.yellow, note: style.dim };
  return [...findings.map((each) => paint[each.severity](shown(findingLine(each)))), words("")];
}

function bestLines({ best, nodes }: Comparison, names: readonly Safe[], { bold, dim }: Style): Safe[] {
  const [first, ...others] = best.nodes;
  if (best.sides !== null) return sideLines(best.sides, best.reasons, { nodes, names, bold, dim });
  if (first === undefined)
    return [bold(words("nothing to restore from")), ...best.reasons.map((reason) => dim(safe`  ${shown(reason)}`))];
  const sourceOf = (node: number): Safe => visible(nodes[node]?.sources[0] ?? "", "file");
  const args = joinSafe([sourceOf(first), ...others.map((node) => safe`--node ${sourceOf(node)}`)], " ");
  return [
    bold(
      safe`restore from ${joinSafe(
        [first, ...others].map((node) => names[node] ?? words("")),
        " with ",
      )}`,
    ),
    ...best.reasons.map((reason) => safe`  ${shown(reason)}`),
    dim(safe`  zkrewind restore ${args} -o NEW-DIRECTORY`),
  ];
}

/** Servers that went on from one state: how to see what each has, and what keeps it. */
function sideLines(
  sides: readonly OwnTransactions[],
  reasons: readonly Message[],
  { nodes, names, bold, dim }: Pick<Comparison, "nodes"> & { names: readonly Safe[] } & Pick<Style, "bold" | "dim">,
): Safe[] {
  return [
    bold(words("whose transactions to keep is for you to say")),
    ...reasons.map((reason) => safe`  ${shown(reason)}`),
    ...sides.flatMap(({ nodes: [node = 0], first, last }) => {
      const source = visible(nodes[node]?.sources[0] ?? "", "file");
      return [
        safe`  ${names[node] ?? words("")}:`,
        dim(safe`    zkrewind log ${source} --from ${hex(first)} --to ${hex(last)}`),
        dim(safe`    zkrewind restore ${source} -o NEW-DIRECTORY`),
      ];
    }),
  ];
}

function namesOf(nodes: readonly number[], names: readonly Safe[]): Safe {
  return joinSafe(
    nodes.map((node) => names[node] ?? words("")),
    ", ",
  );
}

function hexOrNot(zxid: bigint | null): Safe {
  return zxid === null ? words("") : hex(zxid);
}
