// The explorer over a million znodes and 500,000 transactions: what one waits for. Run by `npm run bench:explore`.
import { spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { dataSet } from "./data.mjs";
import { measure } from "./measure.mjs";

const ZKREWIND = fileURLToPath(new URL("../bin/zkrewind.js", import.meta.url));
const set = dataSet("1m");
const source = [set.snapshots, "--log-dir", set.logs];
const zkrewind = (...args) => measure(["node", ZKREWIND, ...args]);

const results = [];
function row(what, value, goal, unit) {
  results.push(value <= goal);
  const mark = value <= goal ? "met" : "MISSED";
  console.log(
    `| ${what} | ${value.toFixed(unit === "s" ? 2 : 0)} ${unit} | ${goal.toFixed(unit === "s" ? 2 : 0)} ${unit} | ${mark} |`,
  );
}

const info = await zkrewind("info", ...source);
const rebuild = await zkrewind("stat", set.snapshots, "/", "--log-dir", set.logs);
console.log("| what | measured | goal | |\n| --- | --- | --- | --- |");

/** Starts an explorer; `ask` gives the seconds that an answer took, and the answer. */
async function explore(...args) {
  const server = spawn("node", [ZKREWIND, "explore", ...args]);
  const address = await new Promise((resolve) => server.stdout.once("data", (piece) => resolve(String(piece).trim())));
  const printed = performance.now();
  const cookie = (await fetch(address, { redirect: "manual" })).headers.get("set-cookie").split(";")[0];
  const origin = new URL(address).origin;
  const ask = async (name, query = {}) => {
    const from = performance.now();
    const reply = await fetch(`${origin}/api/${name}?${new URLSearchParams(query)}`, { headers: { cookie } });
    const value = await reply.json();
    if (!reply.ok) throw new Error(`${name}: ${value.message}`);
    return { seconds: (performance.now() - from) / 1000, value };
  };
  return { server, printed, ask };
}

async function untilRead(ask) {
  for (;;) {
    const { value } = await ask("summary");
    if (value.verifying.isWhole && value.indexing.isWhole) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const begun = performance.now();
const { server, printed, ask } = await explore(...source);
row("the address is printed", (printed - begun) / 1000, info.seconds, "s");
// As a page does, which wants the tree at once.
const first = ask("point", { at: "latest" });
row("the files are known", (await ask("summary")).seconds, 1, "s");
await untilRead(ask);
console.log(`| all is read | ${((performance.now() - begun) / 1000).toFixed(2)} s | | |`);
const { value: latest } = await first;
const back = async (zxid) => (await ask("near", { zxid, by: "back" })).value.transaction.zxid;

const middle = `0x${(BigInt(latest.zxid) - 250_000n).toString(16)}`;
row("a jump anywhere", (await ask("point", { at: middle })).seconds, rebuild.seconds, "s");
const steps = { back: [], on: [] };
let at = middle;
for (let count = 0; count < 20; count++) {
  at = await back(at);
  steps.back.push((await ask("point", { at })).seconds);
}
for (let count = 0; count < 20; count++) {
  at = (await ask("near", { zxid: at })).value.transaction.zxid;
  steps.on.push((await ask("point", { at })).seconds);
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
row("a step back", median(steps.back), 0.05, "s");
row("a step forward", median(steps.on), 0.05, "s");
row("first rows of a listing", (await ask("children", { at, path: "/" })).seconds, 0.2, "s");
row("the timeline", (await ask("timeline")).seconds, 0.2, "s");
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1024;
row("peak memory", peak, rebuild.megabytes + 200, "MB");
server.kill("SIGINT");

const scratch = mkdtempSync(join(tmpdir(), "bench-report-"));
const report = await zkrewind("report", ...source, "-o", join(scratch, "report.html"));
row("report", report.seconds, 5, "s");
const tree = await zkrewind("report", ...source, "-o", join(scratch, "tree.html"), "--tree");
console.log(`| report --tree | ${tree.seconds.toFixed(2)} s | | |`);
row("report --tree, its size", statSync(join(scratch, "tree.html")).size / 1e6, 10, "MB");

/** A million children of one znode, in no order, whose list nobody has asked for before. */
function* manyChildren() {
  const line = (path) => `${JSON.stringify({ type: "node", path, data: "", encoding: "utf8" })}\n`;
  yield line("/many");
  for (let from = 0; from < 1e6; from += 1000)
    yield Array.from({ length: 1000 }, (_, at) => line(`/many/child-${((from + at) * 7919) % 1e6}`)).join("");
}
const many = join(scratch, "many");
await pipeline(manyChildren, createWriteStream(`${many}.ndjson`));
await zkrewind("build", `${many}.ndjson`, "-o", many);
const wide = await explore(many);
await untilRead(wide.ask);
await wide.ask("point", { at: "latest" });
row("first rows of a million children", (await wide.ask("children", { path: "/many" })).seconds, 0.2, "s");
const end = (await wide.ask("children", { path: "/many", offset: 999_800 })).seconds;
console.log(`| the last of them | ${end.toFixed(2)} s | | |`);
wide.server.kill("SIGINT");
rmSync(scratch, { recursive: true, force: true });
process.exitCode = results.every(Boolean) ? 0 : 1;
