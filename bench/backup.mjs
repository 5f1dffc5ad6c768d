// Backups: what shipping costs beside a server at its full write rate, the requests of a day, and recovery from a
// repository beside `restore` from plain files. Run by `npm run bench:backup [-- SECONDS]`.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { connect, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CACHE } from "../fixtures/make/releases.mjs";
import { DATA, dataSet, java } from "./data.mjs";
import { measure } from "./measure.mjs";
import { busy, machine } from "./report.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ZKREWIND = join(HERE, "../bin/zkrewind.js");
const SECONDS = Number(process.argv[2] ?? 30);
/** Of a day, at the default interval of ten seconds. */
const LINKS_A_DAY = 8640;
const scratch = mkdtempSync(join(tmpdir(), "bench-backup-"));
const children = [];
const run = promisify(execFile);
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});
Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench-secret-key",
  AWS_REGION: "us-east-1",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
});

console.log(`${machine()}; ${busy() ?? "nobody else at work"}`);
console.log("| what | measured | goal | |\n| --- | --- | --- | --- |");
const gateway = await startGateway();
await shipping();
await requests();
await recovery();
process.exit(0);

function row(what, measured, value, goal) {
  const mark = goal === undefined ? "" : value <= goal ? "met" : "MISSED";
  console.log(`| ${what} | ${measured} | ${goal ?? ""} | ${mark} |`);
}

/** A follower beside a server that takes all that a client can send. */
async function shipping() {
  const { server, data, address } = await startServer("full");
  const repo = join(scratch, "full-repo");
  execFileSync("node", [ZKREWIND, "backup", "init", repo], { stdio: "ignore" });
  const follower = start("node", [ZKREWIND, "backup", "run", data, "--repo", repo, "--follow", "--interval", "1s"]);
  await sleep(2000);
  const before = { follower: cpuOf(follower), server: cpuOf(server) };
  const begun = performance.now();
  const count = await flood(address, SECONDS, 0);
  const seconds = (performance.now() - begun) / 1000;
  await sleep(2000);
  const cpu = { follower: cpuOf(follower) - before.follower, server: cpuOf(server) - before.server };
  follower.kill("SIGTERM");
  await once(follower, "exit");
  server.kill("SIGKILL");
  const each = (spent) => `${((spent / count) * 1e6).toFixed(1)} µs`;
  row("the server's rate", `${Math.round(count / seconds)} transactions/s`);
  row("processor time a transaction: the server's", each(cpu.server));
  row("processor time a transaction: shipping", each(cpu.follower));
  row("shipping at this rate, of one core", (cpu.follower / seconds).toFixed(3), cpu.follower / seconds, 0.1);
}

/** One that ships little at a time to an S3 store: what is asked for a link. */
async function requests() {
  const counted = await countingProxy(gateway);
  const repo = `s3://backups/requests?endpoint=${encodeURIComponent(counted.endpoint)}`;
  const { server, data, address } = await startServer("slow");
  await run("node", [ZKREWIND, "backup", "init", repo]);
  const follower = start("node", [ZKREWIND, "backup", "run", data, "--repo", repo, "--follow", "--interval", "500ms"]);
  await sleep(3000);
  const before = new Map(counted.seen);
  await flood(address, SECONDS, 20);
  const links = counted.links - (before.get("links") ?? 0) || 1;
  for (const method of ["PUT", "GET", "HEAD"]) {
    const perLink = ((counted.seen.get(method) ?? 0) - (before.get(method) ?? 0)) / links;
    row(
      `${method} requests of a day, one server's`,
      `${Math.round(perLink * LINKS_A_DAY)} (${perLink.toFixed(2)} a link)`,
    );
  }
  follower.kill("SIGTERM");
  await once(follower, "exit");
  server.kill("SIGKILL");
  counted.stop();
}

/** A million znodes and 500,000 transactions. */
async function recovery() {
  const set = dataSet("1m");
  const repo = join(DATA, "1m-repository");
  if (!existsSync(repo)) {
    execFileSync("node", [ZKREWIND, "backup", "init", `${repo}.tmp`], { stdio: "inherit" });
    const args = ["backup", "run", set.snapshots, "--log-dir", set.logs, "--repo", `${repo}.tmp`];
    execFileSync("node", [ZKREWIND, ...args], { stdio: "inherit" });
    execFileSync("mv", [`${repo}.tmp`, repo]);
  }
  const inS3 = `s3://backups/recovery?endpoint=${encodeURIComponent(gateway)}`;
  execFileSync("node", [ZKREWIND, "backup", "init", inS3], { stdio: "ignore" });
  execFileSync("node", [ZKREWIND, "backup", "sync", repo, inS3], { stdio: "ignore" });
  const restored = join(scratch, "restored");
  const restore = async (...source) => {
    rmSync(restored, { recursive: true, force: true });
    const result = await measure(["node", ZKREWIND, "restore", ...source, "-o", restored, "--scratch", scratch]);
    if (result.failed) throw new Error(result.failed);
    return result;
  };
  const plain = { name: "plain files", source: [set.snapshots, "--log-dir", set.logs], results: [] };
  const others = [
    { name: "a folder repository", source: [repo], goal: 1.5, results: [] },
    { name: "versitygw", source: [inS3], goal: 2, results: [] },
  ];
  for (let round = 0; round < 3; round++)
    for (const side of [plain, ...others]) side.results.push(await restore(...side.source));
  const told = ({ seconds, cpu, megabytes }) =>
    `${seconds.toFixed(2)} s (cpu ${cpu.toFixed(2)} s), ${Math.round(megabytes)} MB`;
  const base = fastest(plain);
  row(`restore from ${plain.name}`, told(base));
  for (const side of others) {
    const best = fastest(side);
    row(`restore from ${side.name}`, told(best));
    row(`… time beside plain files`, (best.seconds / base.seconds).toFixed(2), best.seconds / base.seconds, side.goal);
    row(`… processor time beside plain files`, (best.cpu / base.cpu).toFixed(2), best.cpu / base.cpu, side.goal);
  }
}

function fastest({ results }) {
  return results.toSorted((a, b) => a.seconds - b.seconds)[0];
}

/** Not in the way of the proxy, which is in this process. */
async function flood(address, seconds, rate) {
  const [program, ...args] = java("Flood", [address, seconds, rate], ["-Xmx512m"]);
  const { stdout } = await run(program, args.map(String));
  return Number(stdout);
}

/** Alone, as it is set up by default: each transaction is brought to disk. */
async function startServer(name) {
  const data = join(scratch, name);
  mkdirSync(data);
  const port = await freePort();
  const config = join(scratch, `${name}.cfg`);
  writeFileSync(config, `tickTime=2000\ndataDir=${data}\nclientPort=${port}\nclientPortAddress=127.0.0.1\n`);
  const defines = ["-Dzookeeper.admin.enableServer=false", "-Dzookeeper.jmx.log4j.disable=true"];
  const main = "org.apache.zookeeper.server.ZooKeeperServerMain";
  const [program, ...args] = java(main, [config], ["-Xmx1g", ...defines]);
  const server = start(program, args);
  for (let tries = 0; tries < 600 && !(await listens(port)); tries++) await sleep(100);
  return { server, data, address: `127.0.0.1:${port}` };
}

async function startGateway() {
  execFileSync(join(HERE, "../fixtures/make/fetch-stores.sh"), { stdio: "ignore" });
  const objects = join(scratch, "objects");
  mkdirSync(join(objects, "backups"), { recursive: true });
  const port = await freePort();
  const program = join(CACHE, "versitygw", "1.8.0", "versitygw");
  const { AWS_ACCESS_KEY_ID: ROOT_ACCESS_KEY, AWS_SECRET_ACCESS_KEY: ROOT_SECRET_KEY } = process.env;
  const env = { ...process.env, ROOT_ACCESS_KEY, ROOT_SECRET_KEY };
  start(program, ["--port", `127.0.0.1:${port}`, "--quiet", "posix", objects], env);
  for (let tries = 0; tries < 600 && !(await listens(port)); tries++) await sleep(100);
  return `http://127.0.0.1:${port}`;
}

/** Passes everything on, and counts it by method; links apart. */
async function countingProxy(target) {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const seen = new Map([["links", 0]]);
  const server = createServer((incoming, answer) => {
    const { method, url: path, headers } = incoming;
    seen.set(method, (seen.get(method) ?? 0) + 1);
    if (method === "PUT" && path.includes("/writers/")) seen.set("links", seen.get("links") + 1);
    const passed = request({ host: hostname, port, method, path, headers, agent }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    incoming.pipe(passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  };
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    seen,
    stop,
    get links() {
      return seen.get("links");
    },
  };
}

function start(program, args, env = process.env) {
  const log = openSync(join(scratch, "log"), "a");
  const child = spawn(program, args.map(String), { stdio: ["ignore", log, log], env, cwd: scratch });
  closeSync(log);
  children.push(child);
  return child;
}

/** Seconds of processor time so far. */
function cpuOf({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function listens(port) {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "error").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isOpen;
}

async function freePort() {
  const probe = createNetServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  return port;
}
