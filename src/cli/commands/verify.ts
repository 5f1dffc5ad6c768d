import type { Command } from "commander";
import { verifyShape } from "../../export/shapes/verification.js";
import { type DataDirectory, type Verification, verify } from "../../recovery/index.js";
import { FINDINGS } from "../../findings/kinds.js";
import { isDamage } from "../../findings/kinds.js";
import { countOf, type Finding } from "../../findings/finding.js";
import { addExamples, type CommandModule } from "../command.js";
import { addOutput, addSources, type OutputOptions, type SourceOptions } from "../options/options.js";
import { documentLine } from "../output/document.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { tellProgress } from "../output/progress.js";
import { alreadyTold, findingLine, laterLines, note, rangeLines } from "../output/report.js";
import { addQuiet, counts, raiseExitCode } from "../output/verdict.js";
import { openSource } from "../source.js";
import { threads } from "../threads.js";
import { counted, shown, visible } from "../output/text.js";
import { joined, say, tag } from "../../text/message.js";
import { type Safe, safe, words } from "../../text/safe.js";
import type { FindingKind } from "../../findings/kind.js";
import { addServer, type ServerCommandOptions, serverOptions } from "../options/server.js";
import { STEPS } from "../../forensics/explain/next-steps.js";
import { serverLines } from "../render/server-text.js";

interface VerifyCommandOptions extends SourceOptions, OutputOptions, ServerCommandOptions {
  replay: boolean;
  brief?: boolean;
}

export const command: CommandModule = {
  define(command: Command) {
    addSources(command);
    command.option("--no-replay", "do not replay: check only checksums and structure, in bounded memory");
    command.option("--brief", "leave out the explanations");
    addServer(command);
    addQuiet(command);
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind verify /var/lib/zookeeper", "check everything, and every digest in the history"],
      ["zkrewind verify /var/lib/zookeeper --no-replay", "check only seals, checksums and structure"],
      ["zkrewind verify /var/lib/zookeeper/version-2/snapshot.0", "one file"],
      ["zkrewind verify /var/lib/zookeeper --release 3.6.4", "what a server of 3.6.4 would do with it"],
    ]);
    command.action(run);
  },
};

async function run(sources: string[], options: VerifyCommandOptions): Promise<void> {
  const directory = await openSource(sources, options);
  tellOfSeveral(sources, directory);
  await withOutput(options.output, async (out) => {
    const result = await verify(directory, {
      replay: options.replay,
      server: serverOptions(options),
      threads: threads(),
      onProgress: tellProgress(),
    });
    if (result.findings.some(counts)) raiseExitCode(1);
    const lines = new LineWriter(out);
    if (options.format === "json")
      lines.add(documentLine("verify", { source: sources, ...verifyShape(result, options.replay) }));
    else for (const line of report(result, options, await styleFor(options.output))) await lines.line(line);
    await lines.flush();
    alreadyTold(result.findings);
    if (!result.sound && options.format === "text" && options.output !== undefined) note(say`findings: see the report`);
  });
}

/** Members of an ensemble are not one server's files: what looks like a conflict between them may be none, or is one. */
function tellOfSeveral(sources: readonly string[], { epochs, listing }: DataDirectory): void {
  // A server's folders, and yet not those of one.
  if (sources.length < 2 || epochs === undefined || listing !== undefined) return;
  const all = joined(
    sources.map((source) => tag.file(source)),
    " ",
  );
  note(say`these are read as the files of one server; to compare the members of an ensemble: zkrewind compare ${all}`);
}

function report(result: Verification, options: VerifyCommandOptions, style: Style): Safe[] {
  return [
    ...findingLines(result.findings, options.brief ?? false, style),
    ...proofLines(result, options.replay),
    ...verdictLines(result, style),
  ];
}

/** Each finding; below the first of each kind what it means, what the server does, and what to do next. */
function findingLines(findings: readonly Finding[], brief: boolean, { red, yellow, dim }: Style): Safe[] {
  const lines: Safe[] = [];
  const explained = new Set<string>();
  for (const each of findings) {
    const paint = each.severity === "error" ? red : each.severity === "warning" ? yellow : dim;
    lines.push(paint(shown(findingLine(each))));
    if (brief || each.severity === "note" || explained.has(each.code)) continue;
    explained.add(each.code);
    lines.push(...about(FINDINGS[each.code]).map(dim));
  }
  if (lines.length > 0) lines.push(words(""));
  return lines;
}

function about({ meaning, server, next }: FindingKind): Safe[] {
  return [
    safe`  means:  ${visible(meaning, "system")}`,
    safe`  server: ${visible(server, "system")}`,
    safe`  next:   ${visible(next, "system")}`,
  ];
}

function proofLines({ snapshots, logs, segments }: Verification, replayed: boolean): Safe[] {
  const sealed = snapshots.filter((scan) => scan.trailers?.sealed).length;
  const transactions = logs.reduce((sum, scan) => sum + scan.transactions, 0);
  const lines = [
    safe`snapshots     ${sealed} of ${snapshots.length} sealed and sound in structure`,
    safe`transactions  ${counted(transactions, "record")} in ${counted(logs.length, "log")}, checksums ${logs.every(soundLog) ? "right" : "NOT all right"}`,
  ];
  if (!replayed) return lines;
  const applied = segments.reduce((sum, each) => sum + each.applied, 0);
  const digests = segments.reduce((sum, each) => sum + each.digestsMatched, 0);
  const digestText =
    digests > 0 ? safe`${counted(digests, "tree digest")} matched` : "the files carry no digests to compare";
  lines.push(
    safe`replay        ${counted(applied, "transaction")} applied from ${counted(segments.length, "starting point")}, ${digestText}`,
  );
  return lines;
}

/** Whether every record proved itself: a log that is damaged in its header alone, or in what a crash leaves, has such. */
function soundLog({ findings }: { findings: readonly Finding[] }): boolean {
  return !findings.some((each) => each.severity === "error" && each.code !== "log.header" && isDamage(each));
}

function verdictLines(result: Verification, { green, red, bold }: Style): Safe[] {
  const { coverage, exact, startable, findings, sound } = result;
  const [ranges = "none", ...more] = rangeLines(exact ?? coverage.covered);
  const errors = countOf(findings, "error");
  const warnings = countOf(findings, "warning");
  return [
    exact === null ? safe`covered       ${ranges}, not replayed` : safe`exact points  ${ranges}`,
    ...more.map((line) => safe`              ${line}`),
    ...laterLines(result).map((line) => safe`              ${line}`),
    ...serverLines(startable, red).map(
      (line, index) => safe`${words(index === 0 ? "a server" : "        ")}      ${line}`,
    ),
    ...(sound || startable.mode === "standalone" ? [] : [safe`              ${words(STEPS.resync.say)}`]),
    sound
      ? green(bold(warnings === 0 ? words("SOUND") : safe`SOUND, with ${counted(warnings, "warning")}`))
      : red(bold(safe`NOT SOUND: ${counted(errors, "error")}, ${counted(warnings, "warning")}`)),
  ];
}
