import type { Command } from "commander";
import type {
  FileAccount,
  LogAccount,
  SalvageAccount,
  SnapshotAccount,
  SalvagedRange,
} from "../../forensics/salvage/salvage-account.js";
import { salvage } from "../../forensics/salvage/salvage.js";
import { ACCOUNT } from "../../recovery/index.js";
import type { DataDirectory } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { noteNewFolder, openFiles } from "../opened.js";
import { documentLine } from "../output/document.js";
import {
  addFetch,
  addFormat,
  collect,
  nodeOptions,
  openOptions,
  type SourceOptions,
  SOURCE,
} from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { expectReading, watched } from "../output/progress.js";
import { note } from "../output/report.js";
import { counts, raiseExitCode } from "../output/verdict.js";
import { addServer, type ServerCommandOptions, serverOptions } from "../options/server.js";
import { serverLines } from "../render/server-text.js";
import { counted, grouped, shown, visible } from "../output/text.js";
import { joinSafe, padEnd, type Safe, safe, words } from "../../text/safe.js";

interface SalvageCommandOptions extends SourceOptions, ServerCommandOptions {
  format: "text" | "json";
  output: string;
  keepSuspect?: boolean;
  makeParents?: boolean;
  openDanglingAcls?: boolean;
}

export const command: CommandModule = {
  define(command: Command) {
    command.argument("<source...>", SOURCE);
    addFetch(command);
    command.option("--log-dir <dir>", "where the logs are, if not beside the snapshots");
    command.requiredOption("-o, --output <dir>", "the new folder; it must not exist");
    command.option("--node <dir>", "another server's directory, to fill what is lost from; may be repeated", collect);
    command.option("--keep-suspect", "keep records that no checksum proves in the new logs, instead of apart");
    command.option("--make-parents", "make empty parents for znodes whose parents are lost");
    command.option("--open-dangling-acls", "give znodes whose ACL is lost world:anyone:cdrwa instead of nobody");
    addServer(command);
    addFormat(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind salvage /var/lib/zookeeper -o salvaged", "copies of sound files, repaired ones of damaged files"],
      ["zkrewind salvage /var/lib/zookeeper/version-2/log.2ea -o one-log", "one log"],
      ["zkrewind salvage zk3 --node zk1 -o zk3-salvaged", "fill what zk3 lost with zk1's transactions"],
    ]);
    addNotes(
      command,
      `What is proven goes to DIR/version-2: sound files, records that their own checksum proves, what other files of the same
history have, and snapshots rebuilt exactly from older ones. What is not proven goes to DIR/suspect, znodes without a
parent to DIR/lost+found. ${ACCOUNT} is the account of all that was found and lost. Exit code 0: everything is there
and proven, and a server would start; else 1.`,
    );
    command.action(run);
  },
};

async function run(sources: string[], options: SalvageCommandOptions): Promise<void> {
  noteNewFolder(options.output);
  const directory = watched(await openFiles(sources, openOptions(options)));
  const nodes: DataDirectory[] = [];
  for (const node of options.node ?? []) nodes.push(watched(await openFiles([node], nodeOptions(options))));
  expectReading([...directory.snapshots, ...directory.logs]);
  const account = await salvage(directory, options.output, {
    keepSuspect: options.keepSuspect ?? false,
    makeParents: options.makeParents ?? false,
    openDanglingAcls: options.openDanglingAcls ?? false,
    server: serverOptions(options),
    nodes,
  });
  if (!account.whole || account.remains.length > 0 || isFailing(account)) raiseExitCode(1);
  await withOutput(undefined, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json") await lines.line(documentLine("salvage", { source: sources, ...account }));
    else for (const line of report(account, await styleFor(undefined))) await lines.line(line);
    await lines.flush();
  });
  for (const each of account.notes) note(each);
}

/** Whether a server would not start on what was written: a warning where an older release would. */
function isFailing({ server }: SalvageAccount): boolean {
  const severity = server?.severity ?? null;
  return severity !== null && counts({ severity });
}

function report(account: SalvageAccount, style: Style): Safe[] {
  const { files, lost, missing, suspectZxids, remains, target } = account;
  const copied = files.filter(({ fate }) => fate === "copied").length;
  const lines = files.filter(({ fate }) => fate !== "copied").flatMap((each) => [...fileLines(each, style), words("")]);
  lines.push(safe`${counted(copied, "file")} of ${files.length} sound and copied as they are`);
  if (suspectZxids.length > 0) lines.push(safe`in doubt  ${joinSafe(suspectZxids.map(hex), ", ")}`);
  if (lost.length > 0) lines.push(safe`lost      ${rangesText(lost)}`);
  if (missing.length > 0)
    lines.push(safe`missing   ${rangesText(missing)}: in no file, and no snapshot continues after them`);
  for (const each of remains) lines.push(safe`remains   ${shown(each)}`);
  lines.push(
    verdict(account, style),
    ...outcomeLines(account, style),
    style.dim(safe`the account is in ${visible(target, "file")}/${ACCOUNT}`),
  );
  return lines;
}

function verdict({ files, missing, remains, whole }: SalvageAccount, style: Style): Safe {
  const intact = files.every(({ fate }) => INTACT.has(fate));
  if (whole && intact && remains.length > 0)
    return style.red(words("no file was damaged, but their contents do not fit together"));
  if (whole)
    return style.green(words(intact ? "nothing was damaged" : "everything that was damaged is recovered and proven"));
  if (!intact) return style.red(words("not everything could be recovered"));
  return style.red(
    words(
      missing.length > 0
        ? "nothing was damaged, but transactions are missing"
        : "nothing was damaged, but some of it was not read",
    ),
  );
}

/** What servers would do with it, and what makes a directory that they start on. */
function outcomeLines({ server, next }: SalvageAccount, { red }: Style): Safe[] {
  if (server === null) return [];
  return [
    ...serverLines(server, red).map((line, index) => safe`${words(index === 0 ? "a server" : "        ")}  ${line}`),
    ...next.flatMap(({ run, say }, index) => [
      ...(run ? [safe`${words(index === 0 ? "next" : "or  ")}      ${shown(run)}`] : []),
      safe`          ${shown(say)}`,
    ]),
  ];
}

const CONVERTED = words("the 0x0D that a text mode put before each 0x0A is taken out, as its checksums prove");
const INTACT: ReadonlySet<FileAccount["fate"]> = new Set(["copied", "decompressed", "left out", "recovered"]);

function fileLines(account: FileAccount, style: Style): Safe[] {
  const head = safe`${visible(account.file, "file")}: ${account.fate}${account.output === null ? "" : safe`, now ${visible(account.output, "file")}`}`;
  return [
    style.bold(head),
    ...(account.kind === "log" ? logLines(account) : snapshotLines(account)).map((line) => safe`  ${line}`),
  ];
}

function logLines(account: LogAccount): Safe[] {
  const lines =
    account.fate === "left out"
      ? [words("it holds no whole record")]
      : [safe`${counted(account.kept, "transaction")} kept, each proven by its checksum`];
  if (account.fate === "converted") lines.unshift(CONVERTED);
  for (const { zxid, offset, what } of account.repaired)
    lines.push(safe`repaired   ${hex(zxid)} at byte ${offset}: ${shown(what)}`);
  for (const { first, last, count, from, anchored } of account.recovered)
    lines.push(
      safe`recovered  ${rangesText([{ first, last }])} (${grouped(count)}) from ${visible(from, "file")}, which agrees on ${anchored}`,
    );
  for (const { zxid, offset, op, why, credible, fate } of account.suspect)
    lines.push(
      safe`in doubt   ${hex(zxid)} ${op} at byte ${offset}: ${shown(why)}${credible ? "" : "; the zxid does not fit its place"} (${FATES[fate]})`,
    );
  if (account.lost.length > 0) lines.push(safe`lost       ${rangesText(account.lost)}`);
  if (account.unfinished !== null) lines.push(unfinishedLine(account.unfinished));
  if (account.unknown !== null) lines.push(safe`unknown    ${shown(account.unknown)}`);
  return [...lines, ...lostByteLines(account)];
}

function unfinishedLine({ zxid, offset, bytes }: NonNullable<LogAccount["unfinished"]>): Safe {
  const which = zxid === null ? "a record" : safe`the record of ${hex(zxid)}`;
  return safe`unfinished ${which} at byte ${offset} (${counted(bytes, "byte")}): left out, as servers leave it out`;
}

const FATES = { apart: "kept apart", included: "included", replaced: "replaced by a sound copy" } as const;

function snapshotLines(account: SnapshotAccount): Safe[] {
  const { why, znodes, sessions, confirmed, corrected, orphans, madeParents, withoutAcl, duplicates } = account;
  const lines: Safe[] = [account.fate === "converted" ? CONVERTED : shown(why)];
  if (account.fate === "lost") return [...lines, ...lostByteLines(account)];
  lines.push(safe`${counted(znodes, "znode")}, ${counted(sessions, "session")}`);
  if (account.fate === "scavenged")
    lines.push(
      safe`confirmed  ${counted(confirmed, "znode")}, by transactions or other snapshots; nothing proves the others`,
    );
  for (const part of account.damagedParts) lines.push(safe`damaged    ${shown(part)}`);
  const listed: [Safe, readonly string[]][] = [
    [words("corrected"), corrected],
    [words("no parent"), orphans.map(({ path }) => path)],
    [words("made"), madeParents],
    [words("no ACL"), withoutAcl],
    [words("twice"), duplicates],
  ];
  for (const [what, paths] of listed) if (paths.length > 0) lines.push(safe`${padEnd(what, 10)} ${listText(paths)}`);
  return [...lines, ...lostByteLines(account)];
}

function lostByteLines({ lostBytes }: FileAccount): Safe[] {
  const places = lostBytes
    .slice(0, MOST)
    .map(({ from, to }) => safe`unreadable bytes ${from} to ${to} (${grouped(to - from)})`);
  return lostBytes.length > MOST ? [...places, safe`… and ${lostBytes.length - MOST} more places`] : places;
}

function listText(paths: readonly string[]): Safe {
  const listed = joinSafe(
    paths.slice(0, MOST).map((path) => visible(path, "path")),
    ", ",
  );
  return paths.length > MOST ? safe`${listed}, … and ${paths.length - MOST} more` : listed;
}

const MOST = 20;

function rangesText(ranges: readonly SalvagedRange[]): Safe {
  return joinSafe(
    ranges.map(({ first, last }) => (first === last ? hex(first) : safe`${hex(first)} to ${hex(last)}`)),
    ", ",
  );
}
