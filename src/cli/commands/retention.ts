import type { Command } from "commander";
import type { RetentionPlan } from "../../repository/prune/local.js";
import { type DataDirectory, verify } from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { say, tag, type Message } from "../../text/message.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { addKeep, type KeepOptions, policyOf } from "../options/keep.js";
import { addFetch, addOutput, type OutputOptions, type SourceOptions } from "../options/options.js";
import { documentLine } from "../output/document.js";
import { LineWriter, withOutput } from "../output/output.js";
import { tellProgress } from "../output/progress.js";
import { note, reportFindings } from "../output/report.js";
import { counted, shown } from "../output/text.js";
import { raiseExitCode } from "../output/verdict.js";
import { openSource } from "../source.js";
import { threads } from "../threads.js";

type RetentionOptions = SourceOptions & KeepOptions & OutputOptions;

export const command: CommandModule = {
  define(command: Command) {
    command.argument("<source>", "a server's data directory, or its zoo.cfg");
    addFetch(command).option("--log-dir <dir>", "where the logs are, if not beside the snapshots");
    addKeep(command);
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind retention /var/lib/zookeeper", "which files may go, and why the others are needed"],
      [
        "zkrewind retention /var/lib/zookeeper --keep-window 2d --keep-daily 0 --keep-weekly 0",
        "keep the points of two days only",
      ],
    ]);
    addNotes(
      command,
      `zkrewind deletes nothing: it lists the files that may go, for you to delete. A kept point keeps a snapshot from before it
and all logs from there on. Damaged files are kept; as long as a kept point cannot be rebuilt exactly, every file is.`,
    );
    command.action(run);
  },
};

async function run(source: string, options: RetentionOptions): Promise<void> {
  const { planRetention } = await import("../../repository/prune/local.js");
  const directory = await openSource([source], options);
  refuseSeveral(source, directory);
  const result = await verify(directory, { onProgress: tellProgress(), threads: threads() });
  const plan = planRetention(result, policyOf(options), Date.now());
  await withOutput(options.output, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json") lines.add(documentLine("retention", { source: [source], ...shapeOf(plan) }));
    else for (const message of told(plan)) lines.add(shown(message));
    await lines.flush();
  });
  const gone = plan.fates.filter(({ isKept }) => !isKept);
  const bytes = gone.reduce((sum, { size }) => sum + size, 0);
  note(
    say`${gone.length} of ${counted(plan.fates.length, "file")} may go: ${counted(bytes, "byte")}. Nothing was deleted.`,
  );
  reportFindings(result.findings);
  if (plan.points.some(({ isWhole }) => !isWhole)) raiseExitCode(1);
}

function refuseSeveral(source: string, { snapshots, logs }: DataDirectory): void {
  if (snapshots.length + logs.length > 0) return;
  throw new ZkRewindError(say`${tag.file(source)} holds no snapshots and no logs`, { exitCode: 3 });
}

function told({ points, fates }: RetentionPlan): Message[] {
  return [
    ...points.map(({ label, isWhole }) =>
      isWhole ? say`kept: ${tag.system(label)}` : say`not exact: ${tag.system(label)} cannot be rebuilt exactly`,
    ),
    ...fates.map(
      ({ name, size, isKept, reason }) =>
        say`${isKept ? "keep" : "may go"}  ${tag.file(name)} (${counted(size, "byte")}): ${tag.system(reason)}`,
    ),
  ];
}

function shapeOf({ points, fates }: RetentionPlan): object {
  return {
    points: points.map(({ label, from, to, isWhole }) => ({
      point: label,
      from: hex(from),
      to: hex(to),
      exact: isWhole,
    })),
    files: fates.map(({ name, size, isKept, reason }) => ({ file: name, size, keep: isKept, reason })),
  };
}
