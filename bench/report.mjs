// Results as lines for a terminal, as markdown for docs/performance.md, and as JSON.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";

const BEGIN = "<!-- bench -->";
const END = "<!-- /bench -->";

/** What was to be reached, what was, and whether it is enough. */
export function judge({ goals }, { ours, against }) {
  const found = [];
  const add = (what, unit, value, goal) => found.push({ what, unit, value, goal, met: value <= goal });
  if (goals.timeRatio !== undefined && against) add("time", "ratio", ours.seconds / against.seconds, goals.timeRatio);
  if (goals.seconds !== undefined) add("time", "s", ours.seconds, goals.seconds);
  if (goals.memoryRatio !== undefined && against)
    add("memory", "ratio", ours.megabytes / against.megabytes, goals.memoryRatio);
  if (goals.megabytes !== undefined) add("peak", "MB", ours.megabytes, goals.megabytes);
  if (goals.againstMegabytes !== undefined && against)
    add("peak of the smaller", "MB", against.megabytes, goals.againstMegabytes);
  if (goals.megabytesEach !== undefined)
    add("peak", "MB", Math.max(ours.megabytes, against?.megabytes ?? 0), goals.megabytesEach);
  return found;
}

export function verdict({ what, unit, value, goal, met }) {
  const written = { MB: megabytes, s: seconds, ratio }[unit];
  const text = [written(value), written(goal)];
  return `${what} ${text[0]}, goal ${text[1]}: ${met ? "met" : "MISSED"}`;
}

/** Below 1 as the fraction that goals are named in. */
function ratio(value) {
  return value < 1 ? `1/${(1 / value).toFixed(1)}` : `${value.toFixed(2)} x`;
}

function seconds(value) {
  return `${value.toFixed(2)} s`;
}

function megabytes(value) {
  return `${Math.round(value)} MB`;
}

export function cost(side) {
  if (!side) return "";
  const digits = side.seconds < 1 ? 3 : 2;
  const cpu = Number.isNaN(side.cpu) ? "" : ` (cpu ${side.cpu.toFixed(2)} s)`;
  return `${side.seconds.toFixed(digits)} s${cpu}, ${megabytes(side.megabytes)}`;
}

/** Others at work on the machine: two sides in turns suffer alike, but not one that uses more threads than the other. */
export function busy() {
  const [load] = loadavg();
  return load > 0.5 ? `others were at work (load ${load.toFixed(1)} at the start)` : null;
}

/** The machine, in a line. */
export function machine() {
  const { stderr } = spawnSync("java", ["-version"], { encoding: "utf8" });
  const java = /version "([^"]+)"/.exec(stderr ?? "")?.[1] ?? "none";
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model ?? "unknown processor";
  return `${cpus().length} cores (${model}), ${memory} GiB, Node ${process.versions.node}, Java ${java}`;
}

export function markdown(results, { machine: where, runs, date, quick, busy: others }) {
  const lines = [
    `Medians of ${runs} runs of whole processes, in turns, warm cache${quick ? ", a tenth of the data" : ""}; ${where}; ${date}${others ? `; ${others}` : ""}.`,
    "",
    "| work | zkrewind | beside it | | result |",
    "| --- | --- | --- | --- | --- |",
  ];
  for (const { row, title, ours, against, goals, labels, failed } of results) {
    const work = `${row}: ${title}`;
    if (failed) lines.push(`| ${work} | | | | failed: ${failed} |`);
    else {
      const judged = goals.map(verdict).join("; ");
      lines.push(`| ${work} | ${cost(ours)} | ${cost(against)} | ${against ? labels.against : ""} | ${judged} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Puts the table between the markers of docs/performance.md. */
export function intoReadme(file, table) {
  const text = readFileSync(file, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${file} has no ${BEGIN} … ${END}`);
  writeFileSync(file, `${text.slice(0, begin + BEGIN.length)}\n${table}${text.slice(end)}`);
}
