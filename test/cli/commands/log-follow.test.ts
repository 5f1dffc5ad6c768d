import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { ndjsonOf, start, zkrewind } from "../run.js";

const LOGS = join(fixtureDir("3.8.6-standalone"), "version-2");

it("zkrewind log --follow tells what comes from now on, filtered, and ends whole at Ctrl-C", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-follow-"));
  copyFileSync(join(LOGS, "log.76d"), join(folder, "log.76d"));
  const child = start(["log", folder, "--follow", "--op", "closeSession", "--format", "ndjson"]);
  let out = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  await sleep(1000);
  copyFileSync(join(LOGS, "log.aa0"), join(folder, "log.aa0"));
  for (let tries = 0; tries < 100 && !out.includes('"0xe1b"'); tries++) await sleep(50);
  child.kill("SIGINT");
  const code = await new Promise((resolve) => child.once("exit", resolve));
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
  const expected = ndjsonOf(
    zkrewind(["log", join(LOGS, "log.aa0"), "--op", "closeSession", "--format", "ndjson"]).stdout,
  );
  expect(ndjsonOf(out).slice(1)).toEqual(expected.slice(1));
});

it("does not go with what needs an end", () => {
  for (const other of ["--reverse", "--stats=op", "--output=x"])
    expect(zkrewind(["log", LOGS, "--follow", other]).code, other).toBe(2);
});
