import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sources } from "../fixtures/index.js";

const BIN = join(dirname(fileURLToPath(import.meta.url)), "../../bin/zkrewind.js");
const hasNcdu = spawnSync("ncdu", ["-v"]).status === 0;
if (!hasNcdu)
  process.stderr.write("du --format ncdu is not tested: there is no ncdu here (Debian: apt-get install ncdu)\n");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-ncdu-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(!hasNcdu).each(sources)("ncdu opens $title, and has all of it", ({ title, path, logDir }) => {
  const ours = join(folder, `${title.replaceAll("/", "-")}.json`);
  const args = ["du", path, ...(logDir === undefined ? [] : ["--log-dir", logDir]), "--format", "ncdu", "-o", ours];
  execFileSync(process.execPath, [BIN, ...args, "--inexact"], { stdio: "ignore" });
  // What it has understood, it writes out again.
  execFileSync("ncdu", ["-0", "-f", ours, "-o", `${ours}.again`], { stdio: "ignore" });
  const [a, b] = [ours, `${ours}.again`].map((file) => listed(JSON.parse(readFileSync(file, "utf8"))[3], ""));
  expect(b?.size).toBeGreaterThanOrEqual(3);
  expect(b).toEqual(a);
});

interface Entry {
  name: string;
  asize?: number;
  dsize?: number;
}
type Folder = [Entry, ...(Entry | Folder)[]];

function listed(entry: Entry | Folder, above: string, list = new Map<string, string>()): Map<string, string> {
  const [{ name, asize = 0, dsize = 0 }, ...inside] = Array.isArray(entry) ? entry : [entry];
  const path = `${above}/${name}`;
  list.set(path, `${asize} ${dsize}`);
  for (const each of inside) listed(each, path, list);
  return list;
}
