import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { BIN } from "../cli/run.js";
import { fixtureDir, fixtures, type TrueNode } from "../fixtures/index.js";
import { THOROUGH } from "../thorough.js";
import { RELEASES } from "./java.js";
import { pointInside } from "./points.js";
import { scratchFolder, serve } from "./scratch.js";
import { asTold, byPath, parseExport } from "./tree.js";
import { type Cell, versionsPage } from "./versions-page.js";
import { zkrewind } from "./zkrewind.js";

/**
 * Each release starts on what restore makes for it of each other's data, and serves all of it. UPDATE_VERSIONS=1 writes
 * docs/versions.md of what was seen; without it, the page must say just that.
 */
const PAGE = join(dirname(fileURLToPath(import.meta.url)), "../../docs/versions.md");

const trees = new Map<string, Cell>();
const logs = new Map<string, Cell>();

/** Without ZKREWIND_THOROUGH=1, servers are started of neighbours only, and of the first and the last. */
function isTried(from: Release, to: Release): boolean {
  const apart = Math.abs(RELEASES.indexOf(from) - RELEASES.indexOf(to));
  return THOROUGH || apart === 1 || apart === RELEASES.length - 1;
}

type Release = (typeof RELEASES)[number];

interface Ran {
  code: number;
  stderr: string;
}

/** Runs the command, whatever it exits with. */
function run(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { maxBuffer: 1 << 28 }, (error, _, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stderr }),
    );
  });
}

/** In the order in which they change less. */
const CHOICES = [[], ["--extended-types"], ["--make-persistent"]];

/** The first choice that a command does not refuse, with its output in `target`; null where it refuses all. */
async function firstToWork(target: string, command: string[], choices: string[][]): Promise<string[] | null> {
  for (const choice of choices) {
    const ran = await run(...command, "-o", target, ...choice);
    if (ran.code === 0) return choice;
    expect(ran.code, ran.stderr).toBe(2);
  }
  return null;
}

function pointOf(version: string): string {
  const fixture = fixtures.find(({ name }) => name === `${version}-standalone`);
  if (!fixture) throw new Error(`there is no fixture of ${version}`);
  return pointInside(fixture, ".");
}

/** What a client sees of all znodes but the kinds of their owners: which no mapping may lose. */
function contents(nodes: Iterable<TrueNode>): Record<string, unknown> {
  const all = [...nodes].filter(({ path }) => path !== "/zookeeper/config");
  return Object.fromEntries(all.map(({ path, data, acl }) => [path, [data, acl]]));
}

describe.each(RELEASES)("data of %s", (from) => {
  const source = fixtureDir(`${from}-standalone`);

  test.each(RELEASES)("for servers of %s", async (to) => {
    const target = join(scratchFolder(), "restored");
    const by = await firstToWork(target, ["restore", source, "--release", to], CHOICES);
    if (by === null) throw new Error("every choice is refused");
    trees.set(`${from} ${to}`, { starts: true, by: by.join(" ") });

    if (!isTried(from, to)) return;
    const was = parseExport(await zkrewind("export", source, "--format", "ndjson", "--data", "base64"));
    const told = parseExport(await zkrewind("export", target, "--format", "ndjson", "--data", "base64"));
    const server = await serve(to, { dataDir: target });
    const served = await server.read();
    const all = contents(served.nodes.values());
    expect(all).toEqual(contents(was.nodes.values()));
    for (const each of [served.nodes, told.nodes]) if (from.startsWith("3.4.")) each.delete("/zookeeper/config");
    expect(byPath(served.nodes)).toEqual(asTold(told.nodes));
    expect(served.sessions.sort()).toEqual(told.sessions.sort());
    expect(served.written).toBe(told.zxid + 2n);
  });

  test.each(RELEASES)("with its logs, for servers of %s", async (to) => {
    const target = join(scratchFolder(), "restored");
    const point = pointOf(from);
    const command = ["restore", source, "--at", point, "--with-logs", "--release", to];
    // What would change the tree is no choice here.
    const by = await firstToWork(target, command, CHOICES.slice(0, 2));
    logs.set(`${from} ${to}`, { starts: by !== null, by: by?.join(" ") ?? "" });
    if (by === null || !isTried(from, to)) return;
    const told = parseExport(await zkrewind("export", source, "--at", point, "--format", "ndjson", "--data", "base64"));
    const server = await serve(to, { dataDir: target });
    const served = await server.read();
    for (const each of [served.nodes, told.nodes]) if (from.startsWith("3.4.")) each.delete("/zookeeper/config");
    expect(byPath(served.nodes)).toEqual(asTold(told.nodes));
    expect(served.written).toBe(told.zxid + 2n);
  });
});

describe("what a release cannot read is refused", () => {
  test.each(["3.4.14", "3.5.10"])("a compressed snapshot for %s, which would start empty", async (to) => {
    for (const codec of ["gzip", "snappy"]) {
      const target = join(scratchFolder(), "restored");
      const ran = await run(
        "restore",
        fixtureDir(`${to}-standalone`),
        "-o",
        target,
        "--release",
        to,
        "--compress",
        codec,
      );
      expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("do not read compressed snapshots")]);
    }
  });
});

test("docs/versions.md says what was seen", () => {
  const page = versionsPage(RELEASES, trees, logs);
  if (process.env["UPDATE_VERSIONS"]) writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, "utf8")).toBe(page);
});
