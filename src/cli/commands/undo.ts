import { dataFields } from "../../export/index.js";
import { aclShape } from "../../export/shapes/acl.js";
import { pathShape } from "../../export/shapes/path.js";
import { pointShape } from "../../export/shapes/point.js";
import { diffPair } from "../../forensics/diff/diff-pair.js";
import type { ZnodeChange } from "../../forensics/diff/znode-change.js";
import { type Undo, undo as undoOf, type UndoStep } from "../../forensics/diff/undo.js";
import { zkCliCommands } from "../../forensics/diff/zkcli.js";
import { type EarlierState, isoTime, type State } from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { NONE, pathOf } from "../../tree/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { addGlobs, addLogDir, addOutput, type OutputOptions, SOURCE } from "../options/options.js";
import { DocumentWriter } from "../output/document.js";
import { LineWriter, type Output, withOutput } from "../output/output.js";
import {
  addStates,
  type GlobOptions,
  openPair,
  parseStates,
  pathFilter,
  type StatesOptions,
} from "../options/range-states.js";
import { redactor } from "../redaction.js";
import { note } from "../output/report.js";
import { counted, shown, visible } from "../output/text.js";
import { isMessage, say } from "../../text/message.js";
import { type Safe, safe, words } from "../../text/safe.js";
import { jsonText } from "../../text/unsafe.js";

type UndoOptions = StatesOptions & GlobOptions & OutputOptions;

export const command: CommandModule = {
  define(command) {
    command.argument("<source>", SOURCE);
    addLogDir(command);
    addStates(command);
    addGlobs(command);
    addOutput(command, ["text", "json", "ndjson"]);
    addExamples(command, [
      ["zkrewind undo /var/lib/zookeeper --txn 0xe40", "take back one transaction"],
      [
        "zkrewind undo /var/lib/zookeeper --from 0xe3c --include '/counters/**'",
        "take back all changes since then in a subtree",
      ],
      ["zkrewind undo /var/lib/zookeeper --from 0xe3c --format ndjson", "the same for a program"],
    ]);
    addNotes(
      command,
      `undo changes nothing: it writes a script for you to review and to run with zkCli.sh (3.5 or later; as super user where
ACLs need it). Each change names the version that it expects, and fails if something else has changed the znode since.
The script brings back znodes, data and ACLs, but no versions, zxids, times or ephemerals. It sets and deletes quotas
with setquota and delquota, which check no version; zookeeper_stats is left to the server, which counts it. An operation
that zkCli cannot do is a comment with the operation as JSON; --format json has every operation in full, with data in
base64.`,
    );
    command.action(undo);
  },
};

async function undo(source: string, options: UndoOptions): Promise<void> {
  const points = parseStates(options);
  if (points.from === null) {
    const hint = say`--from names the point to go back to, --txn one transaction to take back.`;
    throw new ZkRewindError(say`undo needs a point to go back to`, { exitCode: 2, hint });
  }
  const wanted = pathFilter(options);
  await withOutput(options.output, async (out) => {
    const pair = await openPair(source, options, points);
    const { from, to } = pair;
    const changes: ZnodeChange[] = [];
    for (const change of diffPair(pair, {})) {
      const { before, after } = change;
      if (wanted(before === NONE ? pathOf(to.tree, after) : pathOf(from.tree, before))) changes.push(change);
    }
    const found = undoOf(from.tree, to.tree, changes);
    if (options.format === "text") await writeScript(found, from, to, out);
    else await writeJson(found, { source, from, to }, out, options.format === "json" ? "json" : "ndjson");
    const left = found.steps.filter((step) => "possible" in step && !step.possible).length;
    if (left > 0) note(say`${counted(left, "operation")} cannot be done by a client: the notes say why`);
  });
}

/** The states that an undo is between. */
interface Compared {
  source: string;
  from: EarlierState;
  to: State;
}

async function writeScript({ steps, kept }: Undo, from: EarlierState, to: State, out: Output): Promise<void> {
  const lines = new LineWriter(out);
  await lines.line(safe`# Takes a tree that is as it was at ${pointText(to)}`);
  await lines.line(safe`# back to what it was at ${pointText(from)}: ${counted(steps.length, "operation")}.`);
  if (!from.exact || !to.exact)
    await lines.line(words("# NOT exact: one of the two states could not be rebuilt for certain."));
  const all = steps.map(hidden).map((step) => ({ step, commands: zkCliCommands(step) }));
  await lines.line(words("# Read it first. Then: grep -v '^#' THIS | zkCli.sh -server HOST:PORT"));
  if (all.some(({ commands }) => !isMessage(commands) && commands.some((each) => /[^\x20-\x7e]/.test(each))))
    await lines.line(words("# Java must read it as UTF-8: CLIENT_JVMFLAGS=-Dfile.encoding=UTF-8 zkCli.sh ..."));
  for (const { path, why } of kept.filter(({ goes }) => !goes))
    await lines.line(safe`# left as it is: ${visible(path, "path")} (${why})`);
  for (const [index, { step, commands }] of all.entries()) {
    if (step.note !== undefined)
      await lines.line(safe`# ${visible((steps[index] as UndoStep).path, "path")}: ${step.note}`);
    if (!isMessage(commands)) for (const each of commands) await lines.line(each);
    else if ("possible" in step && !step.possible)
      await lines.line(safe`# cannot be done: ${jsonText(stepJson(step))}`);
    else await lines.line(safe`# not in zkCli's words, ${shown(commands)}: ${jsonText(stepJson(step))}`);
  }
  await lines.flush();
}

/** A step as it is printed: redacted, where that is asked for. */
function hidden(step: UndoStep): UndoStep {
  const redaction = redactor();
  if (!redaction) return step;
  const path = redaction.path(step.path);
  const shown = { ...step, path, pathBytes: Buffer.from(path) };
  if ("data" in shown && shown.data) shown.data = redaction.data(shown.data);
  if ("acl" in shown && shown.acl)
    shown.acl = shown.acl.map((each) => ({
      ...each,
      scheme: each.scheme && redaction.scheme(each.scheme),
      id: each.id && redaction.id(each.id),
    }));
  return shown;
}

function pointText({ zxid, time }: Pick<State, "zxid" | "time">): Safe {
  return safe`${hex(zxid)}${time === null ? "" : safe` (${isoTime(time)})`}`;
}

async function writeJson(
  { steps, kept }: Undo,
  compared: Compared,
  out: Output,
  format: "json" | "ndjson",
): Promise<void> {
  const { source, from, to } = compared;
  const lines = new LineWriter(out);
  const document = new DocumentWriter(lines, format);
  await document.begin("undo", {
    source: [source],
    from: pointShape(from),
    to: pointShape(to),
    kept: kept.map(({ path, why }) => ({ path, why })),
  });
  await document.list("operations");
  for (const step of steps) await document.item({ ...stepJson(step), zkcli: commandsJson(hidden(step)) });
  await document.end({ operations: steps.length });
  await lines.flush();
}

/** Null where zkCli has no words for a step. */
function commandsJson(step: UndoStep): Safe[] | null {
  const commands = zkCliCommands(step);
  return isMessage(commands) ? null : commands;
}

function stepJson(step: UndoStep): object {
  return {
    type: "undo",
    op: step.op,
    ...pathShape(step.path, step.pathBytes),
    ...("data" in step ? dataFields("base64", step.data) : {}),
    ...("acl" in step ? { acl: step.acl ? aclShape(step.acl) : null } : {}),
    ...("kind" in step ? { kind: step.kind } : {}),
    ...("ttl" in step ? { ttl: step.ttl } : {}),
    ...("version" in step ? { version: step.version } : {}),
    ...("possible" in step ? { possible: step.possible } : { possible: true }),
    ...(step.note === undefined ? {} : { note: step.note }),
  };
}
