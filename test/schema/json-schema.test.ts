import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { fixtureDir, type Source, sources, specialSources } from "../fixtures/index.js";
import { THOROUGH } from "../thorough.js";
import { commandsFor } from "./commands.js";
import { definitions, problemsOfDocument, problemsOfLines, seen } from "./validate.js";

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "zkrewind-schema-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test("docs/json.schema.json is what schema/ says", () => {
  const build = fileURLToPath(new URL("../../schema/build.mjs", import.meta.url));
  execFileSync(process.execPath, [build, "--check"]);
});

async function check(source: Pick<Source, "path" | "logDir">): Promise<void> {
  const folder = mkdtempSync(join(scratch, "commands-"));
  for (const { args, lines } of await commandsFor(source, folder)) {
    checkOne(args, "json");
    if (lines) checkOne(args, "ndjson");
  }
  rmSync(folder, { recursive: true, force: true });
}

function checkOne(args: readonly string[], format: "json" | "ndjson"): void {
  const { stdout, stderr, code } = zkrewind([...args, "--format", format]);
  const what = `${args.join(" ")} --format ${format}`;
  expect([0, 1, 4], `${what}: ${stderr}`).toContain(code);
  if (stdout !== "") expect((format === "json" ? problemsOfDocument : problemsOfLines)(stdout), what).toEqual([]);
}

describe.runIf(THOROUGH).each([...sources, ...specialSources])("every command's JSON on $title", (source) => {
  it("is as the schema says", () => check(source), 600_000);
});

describe("every command's JSON", () => {
  it("of a server's directory is as the schema says", async () => {
    await check({ path: fixtureDir("3.8.6-standalone"), logDir: undefined });
    const servers = [1, 2, 3].map((server) => join(fixtureDir("ensemble-divergent"), `server${server}`));
    checkOne(["compare", ...servers], "json");
    const exported = join(scratch, "tree.ndjson");
    zkrewind(["export", fixtureDir("3.8.6-standalone"), "-o", exported]);
    const snapshot = join(fixtureDir("3.8.6-standalone"), "version-2/snapshot.a9f");
    checkOne(["convert", snapshot, "-o", join(scratch, "converted")], "json");
    checkOne(["build", exported, "-o", join(scratch, "built")], "json");
    expect(problemsOfDocument(readFileSync(join(scratch, "built/zkrewind-manifest.json"), "utf8"))).toEqual([]);
    const repository = join(scratch, "repository");
    zkrewind(["backup", "init", repository]);
    const status = join(scratch, "status.json");
    checkOne(["backup", "run", fixtureDir("3.8.6-standalone"), "--repo", repository, "--status", status], "json");
    expect(problemsOfDocument(readFileSync(status, "utf8"))).toEqual([]);
    const other = join(scratch, "other");
    zkrewind(["backup", "init", other]);
    checkOne(["backup", "list", repository, other, "--status", status], "json");
    checkOne(["backup", "verify", repository, "--deep"], "json");
    checkOne(["backup", "compact", repository], "json");
    checkOne(["backup", "sync", repository, other], "json");
    checkOne(["backup", "prune", repository, "--keep-window", "7d", "--keep-daily", "3", "--keep-weekly", "3"], "json");
    checkOne(["backup", "drill", repository], "json");
    const recipients = join(scratch, "recipients.txt");
    writeFileSync(recipients, "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n");
    checkOne(["backup", "rekey", repository, "--recipients-file", recipients], "json");
    const salvaged = join(scratch, "account");
    zkrewind(["salvage", fixtureDir("3.8.6-standalone"), "-o", salvaged]);
    expect(problemsOfDocument(readFileSync(join(salvaged, "salvage.json"), "utf8"))).toEqual([]);
    // Each has been written now (what is missing is below), and none goes without a check.
    const unseen = definitions().filter((name) => name !== "hole" && !seen.has(name));
    expect(unseen).toEqual([]);
  }, 120_000);

  it("of logs without a beginning is too", () => {
    const folder = join(scratch, "partial");
    cpSync(fixtureDir("3.8.6-standalone"), folder, { recursive: true });
    for (const name of readdirSync(join(folder, "version-2")))
      if (!name.startsWith("log.") || name === "log.1") rmSync(join(folder, "version-2", name));
    for (const args of [
      ["export", folder, "--inexact"],
      ["restore", folder, "--inexact", "--partial", "--extended-types", "-o", join(scratch, "part")],
    ])
      checkOne(args, "json");
    const { stdout } = zkrewind(["export", folder, "--inexact"]);
    expect(JSON.parse(stdout.split("\n")[0] as string)).toMatchObject({ at: { exact: false, partial: true } });
  }, 60_000);

  it("of damaged files is too", () => {
    const folder = join(scratch, "damaged");
    cpSync(fixtureDir("3.8.6-standalone"), folder, { recursive: true });
    const log = join(folder, "version-2/log.76d");
    const bytes = readFileSync(log);
    bytes[4000] = (bytes[4000] as number) ^ 1;
    writeFileSync(log, bytes);
    rmSync(join(folder, "version-2/log.1"));
    for (const args of [
      ["info", folder],
      ["verify", folder],
      ["salvage", folder, "-o", join(scratch, "salvaged")],
      ["explain", "java.io.IOException: CRC check failed", folder],
    ])
      checkOne(args, "json");
    for (const args of [
      ["log", folder],
      ["export", folder, "--inexact", "--data", "none"],
      ["history", folder, "/busy", "-r"],
    ])
      checkOne(args, "ndjson");
    expect(seen).toContain("hole");
  }, 60_000);
});
