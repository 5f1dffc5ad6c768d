import { rmSync } from "node:fs";
import type { Command } from "commander";
import type {
  FileAccount,
  LogAccount,
  SalvageAccount,
  SnapshotAccount,
  ZxidRange,
} from "../../forensics/salvage/salvage-account.js";
import { ACCOUNT, salvage } from "../../forensics/salvage/salvage.js";
import { discover } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { onInterrupt } from "../output/interrupt.js";
import { json } from "../output/json-text.js";
import { addFormat, collect, type SourceOptions } from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { expectReading, watched } from "../output/progress.js";
import { note } from "../output/report.js";
import { raiseExitCode } from "../output/verdict.js";
import { counted, grouped, shown, visible } from "../output/text.js";

interface SalvageCommandOptions extends SourceOptions {
  format: "text" | "json";
  output: string;
  keepSuspect?: boolean;
  makeParents?: boolean;
  openDanglingAcls?: boolean;
}

export const command: CommandModule = {
  define(command: Command) {
    command.argument("<source...>", "data directory, version-2 folder, snapshot, log or zoo.cfg");
    command.option("--log-dir <dir>", "where the logs are, if not beside the snapshots");
    command.requiredOption("-o, --output <dir>", "the new folder; it must not exist");
    command.option("--node <dir>", "another server's directory, to fill what is lost from; may be repeated", collect);
    command.option("--keep-suspect", "put what no checksum proves among the rest, instead of apart");
    command.option("--make-parents", "make empty parents for znodes whose own are lost");
    command.option("--open-dangling-acls", "give znodes whose ACL is lost world:anyone:cdrwa instead of nobody");
    addFormat(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind salvage /var/lib/zookeeper -o salvaged", "of a sound directory: copies"],
      ["zkrewind salvage /var/lib/zookeeper/version-2/log.2ea -o one-log", "one log"],
      ["zkrewind salvage zk3 --node zk1 -o zk3-salvaged", "what one lost, from another where both have one history"],
    ]);
    addNotes(
      command,
      `What is proven goes to DIR/version-2: files that are sound, records that their own checksum proves, what other files
of the same history have, snapshots rebuilt exactly from older ones. What is not goes to DIR/suspect; znodes without a
parent are written down in DIR/lost+found; ${ACCOUNT} is the account. Exit code 0 where nothing was damaged, else 1.`,
    );
    command.action(run);
  },
};

async function run(sources: string[], options: SalvageCommandOptions): Promise<void> {
  const directory = watched(discover(sources, options.logDir === undefined ? {} : { logDir: options.logDir }));
  expectReading([...directory.snapshots, ...directory.logs]);
  let release: (() => void) | undefined;
  const account = await salvage(directory, options.output, {
    keepSuspect: options.keepSuspect ?? false,
    makeParents: options.makeParents ?? false,
    openDanglingAcls: options.openDanglingAcls ?? false,
    nodes: (options.node ?? []).map((node) => watched(discover([node]))),
    onTemporary: (path) => {
      release = onInterrupt(() => rmSync(path, { recursive: true, force: true }));
    },
  });
  release?.();
  if (account.files.some(({ fate }) => fate !== "copied") || !account.whole) raiseExitCode(1);
  await withOutput(undefined, async (sink) => {
    const lines = new LineWriter(sink);
    if (options.format === "json") await lines.line(json({ type: "salvage", schema: 1, ...account }));
    else for (const line of report(account, await styleFor(undefined))) await lines.line(line);
    await lines.flush();
  });
  for (const each of account.notes) note(shown(each));
}

function report(account: SalvageAccount, style: Style): string[] {
  const { files, lost, suspectZxids, whole, target } = account;
  const copied = files.filter(({ fate }) => fate === "copied").length;
  const lines = files.filter(({ fate }) => fate !== "copied").flatMap((each) => [...fileLines(each, style), ""]);
  lines.push(`${counted(copied, "file")} of ${files.length} sound and copied as they are`);
  if (suspectZxids.length > 0) lines.push(`in doubt  ${suspectZxids.map(hex).join(", ")}`);
  if (lost.length > 0) lines.push(`lost      ${rangesText(lost)}`);
  lines.push(
    copied === files.length
      ? style.green("nothing was damaged")
      : whole
        ? style.green("all that was damaged is recovered and proven")
        : style.red("not all could be recovered"),
    style.dim(`the account is in ${visible(target, "file")}/${ACCOUNT}`),
  );
  return lines;
}

function fileLines(account: FileAccount, style: Style): string[] {
  const head = `${visible(account.file, "file")}: ${account.fate}${account.output === null ? "" : `, now ${visible(account.output, "file")}`}`;
  return [
    style.bold(head),
    ...(account.kind === "log" ? logLines(account) : snapshotLines(account)).map((line) => `  ${line}`),
  ];
}

function logLines(account: LogAccount): string[] {
  const lines = [`${counted(account.kept, "transaction")} kept, each proven by its checksum`];
  for (const { zxid, offset, what } of account.repaired)
    lines.push(`repaired   ${hex(zxid)} at byte ${offset}: ${shown(what)}`);
  for (const { first, last, count, from, anchored } of account.recovered)
    lines.push(
      `recovered  ${rangesText([{ first, last }])} (${grouped(count)}) from ${visible(from, "file")}, which agrees on ${anchored}`,
    );
  for (const { zxid, offset, op, why, credible, fate } of account.suspect)
    lines.push(
      `in doubt   ${hex(zxid)} ${op} at byte ${offset}: ${shown(why)}${credible ? "" : "; the zxid does not fit its place"} (${FATES[fate]})`,
    );
  if (account.lost.length > 0) lines.push(`lost       ${rangesText(account.lost)}`);
  if (account.unknown !== null) lines.push(`unknown    ${shown(account.unknown)}`);
  return [...lines, ...lostByteLines(account)];
}

const FATES = { apart: "kept apart", included: "included", replaced: "replaced by a sound copy" } as const;

function snapshotLines(account: SnapshotAccount): string[] {
  const { why, znodes, sessions, confirmed, corrected, orphans, madeParents, withoutAcl, duplicates } = account;
  const lines: string[] = [shown(why)];
  if (account.fate === "lost") return [...lines, ...lostByteLines(account)];
  lines.push(`${counted(znodes, "znode")}, ${counted(sessions, "session")}`);
  if (account.fate === "scavenged")
    lines.push(
      `confirmed  ${counted(confirmed, "znode")}, by transactions or other snapshots; nothing proves the others`,
    );
  for (const part of account.damagedParts) lines.push(`damaged    ${shown(part)}`);
  const listed: [string, readonly string[]][] = [
    ["corrected", corrected],
    ["no parent", orphans.map(({ path }) => path)],
    ["made", madeParents],
    ["no ACL", withoutAcl],
    ["twice", duplicates],
  ];
  for (const [what, paths] of listed) if (paths.length > 0) lines.push(`${what.padEnd(10)} ${listText(paths)}`);
  return [...lines, ...lostByteLines(account)];
}

function lostByteLines({ lostBytes }: FileAccount): string[] {
  const places = lostBytes
    .slice(0, MOST)
    .map(({ from, to }) => `unreadable bytes ${from} to ${to} (${grouped(to - from)})`);
  return lostBytes.length > MOST ? [...places, `… and ${lostBytes.length - MOST} more places`] : places;
}

function listText(paths: readonly string[]): string {
  const listed = paths
    .slice(0, MOST)
    .map((path) => visible(path, "path"))
    .join(", ");
  return paths.length > MOST ? `${listed}, … and ${paths.length - MOST} more` : listed;
}

const MOST = 20;

function rangesText(ranges: readonly ZxidRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? hex(first) : `${hex(first)} to ${hex(last)}`)).join(", ");
}
