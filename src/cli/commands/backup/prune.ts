import type { Command } from "commander";
import { isoTime } from "../../../recovery/index.js";
import type { PruneReport } from "../../../repository/prune/prune.js";
import { say, tag, type Message } from "../../../text/message.js";
import { addKeep, type KeepOptions, policyOf, span } from "../../options/keep.js";
import { prunedShape } from "../../../export/shapes/backup-upkeep.js";
import { addOutput, type OutputOptions } from "../../options/options.js";
import { documentLine } from "../../output/document.js";
import { LineWriter, withOutput } from "../../output/output.js";
import { note } from "../../output/report.js";
import { counted, shown } from "../../output/text.js";
import { raiseExitCode } from "../../output/verdict.js";
import { addTrust, trustedKeys, type TrustOptions, writerKeys } from "./keys.js";

export const name = "prune";
export const summary = "delete what no kept point needs; without --apply, list it";
export const examples = [
  ["zkrewind backup prune backups --keep-window 7d --keep-daily 30 --all", "list what would go, what stays, and why"],
  [
    "zkrewind backup prune backups --keep-window 7d --keep-daily 30 --apply",
    "mark it, and delete what was marked a day ago",
  ],
] as const;

interface PruneCommandOptions extends TrustOptions, KeepOptions, OutputOptions {
  grace: number;
  apply?: boolean;
  all?: boolean;
  signingKey?: string;
}

export function define(command: Command): void {
  command.argument("<repo>", "a folder, or s3://bucket/prefix");
  addKeep(command)
    .option("--grace <time>", "the least time between the run that marks and the one that deletes", span, span("24h"))
    .option("--apply", "mark what is not needed, and delete what was marked before the grace")
    .option("--all", "list the objects that are kept, too")
    .option("--signing-key <file>", "sign the records of what was deleted");
  addTrust(command);
  addOutput(command, ["text", "json"]).action(run);
}

async function run(location: string, options: PruneCommandOptions): Promise<void> {
  const { prune } = await import("../../../repository/prune/prune.js");
  const { openStore } = await import("../../../repository/store/open.js");
  const { keepWindow, keepDaily, keepWeekly, grace, apply = false, all = false } = options;
  const { signer } = await writerKeys(options);
  const report = await prune(openStore(location), {
    policy: policyOf(options),
    policyText: `window ${keepWindow / 3_600_000}h, ${keepDaily} days, ${keepWeekly} weeks`,
    grace,
    apply,
    pinned: await trustedKeys(options),
    signer,
  });
  await withOutput(options.output, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json") lines.add(documentLine("backup-prune", prunedShape(location, apply, report)));
    else for (const message of told(report, all)) lines.add(shown(message));
    await lines.flush();
  });
  for (const message of summed(report, apply)) note(message);
  if (report.points.some(({ isWhole }) => !isWhole)) raiseExitCode(1);
}

function told({ fates, points }: PruneReport, all: boolean): Message[] {
  const messages: Message[] = points.map(({ label, server, isWhole }) =>
    isWhole
      ? say`kept: ${tag.system(label)} (server ${tag.given(server)})`
      : say`not whole: something that ${tag.system(label)} needs is missing; all that is left of it is kept`,
  );
  for (const { name: object, size, isKept, reason } of fates) {
    const what = isKept ? "keep" : "delete";
    if (all || !isKept)
      messages.push(say`${what} ${tag.file(object)} (${counted(size, "byte")}): ${tag.system(reason)}`);
  }
  return messages;
}

function summed({ fates, marked, deleted, waiting }: PruneReport, isApplied: boolean): Message[] {
  const gone = fates.filter(({ isKept }) => !isKept);
  const bytes = gone.reduce((sum, { size }) => sum + size, 0);
  const messages = [
    say`${gone.length} of ${counted(fates.length, "object")} are not needed: ${counted(bytes, "byte")}`,
  ];
  if (!isApplied)
    messages.push(say`Nothing was written. --apply marks them, and deletes what was marked before the grace.`);
  if (marked.length > 0) messages.push(say`${counted(marked.length, "object")} marked`);
  if (deleted.length > 0) messages.push(say`${counted(deleted.length, "object")} deleted`);
  if (waiting.names.length > 0) {
    const until = isoTime(BigInt(Math.trunc(waiting.until)));
    messages.push(say`${counted(waiting.names.length, "object")} can go after ${until}, by the store's clock`);
  }
  return messages;
}
