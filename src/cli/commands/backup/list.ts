import type { Command } from "commander";
import { isoTime } from "../../../recovery/index.js";
import { backupsShape, type RunStatus } from "../../../export/shapes/backup.js";
import type { HistorySummary, RepositorySummary, Summary } from "../../../repository/check/summary.js";
import { hex } from "../../../storage/zxid.js";
import { say, tag } from "../../../text/message.js";
import { joinSafe, type Safe, safe, words } from "../../../text/safe.js";
import { addOutput, collect, NO_MEMORY, type OutputOptions } from "../../options/options.js";
import { memoryOf } from "../../opened.js";
import { documentLine } from "../../output/document.js";
import { LineWriter, terminalWidth, withOutput } from "../../output/output.js";
import { note } from "../../output/report.js";
import { columnsFor } from "../../output/table.js";
import { counted, visible } from "../../output/text.js";
import { raiseExitCode } from "../../output/verdict.js";
import { addTrust, trustedKeys, type TrustOptions } from "./keys.js";

export const name = "list";
export const summary = "show which servers' history repositories hold, and how far";
export const examples = [["zkrewind backup list backups /mnt/other/backups", "how far each copy is"]] as const;

export function define(command: Command): void {
  command.argument("<repo...>", "repositories: folders or s3://bucket/prefix");
  addTrust(command)
    .option(...NO_MEMORY)
    .option("--status <file>", "the status file of a backup run; those of this user's runs if not given", collect);
  addOutput(command, ["text", "json"]).action(list);
}

interface ListOptions extends TrustOptions, OutputOptions {
  memory: boolean;
  status?: string[];
}

async function list(locations: string[], options: ListOptions): Promise<void> {
  const [{ openRepositories }, { summaryOf }, { statusesOf }] = await Promise.all([
    import("../../../repository/read/open.js"),
    import("../../../repository/check/summary.js"),
    import("./status.js"),
  ]);
  const runs = statusesOf(locations, options.status);
  const pinned = await trustedKeys(options);
  const found = summaryOf(await openRepositories(locations, { pinned, memory: await memoryOf(options.memory) }));
  for (const { location, why } of [...found.problems, ...found.unremembered]) note(say`${tag.file(location)}: ${why}`);
  if (found.problems.some(({ early }) => !early))
    raiseExitCode(found.repositories.length < new Set(locations).size ? 3 : 1);
  await withOutput(options.output, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json") lines.add(documentLine("backups", backupsShape(found, runs)));
    else
      for (const line of [...textOf(found, terminalWidth(options.output)), ...runs.flatMap(runLines)]) lines.add(line);
    await lines.flush();
  });
}

function textOf({ repositories, together }: Summary, width: number | undefined): Safe[] {
  const rows = repositories.flatMap(({ location, behind, servers, tip, bytes, segments, snapshots }) => [
    [
      visible(location, "file"),
      words("all"),
      tip === null ? words("none") : hex(tip.zxid),
      tip === null ? words("") : isoTime(tip.time),
      behind ? words("behind") : words(""),
      safe`${segments}`,
      safe`${snapshots}`,
      safe`${bytes}`,
    ],
    ...servers.map((each) => [
      words(""),
      visible(each.server, "given"),
      each.tip === null ? words("none") : hex(each.tip.zxid),
      each.tip === null ? words("") : isoTime(each.tip.time),
      visible(each.shipped, "given"),
      safe`${each.segments}`,
      safe`${each.snapshots}`,
      words(""),
    ]),
  ]);
  const columns = columnsFor(
    [
      { name: words("repository") },
      { name: words("server") },
      { name: words("up to") },
      { name: words("time"), leaveOut: 3 },
      { name: words("last shipped"), leaveOut: 1 },
      { name: words("segments"), right: true, leaveOut: 2 },
      { name: words("snapshots"), right: true, leaveOut: 2 },
      { name: words("bytes"), right: true },
    ],
    rows,
    width,
  );
  const lacking = repositories.flatMap(({ location, lacks }) => (lacks ? [lackLine(location, lacks)] : []));
  return [columns.head(), ...rows.map((row) => columns.row(row)), words(""), ...historyLines(together), ...lacking];
}

function lackLine(location: string, { after, upTo, since }: NonNullable<RepositorySummary["lacks"]>): Safe {
  const from = after === null ? words("everything") : safe`what came after ${hex(after)}`;
  return safe`not shipped     to ${visible(location, "file")}: ${from}, up to ${hex(upTo)}, since ${isoTime(since)}`;
}

/** What a run of this machine says is not shipped: since when, and why. */
function runLines({ time, pid, following, server, unshipped, repositories }: RunStatus): Safe[] {
  const isSilent = following && Date.now() - Date.parse(time) > SILENT_AFTER;
  const state = isSilent ? words("has said nothing since") : words(following ? "is running, as of" : "ended");
  const who = safe`backup run      of ${visible(server, "given")}, process ${pid}, ${state} ${visible(time, "given")}`;
  const waiting =
    unshipped.since === null
      ? []
      : [
          safe`  not shipped   ${counted(unshipped.bytes, "byte")} that were read, since ${visible(unshipped.since, "given")}`,
        ];
  const lacking = repositories.flatMap(({ location, lacks, since, why }) => {
    if (lacks.links === 0 && why === null) return [];
    const what = safe`${counted(lacks.links, "link")} and ${counted(lacks.objects, "object")} (${counted(lacks.bytes, "byte")})`;
    const when = since === null ? words("") : safe`, since ${visible(since, "given")}`;
    const reason = why === null ? words("") : safe`: ${visible(why, "given")}`;
    return [safe`  not shipped   ${what} to ${visible(location, "file")}${when}${reason}`];
  });
  return [who, ...waiting, ...lacking];
}

/** Milliseconds: one that follows says something every few seconds. */
const SILENT_AFTER = 60_000;

function historyLines({ first, tip, confirmed, voters, holes, branches, newestSnapshot }: HistorySummary): Safe[] {
  if (tip === null || first === null) return [words("nothing has been shipped")];
  const confirmedText =
    confirmed === null
      ? words(voters === null ? "unknown: who votes is not known" : "nothing yet")
      : safe`${hex(confirmed)}${confirmed < tip.zxid && voters === null ? ", beyond it unknown: who votes is not known" : ""}`;
  return [
    safe`recovery point  ${hex(tip.zxid)}, ${isoTime(tip.time)}`,
    safe`transactions    ${hex(first)} to ${hex(tip.zxid)}${holes.some(({ after }) => after !== null) ? "" : ", without a hole"}`,
    ...holes.flatMap(({ after, before }) =>
      after === null ? [] : [safe`  missing       after ${hex(after)}, before ${hex(before)}`],
    ),
    safe`newest snapshot ${newestSnapshot === null ? words("none") : hex(newestSnapshot)}`,
    safe`confirmed up to ${confirmedText}`,
    ...branches.map(({ name, servers, segments }) => {
      const who = joinSafe(
        servers.map((each) => visible(each, "given")),
        ", ",
      );
      return safe`branch          ${visible(name, "given")}, of ${who}, ${counted(segments.length, "segment")}`;
    }),
  ];
}
