import { readFileSync } from "node:fs";
import type { Command } from "commander";
import {
  type Evidence,
  type Explanation,
  explain,
  explainCode,
  findEvidence,
} from "../../forensics/explain/explain.js";
import { isoTime } from "../../recovery/index.js";
import { FINDINGS } from "../../findings/codes.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { json } from "../output/json-text.js";
import { addOutput, collect, type OutputOptions, type SourceOptions } from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { findingLine } from "../output/report.js";
import { raiseExitCode } from "../output/verdict.js";
import { openSource } from "../source.js";
import { shown, visible } from "../output/text.js";
import { txnLines } from "../render/txn-text.js";
import { say } from "../../text/message.js";
import { joinSafe, safe, type Safe, words } from "../../text/safe.js";

interface ExplainOptions extends OutputOptions, SourceOptions {}

export const command: CommandModule = {
  define(command: Command) {
    command.argument("<line>", "a line of a server's log, a finding's code, or - for standard input");
    command.argument("[source...]", "the server's data directory, to look for what is behind it");
    command.option("--log-dir <dir>", "where the logs are, if not beside the snapshots");
    command.option("--node <dir>", "another server's directory: read as one history; may be repeated", collect);
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind explain 'java.io.IOException: CRC check failed' /var/lib/zookeeper", "and what is in the files"],
      ["zkrewind explain log.torn-tail", "a finding of zkrewind's own"],
      [
        "zkrewind explain 'Message:Digests are not matching. Value is Zxid. Value:1001' /var/lib/zookeeper",
        "names the transaction",
      ],
    ]);
    addNotes(
      command,
      `  zkrewind explain - /var/lib/zookeeper < zookeeper.out   explains every line that is known

Exit code 1 where the source holds what the line tells of, or no line is known.`,
    );
    command.action(run);
  },
};

async function run(line: string, sources: string[], options: ExplainOptions): Promise<void> {
  const asCode = explainCode(line.trim());
  const text = line === "-" ? readFileSync(0, "utf8") : line;
  const found = asCode ? [] : explain(text);
  if (!asCode && found.length === 0) {
    throw new ZkRewindError(say`no message that is known here is in it`, {
      exitCode: 1,
      hint: say`Give the line with the exception's own message, the one after Caused by:, or run zkrewind verify.`,
    });
  }
  const evidence =
    asCode || sources.length === 0 ? null : await findEvidence(await openSource(sources, options), found);
  if (evidence?.some(({ findings }) => findings.some(({ severity }) => severity !== "note"))) raiseExitCode(1);
  await withOutput(options.output, async (sink) => {
    const lines = new LineWriter(sink);
    const style = await styleFor(options.output);
    if (options.format === "json") await lines.line(json(asJson(asCode, found, evidence, sources)));
    else if (asCode) {
      for (const each of [
        safe`${style.bold(words(asCode.code))}: ${visible(asCode.meaning, "system")}`,
        safe`server: ${visible(asCode.server, "system")}`,
        safe`next:   ${visible(asCode.next, "system")}`,
      ])
        await lines.line(each);
    } else {
      for (const [index, each] of found.entries())
        for (const out of explanationLines(each, evidence?.[index], sources, style)) await lines.line(out);
    }
    await lines.flush();
  });
}

function explanationLines(
  { message, count, line }: Explanation,
  evidence: Evidence | undefined,
  sources: readonly string[],
  style: Style,
): Safe[] {
  const times = count > 1 ? safe` (${count} times)` : "";
  const lines = [
    safe`${style.bold(visible(message.phrase, "system"))}${times}, from ${visible(message.where, "system")}`,
    ...(count > 1 ? [style.dim(safe`  first: ${visible(line, "line")}`)] : []),
    safe`  means  ${visible(message.meaning, "system")}`,
  ];
  if (!evidence) {
    for (const code of message.codes)
      lines.push(style.dim(safe`  look for ${code}: ${visible(FINDINGS[code].meaning, "system")}`));
  } else {
    const { findings, transaction, notes } = evidence;
    for (const each of findings.slice(0, MOST)) lines.push(safe`  found  ${shown(findingLine(each))}`);
    if (findings.length > MOST) lines.push(safe`  … and ${findings.length - MOST} more`);
    for (const each of notes) lines.push(safe`  note   ${visible(each, "given")}`);
    if (transaction) {
      const { txn, file, offset } = transaction;
      lines.push(safe`  record ${visible(file, "file")} at byte ${offset}:`);
      for (const each of txnLines(txn, true, { style, width: WIDTH })) lines.push(safe`         ${each}`);
    }
  }
  const source = sources.length > 0 ? sources.join(" ") : "SOURCE";
  const next = joinSafe(
    message.next.split("SOURCE").map((each) => visible(each, "system")),
    visible(source, "file"),
  );
  lines.push(safe`  next   ${next}`, words(""));
  return lines;
}

const MOST = 10;
const WIDTH = 160;

function asJson(
  code: ReturnType<typeof explainCode>,
  found: readonly Explanation[],
  evidence: readonly Evidence[] | null,
  source: readonly string[],
): object {
  const explanations = found.map(({ message, line, count, facts, zxid }, index) => {
    const { pattern: _, ...told } = message;
    const known = evidence?.[index];
    return {
      ...told,
      line,
      count,
      facts,
      ...(zxid === null ? {} : { zxid }),
      ...(known ? { findings: known.findings, notes: known.notes } : {}),
      ...(known?.transaction ? { transaction: record(known.transaction) } : {}),
    };
  });
  return { type: "explain", schema: 1, source, ...(code ? { finding: code } : {}), explanations };
}

function record({ txn, file, offset }: NonNullable<Evidence["transaction"]>): object {
  const { zxid, time, session, cxid, op, path } = txn;
  return {
    zxid: hex(zxid),
    time: isoTime(time),
    session,
    cxid,
    op,
    ...(path === undefined ? {} : { path }),
    file,
    offset,
  };
}
