import type { Command } from "commander";
import { findEvidence } from "../../forensics/explain/evidence.js";
import { type LogSummary, ServerLog, summarize } from "../../forensics/explain/explain.js";
import { explainCode } from "../../forensics/explain/explain-code.js";
import { nearestMessages } from "../../forensics/explain/nearest.js";
import { ZkRewindError } from "../../findings/finding.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { documentLine } from "../output/document.js";
import { addFetch, addOutput, collect, type OutputOptions, type SourceOptions } from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { raiseExitCode } from "../output/verdict.js";
import { codeJson, explainJson } from "../render/explain-json.js";
import { codeLines, explainLines, type Told } from "../render/explain-text.js";
import { STDIN } from "../../recovery/directory/given.js";
import { openSource } from "../source.js";
import { joined, say, tag } from "../../text/message.js";
import type { Safe } from "../../text/safe.js";
import { context } from "../context/context.js";

interface ExplainOptions extends OutputOptions, SourceOptions {}

export const command: CommandModule = {
  define(command: Command) {
    command.argument(
      "<line>",
      "a line of a server's log, a file with a whole log, - for standard input, or a finding's code",
    );
    command.argument("[source...]", "the server's data directory, to look for the cause in");
    addFetch(command);
    command.option("--log-dir <dir>", "where the logs are, if not beside the snapshots");
    command.option(
      "--node <dir>",
      "another server's directory, read together with the source as one history; may be repeated",
      collect,
    );
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      [
        "zkrewind explain 'java.io.IOException: CRC check failed' /var/lib/zookeeper",
        "a line, and what in the files causes it",
      ],
      ["zkrewind explain log.torn-tail", "a finding of zkrewind's own"],
      [
        "zkrewind explain 'Message:Digests are not matching. Value is Zxid. Value:1001' /var/lib/zookeeper",
        "the transaction that the line names",
      ],
      ["zkrewind explain zookeeper.out /var/lib/zookeeper", "a server's whole log: the first cause first"],
      ["tail -n 1000 zookeeper.out | zkrewind explain - /var/lib/zookeeper", "the same from standard input"],
    ]);
    addNotes(
      command,
      `A whole log, from a file or from standard input, is summed up, the first cause first. zkrewind knows every message about files that servers of 3.4.14 to 3.9.5 can log. Exit code 1: damage in the source
explains a line, or a server would not start on the source; or zkrewind knows no line.`,
    );
    command.action(run);
  },
};

async function run(line: string, sources: string[], options: ExplainOptions): Promise<void> {
  if (line === STDIN && sources.includes(STDIN))
    throw new ZkRewindError(say`standard input is either the server's log or a source`, { exitCode: 2 });
  const code = explainCode(line.trim());
  if (code) return write(options, (style) => codeLines(code, style), { finding: codeJson(code), source: sources });
  const whole = await logFile(line);
  const summary = whole !== null ? await summarizeFile(whole) : summarize(line.split(/\r?\n/));
  if (summary.explanations.length === 0 && summary.others.size === 0) throw notKnown(line, whole !== null);
  const told: Told = { summary, evidence: null, whole: whole !== null, source: sourceText(sources, options) };
  if (sources.length > 0 && summary.explanations.length > 0) {
    const directory = await openSource(sources, options);
    told.evidence = await findEvidence(directory, summary.explanations, told.source, { whole: told.whole });
    if (told.evidence.some(({ damaged }) => damaged)) raiseExitCode(1);
  }
  return write(options, (style) => explainLines(told, style), explainJson(told, sources));
}

async function write(
  { output, format }: OutputOptions,
  text: (style: Style) => Safe[],
  document: object,
): Promise<void> {
  await withOutput(output, async (out) => {
    const lines = new LineWriter(out);
    if (format === "json") await lines.line(documentLine("explain", document));
    else for (const each of text(await styleFor(output))) await lines.line(each);
    await lines.flush();
  });
}

/** The file with a whole log that an argument names, - for standard input; null where it is a line itself. */
async function logFile(argument: string): Promise<string | null> {
  if (argument === STDIN) return argument;
  const { statSync } = await import("node:fs");
  const stats = /[\r\n]/.test(argument) ? undefined : statSync(argument, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    const hint = say`A line of the server's log, or a file with the log, comes first: zkrewind explain LINE /var/lib/zookeeper`;
    throw new ZkRewindError(say`${tag.file(argument)} is a folder`, { exitCode: 2, hint });
  }
  return stats?.isFile() ? argument : null;
}

async function summarizeFile(file: string): Promise<LogSummary> {
  const { createReadStream } = await import("node:fs");
  const { createInterface } = await import("node:readline");
  const input = file === STDIN ? context().streams.stdin() : createReadStream(file);
  const log = new ServerLog();
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) log.add(line);
  return log.end();
}

function notKnown(line: string, whole: boolean): ZkRewindError {
  const near = whole ? [] : nearestMessages(line);
  const hint =
    near.length > 0
      ? say`The nearest messages that zkrewind knows: “${joined(near.map(tag.system), "”, “")}”.`
      : say`Give the line with the exception's own message, the one after Caused by:, or run zkrewind verify.`;
  return new ZkRewindError(say`zkrewind knows no message in this text`, { exitCode: 1, hint });
}

/** The source as it stands in the commands that are recommended. */
function sourceText(sources: readonly string[], { logDir, node = [] }: SourceOptions): string {
  if (sources.length === 0) return "SOURCE";
  const words = [
    ...sources,
    ...(logDir === undefined ? [] : ["--log-dir", logDir]),
    ...node.flatMap((each) => ["--node", each]),
  ];
  return words
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(" ");
}
