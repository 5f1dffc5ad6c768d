// node bench/many-snapshots.mjs SNAPSHOTS LOGS COUNT NEW-SNAPSHOTS NEW-LOGS: a set of which a server had written a
// snapshot now and then. Each is restored from the set's one snapshot and its logs, which are copied.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [snapshots, logs, count, newSnapshots, newLogs] = process.argv.slice(2);
const zkrewind = fileURLToPath(new URL("../bin/zkrewind.js", import.meta.url));
const [snapshotTarget, logTarget] = [newSnapshots, newLogs].map((folder) => join(folder, "version-2"));
for (const folder of [snapshotTarget, logTarget]) mkdirSync(folder, { recursive: true });
const inner = (folder, prefix) => readdirSync(join(folder, "version-2")).filter((name) => name.startsWith(prefix));
for (const name of inner(logs, "log.")) copyFileSync(join(logs, "version-2", name), join(logTarget, name));

const source = [snapshots, "--log-dir", logs];
const info = JSON.parse(run("info", ...source, "--json"));
const [{ from, to }] = info.exact;
const [first, last] = [BigInt(from), BigInt(to)];
const scratch = mkdtempSync(join(newSnapshots, "restored-"));
for (let index = 0n; index < BigInt(count); index++) {
  const zxid = first + ((last - first) * index) / BigInt(count);
  const target = join(scratch, String(index));
  run("restore", ...source, "--at", `0x${zxid.toString(16)}`, "-o", target);
  for (const name of readdirSync(join(target, "version-2")))
    renameSync(join(target, "version-2", name), join(snapshotTarget, name));
  rmSync(target, { recursive: true });
}
rmSync(scratch, { recursive: true });

function run(...args) {
  return execFileSync("node", [zkrewind, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "ignore"],
  });
}
