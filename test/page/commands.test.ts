import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeLog } from "../cli/files.js";
import { ndjsonOf, zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import type { NewTxn } from "../txn/encode.js";
import { Explorer, launch, Watched } from "./browser.js";

/** Names that a shell, a glob or an option parser would take for something else. */
const NAMES = [
  "plain",
  `it's "so" $(touch broken) \`touch broken\` ; & | > broken`,
  "-rf * ? [a-z] {x,y} !(z) @(q)|+ ~",
  "back\\slash\nline\ttab",
  "@0x1 %2f#&=+",
  "ünï \u202e😀 '",
];

let scratch = "";
let browser: Browser;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "zkrewind commands-"));
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** The words that a shell makes of a line, and nothing else that it would do. */
function wordsOf(line: string): string[] {
  const folder = join(scratch, "shell");
  mkdirSync(folder, { recursive: true });
  const { stdout, stderr, status } = spawnSync("bash", ["-c", `zkrewind() { printf '%s\\0' "$@"; }\n${line}`], {
    cwd: folder,
  });
  expect([status, stderr.toString(), line]).toEqual([0, "", line]);
  expect(spawnSync("ls", ["-A", folder]).stdout.toString()).toBe("");
  return stdout.toString().split("\0").slice(0, -1);
}

/** What the buttons beside the commands of a part of the page copy. */
async function copied({ page }: Watched, part: string): Promise<string[]> {
  await page.evaluate(() => {
    const texts: string[] = [];
    Object.assign(globalThis, { texts });
    Object.defineProperty(navigator, "clipboard", {
      configurable: true,
      value: { writeText: async (text: string) => void texts.push(text) },
    });
  });
  for (const button of await page.locator(`${part} .command button`).all()) await button.click();
  return page.evaluate(() => (globalThis as unknown as { texts: string[] }).texts);
}

test("each command of a znode does what is written beside it, whatever the znode is called", async () => {
  const source = join(scratch, "it's a source");
  const version = join(source, "version-2");
  mkdirSync(version, { recursive: true });
  const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
  const create = (path: string, data: string): NewTxn => ({
    type: 1,
    path,
    data: Buffer.from(data),
    acl,
    ephemeral: false,
    parentCVersion: 1,
  });
  const paths = NAMES.map((name) => `/h/${name}`);
  await writeLog(version, 1n, [
    create("/h", ""),
    ...paths.flatMap((path): NewTxn[] => [
      create(path, "before"),
      create(`${path}/below`, path),
      { type: 5, path, data: Buffer.from(`after\n${path}`), version: 1 },
    ]),
    { type: 5, path: "/h", data: Buffer.from("last"), version: 1 },
  ]);
  const explorer = await Explorer.of(source);
  const watched = await Watched.of(browser, explorer.address);
  for (const [index, path] of paths.entries()) {
    const at = `0x${(4 + 3 * index).toString(16)}`;
    await watched.show({ path, at });
    await watched.sees("#zxid", at);
    await watched.sees("#encoding", `${6 + Buffer.byteLength(path)} bytes`);
    const lines = await copied(watched, "#commands");
    const [history = "", before = "", here = "", graft = "", exported = "", undo = ""] = lines;
    expect(lines.length).toBe(6);
    const run = (line: string) => {
      const done = zkrewind(wordsOf(line));
      expect([done.code, line, done.stderr]).toEqual([0, line, done.stderr]);
      return done;
    };
    const told = JSON.parse(run(`${history} --json`).stdout);
    expect([told.path, told.changes.length]).toEqual([path, 2]);
    expect(run(before).bytes.toString()).toBe("before");
    expect(run(here).bytes.toString()).toBe(`after\n${path}`);
    const folder = join(scratch, `grafted-${index}`);
    run(graft.replace("NEW-DIRECTORY", `'${folder}'`));
    expect(zkrewind(["cat", folder, path]).bytes.toString()).toBe(`after\n${path}`);
    const nodes = ndjsonOf(run(`${exported} --format ndjson`).stdout).filter(({ type }) => type === "node");
    expect(nodes.map((node) => node["path"])).toEqual(["/", "/h", path, `${path}/below`]);
    expect(run(undo).stdout).toContain("1 operation");
  }
  await watched.close();
  await explorer.end();
});

test("the other commands that are shown exist, and end well", async () => {
  const explorer = await Explorer.of(fixtureDir("3.8.6-standalone"));
  const watched = await Watched.of(browser, explorer.address);
  const lines: string[] = [];
  for (const [hash, part, ready] of [
    [{ view: "transactions", filter: "op=multi&path=/busy/**&from=0xe00&to=0xe80&errors=1" }, "#transactions", "ol"],
    [{ view: "sessions", session: "0x10000337d0c0015", at: "0xf08" }, "#session", "dl"],
    [{ view: "space", path: "/busy", at: "0xe00" }, "#space", ".cell"],
  ] as const) {
    await watched.show(hash);
    await watched.page.waitForSelector(`${part} ${ready}`);
    lines.push(...(await copied(watched, part)));
  }
  expect(lines.length).toBe(4);
  for (const line of lines) expect([zkrewind(wordsOf(line)).code, line]).toEqual([0, line]);
  await watched.close();
  await explorer.end();
});
