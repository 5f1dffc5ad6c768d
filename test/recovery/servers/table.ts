import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TRIED } from "../../../src/recovery/servers/releases.js";
import { TOPICS } from "./cases.js";
import type { Observed, SeenCell } from "./observed.js";

export const SERVERS_PAGE = join(dirname(fileURLToPath(import.meta.url)), "../../../docs/servers.md");

/** docs/servers.md, from what was seen. */
export function serversPage(observed: Observed): string {
  const topics = TOPICS.flatMap(({ title, cases }) => [
    `## ${title}`,
    "",
    "| files | servers |",
    "| --- | --- |",
    ...cases.map(({ name, title: what }) => `| ${escaped(what)} | ${rowOf(observed[name] ?? [])} |`),
    "",
  ]);
  return [...HEAD, ...topics].join("\n");
}

const HEAD = [
  "# What servers do with files",
  "",
  "Each line was tried on real servers of every release named, alone and as a quorum of one, by",
  "`npm run servers` (test/interop/servers), which writes this page. `verify` foretells the same: its verdicts",
  "are held against these lines by a test.",
  "",
  `Releases: ${TRIED.map(({ name }) => name).join(", ")}. Where no setting is named, all are ZooKeeper's defaults.`,
  "“at” is the zxid that the server comes up at. Most files are those of a member of an ensemble of 3.4.14 (a fixture),",
  "with the newest snapshot at 0x200000135 and the last transaction 0x200000142, changed as the line says.",
  "",
];

/** What was seen, with the releases that it was seen on: all of them, or groups. */
function rowOf(cells: readonly SeenCell[]): string {
  const [first] = cells;
  if (first && cells.length === 1) return outcome(first);
  return cells.map((cell) => `${who(cell)}: ${outcome(cell)}`).join("<br>");
}

function who({ standalone, ensemble }: SeenCell): string {
  const both = standalone.filter((release) => ensemble.includes(release));
  const parts = [
    ...(both.length > 0 ? [both.length === TRIED.length ? "all" : rangesOf(both)] : []),
    ...onlyIn(standalone, both, "alone"),
    ...onlyIn(ensemble, both, "in an ensemble"),
  ];
  return parts.join("; ");
}

function onlyIn(releases: readonly string[], both: readonly string[], where: string): string[] {
  const rest = releases.filter((release) => !both.includes(release));
  return rest.length === 0 ? [] : [`${rest.length === TRIED.length ? "all" : rangesOf(rest)} ${where}`];
}

/** Neighbours of three and more as a range. */
function rangesOf(releases: readonly string[]): string {
  const names = TRIED.map(({ name }) => name);
  const runs: string[][] = [];
  for (const release of releases) {
    const run = runs.at(-1);
    if (run && names.indexOf(release) === names.indexOf(run.at(-1) as string) + 1) run.push(release);
    else runs.push([release]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]} to ${run.at(-1)}` : run.join(", "))).join(", ");
}

function outcome({ starts, zxid, problem, played, gone }: SeenCell): string {
  if (!starts) return `no start: \`${escaped((problem ?? "").replace(/^[\w.]*\.(?=[A-Z])/, ""))}\``;
  const replays = played.length === 0 ? "replays nothing" : `replays ${played.map(runText).join(", ")}`;
  return `at ${zxid}, ${replays}${gone.length === 0 ? "" : `; deletes ${goneText(gone)}`}`;
}

function runText(run: string): string {
  const [first = "", last = ""] = run.split("-");
  return first === last ? first : `${first} to ${last}`;
}

function goneText(gone: readonly string[]): string {
  const tops = gone.filter((path) => !gone.some((above) => path.startsWith(`${above}/`)));
  const shown = tops.slice(0, 3).map((path) => `\`${escaped(path)}\``);
  const below = gone.length - tops.length;
  const more = tops.length > shown.length ? ` and ${tops.length - shown.length} more` : "";
  return `${shown.join(", ")}${more}${below > 0 ? ` (${below} below lose their parent)` : ""}`;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}
