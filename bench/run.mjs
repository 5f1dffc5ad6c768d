// npm run bench [-- --quick] [-- --rows verify,log] [-- --runs N] [-- --huge] [-- --readme FILE]
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DATA, dataSet } from "./data.mjs";
import { measurePair } from "./measure.mjs";
import { busy, cost, intoReadme, judge, machine, markdown, verdict } from "./report.mjs";
import { ROWS } from "./rows.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rows: { type: "string" },
    runs: { type: "string" },
    huge: { type: "boolean", default: false },
    readme: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (options.help) {
  console.log("npm run bench [-- --quick] [--rows ID,ID] [--runs N] [--huge] [--readme FILE]");
  for (const { id, title } of ROWS) console.log(`  ${id.padEnd(10)} ${title}`);
  process.exit(0);
}

const runs = Number(options.runs ?? (options.quick ? 3 : 5));
const rows = chosenRows(options.rows?.split(","));
const others = busy();
if (others) console.log(`${others}: times and ratios are not to be trusted`);
const results = [];
for (const row of rows) {
  console.log(row.title);
  for (const pair of row.pairs(sizes(row.id))) results.push(await runPair(row, pair));
}

const about = {
  machine: machine(),
  busy: others,
  runs,
  quick: options.quick,
  date: new Date().toISOString().slice(0, 10),
};
const table = markdown(results, about);
mkdirSync(DATA, { recursive: true });
writeFileSync(join(DATA, "results.md"), table);
writeFileSync(join(DATA, "results.json"), `${JSON.stringify({ ...about, results }, null, 2)}\n`);
if (options.readme) intoReadme(options.readme, table);
const missed = results.filter((each) => each.failed || each.goals.some((goal) => !goal.met));
console.log(`\n${about.machine}\n${results.length - missed.length} of ${results.length} met; written to ${DATA}`);

function chosenRows(wanted) {
  for (const id of wanted ?? []) if (!ROWS.some((row) => row.id === id)) throw new Error(`there is no row ${id}`);
  return ROWS.filter((row) =>
    wanted ? wanted.includes(row.id) : !row.optional || (row.id === "huge" && options.huge),
  );
}

/** The data that a row's pairs use: made only if they do. */
function sizes(id) {
  const { quick } = options;
  if (id === "extremes") return { extremes: dataSet(quick ? "extremes-10th" : "extremes") };
  if (id === "many-files") {
    return { someFiles: dataSet("many-files-10th"), ...(quick ? {} : { manyFiles: dataSet("many-files") }) };
  }
  if (id === "many-snapshots") {
    return {
      someSnapshots: dataSet("many-snapshots-10th"),
      ...(quick ? {} : { manySnapshots: dataSet("many-snapshots") }),
    };
  }
  if (id === "startup") return {};
  const set = dataSet(quick ? "100k" : "1m");
  if (quick) return { set };
  return {
    set,
    ...(["streaming", "growth"].includes(id) ? { big: dataSet("10m") } : {}),
    ...(["history", "compare"].includes(id) ? { tenth: dataSet("100k") } : {}),
    ...(id === "workers" ? { manyLogs: dataSet("500-logs") } : {}),
  };
}

async function runPair(row, pair) {
  const labels = { ours: pair.ours.label, against: pair.against?.label };
  const measured = await measurePair(pair, runsOf(pair));
  const result = { row: row.id, title: pair.title, labels, ...measured };
  console.log(`  ${pair.title}`);
  if (measured.failed) {
    console.log(`    FAILED ${measured.failed}`);
    return result;
  }
  result.goals = judge(pair, measured);
  console.log(
    `    ${labels.ours}: ${cost(measured.ours)}${measured.against ? `; ${labels.against}: ${cost(measured.against)}` : ""}`,
  );
  for (const goal of result.goals) console.log(`    ${verdict(goal)}`);
  return result;
}

/** A process of 50 ms needs many runs to be told from noise, one of half a minute needs few. */
function runsOf(pair) {
  if (pair.quickly) return Math.max(runs, 15);
  if (pair.once || (pair.slow && options.quick)) return 1;
  return pair.slow ? Math.min(runs, 3) : runs;
}
