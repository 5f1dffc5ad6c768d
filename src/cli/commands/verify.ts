import type { Command } from "commander";
import { json as jsonText } from "../output/json-text.js";
import { type Verification, verify } from "../../recovery/index.js";
import { FINDINGS } from "../../findings/codes.js";
import { isDamage } from "../../findings/damage.js";
import { countOf, type Finding } from "../../findings/finding.js";
import { addExamples, type CommandModule } from "../command.js";
import { addOutput, addSources, type OutputOptions, type SourceOptions } from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { tellProgress } from "../output/progress.js";
import { findingLine, laterLines, note, rangeLines } from "../output/report.js";
import { addQuiet, counts, raiseExitCode } from "../output/verdict.js";
import { openSource } from "../source.js";
import { threads } from "../threads.js";
import { counted, shown, visible } from "../output/text.js";

interface VerifyCommandOptions extends SourceOptions, OutputOptions {
  replay: boolean;
  brief?: boolean;
}

export const command: CommandModule = {
  define(command: Command) {
    addSources(command);
    command.option("--no-replay", "only what each file shows by itself: checksums and structure, in bounded memory");
    command.option("--brief", "without the explanations");
    addQuiet(command);
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind verify /var/lib/zookeeper", "everything, with every digest of the history compared"],
      ["zkrewind verify /var/lib/zookeeper --no-replay", "seals, checksums and structure only"],
      ["zkrewind verify /var/lib/zookeeper/version-2/snapshot.0", "one file"],
    ]);
    command.action(run);
  },
};

async function run(sources: string[], options: VerifyCommandOptions): Promise<void> {
  const directory = await openSource(sources, options);
  await withOutput(options.output, async (sink) => {
    const result = await verify(directory, { replay: options.replay, threads: threads(), onProgress: tellProgress() });
    if (result.findings.some(counts) || !result.startable.starts) raiseExitCode(1);
    const lines = new LineWriter(sink);
    if (options.format === "json")
      lines.add(jsonText({ type: "verify", schema: 1, source: sources, ...asJson(result, options.replay) }));
    else for (const line of report(result, options, await styleFor(options.output))) await lines.line(line);
    await lines.flush();
    if (!result.sound && options.format === "text" && options.output !== undefined) note("findings: see the report");
  });
}

function report(result: Verification, options: VerifyCommandOptions, style: Style): string[] {
  return [
    ...findingLines(result.findings, options.brief ?? false, style),
    ...proofLines(result, options.replay),
    ...verdictLines(result, style),
  ];
}

/** Each finding; below the first of each kind what it means, what the server does, and what to do next. */
function findingLines(findings: readonly Finding[], brief: boolean, { red, yellow, dim }: Style): string[] {
  const lines: string[] = [];
  const explained = new Set<string>();
  for (const each of findings) {
    const paint = each.severity === "error" ? red : each.severity === "warning" ? yellow : dim;
    lines.push(paint(findingLine(each)));
    if (brief || each.severity === "note" || explained.has(each.code)) continue;
    explained.add(each.code);
    const { meaning, server, next } = FINDINGS[each.code];
    lines.push(dim(`  means:  ${meaning}`), dim(`  server: ${server}`), dim(`  next:   ${next}`));
  }
  if (lines.length > 0) lines.push("");
  return lines;
}

function proofLines({ snapshots, logs, segments }: Verification, replayed: boolean): string[] {
  const sealed = snapshots.filter((scan) => scan.trailers?.sealed).length;
  const transactions = logs.reduce((sum, scan) => sum + scan.transactions, 0);
  const lines = [
    `snapshots     ${sealed} of ${snapshots.length} sealed and sound in structure`,
    `transactions  ${counted(transactions, "record")} in ${counted(logs.length, "log")}, checksums ${logs.every(soundLog) ? "right" : "NOT all right"}`,
  ];
  if (!replayed) return lines;
  const applied = segments.reduce((sum, each) => sum + each.applied, 0);
  const digests = segments.reduce((sum, each) => sum + each.digestsMatched, 0);
  const digestText =
    digests > 0 ? `${counted(digests, "tree digest")} matched` : "the files carry no digests to compare";
  lines.push(
    `replay        ${counted(applied, "transaction")} applied from ${counted(segments.length, "starting point")}, ${digestText}`,
  );
  return lines;
}

/** Whether every record proved itself: a log that is damaged in its header alone, or in what a crash leaves, has such. */
function soundLog({ findings }: { findings: readonly Finding[] }): boolean {
  return !findings.some((each) => each.severity === "error" && each.code !== "log.header" && isDamage(each));
}

function verdictLines(result: Verification, { green, red, bold }: Style): string[] {
  const { coverage, exact, startable, findings, sound } = result;
  const [ranges = "none", ...more] = rangeLines(exact ?? coverage.covered);
  const start = startable.starts
    ? `would start${startable.snapshot === null ? " (empty)" : `, from ${visible(startable.snapshot, "file")}`}`
    : red("would NOT start");
  const errors = countOf(findings, "error");
  const warnings = countOf(findings, "warning");
  return [
    exact === null ? `covered       ${ranges}, not replayed` : `exact points  ${ranges}`,
    ...more.map((line) => `              ${line}`),
    ...laterLines(result).map((line) => `              ${line}`),
    `a server      ${start}`,
    ...startable.reasons.map((reason) => `              ${shown(reason)}`),
    sound
      ? green(bold(warnings === 0 ? "SOUND" : `SOUND, with ${counted(warnings, "warning")}`))
      : red(bold(`NOT SOUND: ${counted(errors, "error")}, ${counted(warnings, "warning")}`)),
  ];
}

function asJson(result: Verification, replayed: boolean): object {
  const { snapshots, logs, coverage, exact, segments, startable, findings, sound } = result;
  return {
    sound,
    startable,
    exact: exact ?? [],
    covered: coverage.covered,
    later: result.later,
    gaps: coverage.gaps,
    replayed,
    transactions: logs.reduce((sum, scan) => sum + scan.transactions, 0),
    applied: segments.reduce((sum, each) => sum + each.applied, 0),
    digestsMatched: segments.reduce((sum, each) => sum + each.digestsMatched, 0),
    snapshots: snapshots.map(({ file, sound: whole, znodes }) => ({ file, sound: whole, znodes })),
    logs: logs.map(({ file, transactions, end }) => ({ file, transactions, end })),
    findings: findings.map((each) => ({ ...each, ...FINDINGS[each.code], severity: each.severity })),
  };
}
