import type { DataMode } from "../../export/index.js";
import { countsOf, differenceShape, differencesHead } from "../../export/shapes/differences.js";
import { type Attribution, attribute } from "../../forensics/diff/attribution.js";
import { type Cause, causesOf } from "../../forensics/diff/causes.js";
import { diffSessions, diffTrees, type SessionChanges } from "../../forensics/diff/diff.js";
import { diffPair } from "../../forensics/diff/diff-pair.js";
import { Witness } from "../../forensics/diff/witness.js";
import type { ZnodeChange } from "../../forensics/diff/znode-change.js";
import { isStats } from "../../forensics/diff/quota-paths.js";
import { diffValues, valueDiffLines } from "../../forensics/diff/value-diff.js";
import { type EarlierState, isoTime, LATEST, type State } from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { NONE, pathOf, readZnode, type Znode } from "../../tree/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { addData, addGlobs, addLimit, addLogDir, addOutput, type OutputOptions, SOURCE } from "../options/options.js";
import { DocumentWriter } from "../output/document.js";
import { LineWriter, type Output, type Style, styleFor, withOutput } from "../output/output.js";
import {
  addStates,
  type GlobOptions,
  openPair,
  parseStates,
  pathFilter,
  type StatePoints,
  type StatesOptions,
} from "../options/range-states.js";
import { note, reportFindings } from "../output/report.js";
import { addQuiet, raiseExitCode } from "../output/verdict.js";
import { openSource, openStateAt } from "../source.js";
import { counted, visible } from "../output/text.js";
import { say, tag } from "../../text/message.js";
import { joinSafe, safe, type Safe, words } from "../../text/safe.js";
import { aclEntryText } from "../render/acl-text.js";

interface DiffOptions extends StatesOptions, GlobOptions, OutputOptions {
  stat?: boolean;
  who: boolean;
  all?: boolean;
  limit?: number;
  data: DataMode;
}

export const command: CommandModule = {
  define(command) {
    command.argument("<source>", SOURCE);
    command.argument("[other]", "what to compare it with; the same source, at another point, if not given");
    addLogDir(command);
    addStates(command);
    command.option("--stat", "include znodes that differ only in their stat");
    command.option("--all", "list each znode of a subtree that came or went, not only its top");
    command.option("--no-who", "do not look up who made the changes");
    addLimit(command, "list at most this many znodes; the counts are of all");
    addGlobs(command);
    addQuiet(command);
    addOutput(command, ["text", "json", "ndjson"]);
    addData(command, "auto");
    addExamples(command, [
      ["zkrewind diff /var/lib/zookeeper --from 0xa9f --to 0xe3c", "what happened between two points, and who did it"],
      ["zkrewind diff /var/lib/zookeeper --txn 0xe40", "what one transaction did"],
      ["zkrewind diff zk1 zk2", "copies of two servers' data directories"],
    ]);
    addNotes(
      command,
      `Exit code 0 where nothing differs, 1 where something does. With two sources, --from is a point of the first, --to and
--before are points of the second.`,
    );
    command.action(diff);
  },
};

interface Compared {
  from: EarlierState;
  to: State;
  sources: readonly [string, string];
  changes: readonly ZnodeChange[];
  sessions: SessionChanges;
  /** Undefined where nobody asked, or where there is no history that leads from the one to the other. */
  attribution: Attribution | undefined;
}

async function diff(source: string, other: string | undefined, options: DiffOptions): Promise<void> {
  const points = parseStates(options);
  if (other === undefined && points.from === null) {
    const hint = say`Name another source, an earlier point of this one with --from, or a transaction with --txn.`;
    throw new ZkRewindError(say`there is nothing to compare it with`, { exitCode: 2, hint });
  }
  const wanted = pathFilter(options);
  await withOutput(options.output, async (out) => {
    const found =
      other === undefined ? await pairOf(source, options, points) : await bothOf(source, other, options, points);
    const compared = await compare(found, [source, other ?? source], other === undefined, wanted, options);
    if (options.format === "text") await writeText(compared, out, options);
    else await writeJson(compared, out, options);
    if (differs(compared)) raiseExitCode(1);
  });
}

interface Found {
  from: EarlierState;
  to: State;
  changes: Iterable<ZnodeChange>;
  /** Who made them, where that was seen on the way. */
  witness?: Witness | undefined;
}

async function pairOf(source: string, options: DiffOptions, points: StatePoints): Promise<Found> {
  let witness: Witness | undefined;
  const pair = await openPair(
    source,
    options,
    points,
    options.who ? (tree) => (witness = new Witness(tree)) : undefined,
  );
  const changes = diffPair(pair, { stat: options.stat ?? false });
  return { from: pair.from, to: pair.to, changes, witness: pair.images ? witness : undefined };
}

async function bothOf(source: string, other: string, options: DiffOptions, points: StatePoints): Promise<Found> {
  const { from, to } = await openBoth(source, other, options, points);
  return { from, to, changes: diffTrees(from.tree, to.tree, { stat: options.stat ?? false, oneHistory: false }) };
}

/** The states of two sources, in whatever order. */
async function openBoth(
  source: string,
  other: string,
  options: DiffOptions,
  { from, to }: StatePoints,
): Promise<{ from: State; to: State }> {
  return {
    from: await openStateAt([source], options, from ?? LATEST, 0, "from"),
    to: await openStateAt([other], withoutLogDir(options), to, 0, "to"),
  };
}

function withoutLogDir(options: DiffOptions): DiffOptions {
  const { logDir: _, node: __, ...rest } = options;
  return rest;
}

async function compare(
  { from, to, changes: all, witness }: Found,
  sources: readonly [string, string],
  oneSource: boolean,
  wanted: (path: string) => boolean,
  options: DiffOptions,
): Promise<Compared> {
  const changes: ZnodeChange[] = [];
  for (const change of all) if (wanted(pathIn({ from, to }, change))) changes.push(change);
  const seen = changes.length > 0 ? witness?.attribution(from.tree, to.tree, changes) : undefined;
  const attribution =
    seen ?? (options.who ? await whoMade(from, to, sources[1], oneSource, changes, options) : undefined);
  return { from, to, sources, changes, sessions: diffSessions(from, to), attribution };
}

async function whoMade(
  from: EarlierState,
  to: State,
  source: string,
  oneSource: boolean,
  changes: readonly ZnodeChange[],
  options: DiffOptions,
): Promise<Attribution | undefined> {
  if (changes.length === 0) return undefined;
  const directory = await openSource([source], oneSource ? options : withoutLogDir(options));
  if (directory.logs.length === 0 || from.zxid >= to.zxid) return undefined;
  const found = await attribute(directory, { from: from.zxid, to: to.zxid }, from.tree, to.tree, changes);
  reportFindings(found.findings);
  for (const { after, before } of found.unlogged) {
    const end = before === null ? safe`up to ${hex(to.zxid)}` : safe`up to ${hex(before)}, itself not included`;
    note(say`no log has the transactions after ${hex(after)} ${end}: who made changes there is not known`);
  }
  if (!oneSource)
    note(
      say`who made the changes is taken from the logs of ${tag.file(source)}: right if both share their history up to ${hex(from.zxid)}`,
    );
  return found;
}

function differs({ changes, sessions }: Compared): boolean {
  return changes.length > 0 || sessions.opened.length > 0 || sessions.closed.length > 0;
}

function pathIn({ from, to }: Pick<Found, "from" | "to">, { before, after }: ZnodeChange): string {
  return before === NONE ? pathOf(to.tree, after) : pathOf(from.tree, before);
}

async function writeText(compared: Compared, out: Output, options: DiffOptions): Promise<void> {
  const { from, to, changes, sessions } = compared;
  const style = await styleFor(options.output);
  const lines = new LineWriter(out);
  const printer = new DiffPrinter(compared, style, options);
  const most = options.limit ?? Number.POSITIVE_INFINITY;
  let listed = 0;
  for (const kind of ["added", "removed", "changed"] as const) {
    const group = [...changes.entries()].filter(([, each]) => each.change === kind);
    if (group.length === 0) continue;
    await lines.line(style.bold(safe`${kind}: ${counted(group.length, "znode")}`));
    for (const entry of printer.group(group)) {
      if (listed++ >= most) continue;
      for (const line of entry()) await lines.line(line);
    }
    await lines.line(words(""));
  }
  if (listed > most)
    await lines.line(style.dim(safe`… and ${counted(listed - most, "more entry", "more entries")} (-n shows more)`));
  for (const [what, ids] of Object.entries(sessions) as [keyof SessionChanges, bigint[]][]) {
    if (ids.length > 0) await lines.line(safe`sessions ${what}: ${joinSafe(ids.map(hex), ", ")}`);
  }
  const counts = countsOf(changes);
  await lines.line(
    differs(compared)
      ? safe`from ${hex(from.zxid)} to ${hex(to.zxid)}: ${counts.added} added, ${counts.removed} removed, ${counts.changed} changed; ${counted(sessions.opened.length, "session")} opened, ${sessions.closed.length} closed`
      : safe`from ${hex(from.zxid)} to ${hex(to.zxid)}: nothing differs`,
  );
  await lines.flush();
}

/** A diff of one value is not longer than this, in lines; JSON has the values whole. */
const MOST_LINES = 40;

class DiffPrinter {
  private readonly compared: Compared;
  private readonly style: Style;
  private readonly options: DiffOptions;

  constructor(compared: Compared, style: Style, options: DiffOptions) {
    this.compared = compared;
    this.style = style;
    this.options = options;
  }

  /** The entries of one kind of change, each as its lines; a subtree that came or went is one entry, named by its top. */
  *group(group: readonly (readonly [number, ZnodeChange])[]): Generator<() => Iterable<Safe>> {
    for (let at = 0; at < group.length; at++) {
      const [index, change] = group[at] as readonly [number, ZnodeChange];
      let below = 0;
      const path = pathIn(this.compared, change);
      if (change.change !== "changed" && !this.options.all) {
        const inside = path === "/" ? "/" : `${path}/`;
        while (
          at + 1 < group.length &&
          pathIn(this.compared, (group[at + 1] as [number, ZnodeChange])[1]).startsWith(inside)
        ) {
          below++;
          at++;
        }
      }
      yield () => this.change(index, change, path, below);
    }
  }

  private *change(index: number, change: ZnodeChange, path: string, below: number): Generator<Safe> {
    const { from, to, attribution } = this.compared;
    const { green, red, yellow, dim } = this.style;
    const [mark, paint] = ({ added: ["+", green], removed: ["-", red], changed: ["~", yellow] } as const)[
      change.change
    ];
    const before = change.before === NONE ? undefined : readZnode(from.tree, change.before);
    const after = change.after === NONE ? undefined : readZnode(to.tree, change.after);
    const what = before && after ? changedWords(change) : describe((before ?? after) as Znode);
    const more = below === 0 ? "" : safe`, and ${counted(below, "znode")} below`;
    yield safe`${paint(safe`${mark} ${visible(path, "path")}`)}  ${dim(safe`${what}${more}`)}`;
    const causes = attribution?.causes[index];
    if (causes)
      for (const line of whoLines(change, causesOf(change, causes), causes.count, before)) yield dim(safe`    ${line}`);
    if (before && after) yield* this.details(before, after, change);
  }

  private *details(before: Znode, after: Znode, { fields }: ZnodeChange): Generator<Safe> {
    const { green, red, dim } = this.style;
    const paints = { "+": green, "-": red, " ": dim, "…": dim };
    if (fields.includes("data")) {
      const lines = valueDiffLines(diffValues(before.data, after.data));
      for (const { mark, text } of lines.slice(0, MOST_LINES))
        yield paints[mark](safe`    ${mark} ${visible(text, "value")}`);
      if (lines.length > MOST_LINES) yield dim(safe`    … ${lines.length - MOST_LINES} more lines`);
    }
    const acls = fields.includes("acl") || fields.includes("aclUnknown");
    if (acls) {
      yield red(safe`    - acl ${aclText(before)}`);
      yield green(safe`    + acl ${aclText(after)}`);
    }
    if (fields.includes("kind")) yield dim(safe`    kind ${kindText(before)} -> ${kindText(after)}`);
    for (const field of fields) {
      if (!(field in before.stat)) continue;
      const key = field as keyof Znode["stat"];
      yield dim(safe`    ${key} ${statText(key, before.stat[key])} -> ${statText(key, after.stat[key])}`);
    }
  }
}

function changedWords({ fields, recreated }: ZnodeChange): Safe {
  const names = fields.map((field) => words(field === "aclUnknown" ? "acl (unknown)" : field));
  return joinSafe([...(recreated ? [words("deleted and created again")] : []), ...names], ", ");
}

function describe(znode: Znode): Safe {
  return safe`${kindText(znode)}, ${znode.data === null ? "null" : counted(znode.data.length, "byte")}`;
}

function kindText({ kind, ttl }: Znode): Safe {
  return ttl === undefined ? words(kind) : safe`${kind} ${ttl} ms`;
}

function aclText({ acl, aclId }: Znode): Safe {
  return acl ? joinSafe(acl.map(aclEntryText), ", ") : safe`unknown: the ACL id ${aclId} is in no map`;
}

function statText(field: string, value: bigint | number): Safe {
  if (field === "ctime" || field === "mtime") return isoTime(value);
  return typeof value === "bigint" ? hex(value) : safe`${value}`;
}

function whoLines(change: ZnodeChange, causes: readonly Cause[], count: number, before: Znode | undefined): Safe[] {
  const lines = causes.map(
    ({ zxid, time, session, cxid, op, multi }) =>
      safe`${hex(zxid)} ${isoTime(time)} session ${hex(session)} cxid ${cxid} ${op}${multi ? " in a multi" : ""}`,
  );
  if (lines.length > 0)
    return count > causes.length ? [...lines, safe`(of ${count} transactions that touched it)`] : lines;
  if (before && isStats(before.path)) return [words("by the server itself, without a transaction")];
  return change.fields.every((field) => field === "pzxid" || field === "cversion" || field === "numChildren") &&
    change.fields.length > 0
    ? [words("by changes of its children")]
    : [words("by no transaction in the logs")];
}

async function writeJson(compared: Compared, out: Output, options: DiffOptions): Promise<void> {
  const { sources, changes } = compared;
  const lines = new LineWriter(out);
  const document = new DocumentWriter(lines, options.format === "json" ? "json" : "ndjson");
  await document.begin("diff", {
    source: [...new Set(sources)],
    ...differencesHead(compared),
  });
  await document.list("changes");
  for (const [index, change] of changes.slice(0, options.limit).entries())
    await document.item(differenceShape(compared, index, change, options.data));
  await document.end(countsOf(changes));
  await lines.flush();
}
