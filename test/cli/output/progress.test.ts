import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { BIN, shell, zkrewind } from "../run.js";

const SOURCE = fixtureDir("3.8.6-standalone");
const FOLDER = mkdtempSync(join(tmpdir(), "zkrewind-progress-"));
/** As if everything took long. */
const AT_ONCE = { ZKREWIND_PATIENCE: "0" };
const BAR = /[█░]+ +\d+% {2}[\d.]+ k?M?B?(bytes)? of [\d.]+ [kM]B {2}[\d.]+ \w+\/s/;
const CLEAR = "\u001b[2K";

/** Runs a shell line on a pseudo terminal; answers all that came out of that. */
function onTerminal(line: string, env: Record<string, string> = AT_ONCE): string {
  const command = line.replaceAll("$ZKREWIND", `'${process.execPath}' '${BIN}'`);
  const done = spawnSync("script", ["-qec", `bash -c "${command}"`, "/dev/null"], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    encoding: "utf8",
  });
  return done.stdout;
}

describe("progress", () => {
  afterAll(() => rmSync(FOLDER, { recursive: true }));

  it.each([
    ["verify", `$ZKREWIND verify ${SOURCE}`],
    ["info", `$ZKREWIND info ${SOURCE}`],
    ["ls", `$ZKREWIND ls ${SOURCE}`],
    ["export", `$ZKREWIND export ${SOURCE} -o /dev/null`],
    ["export --order file", `$ZKREWIND export ${SOURCE}/version-2/snapshot.e3c --order file -o /dev/null`],
    ["restore", `$ZKREWIND restore ${SOURCE} -o ${FOLDER}/restored`],
    ["history", `$ZKREWIND history ${SOURCE} /counters -r > /dev/null`],
    ["compare", `$ZKREWIND compare ${SOURCE} ${SOURCE}`],
    ["--node", `$ZKREWIND stat ${SOURCE} / --node ${SOURCE}`],
    ["log to a file", `$ZKREWIND log ${SOURCE} > /dev/null`],
  ])("of %s is a bar that goes away again", (_, line) => {
    const seen = onTerminal(line);
    expect(seen).toMatch(BAR);
    const last = seen.lastIndexOf("\u001b[1G");
    expect(seen.slice(last)).toContain(CLEAR);
    expect(seen.slice(last)).not.toMatch(BAR);
  });

  it("is gone before a message, and before results", () => {
    const seen = onTerminal(`$ZKREWIND ls ${SOURCE} /acl`);
    expect(seen.slice(seen.lastIndexOf(CLEAR) + CLEAR.length)).toMatch(/^at 0xf08 .*\r\nchanged\r\nkind0\r\n/);
  });

  it("leaves output alone that somebody reads", () => {
    for (const line of [`$ZKREWIND log ${SOURCE}`, `$ZKREWIND log ${SOURCE} | cat`]) {
      const seen = onTerminal(line);
      expect(seen.slice(seen.indexOf("createSession"))).not.toContain("\u001b");
    }
  });

  it("is nowhere without a terminal, with --no-progress, or where it is over soon", () => {
    expect(shell(`ZKREWIND_PATIENCE=0 $ZKREWIND verify ${SOURCE}`).stderr).toBe("");
    for (const place of [`--no-progress verify ${SOURCE}`, `verify ${SOURCE} --no-progress`])
      expect(onTerminal(`$ZKREWIND ${place}`)).not.toContain("\u001b");
    expect(onTerminal(`$ZKREWIND verify ${SOURCE}`, {})).not.toContain("\u001b");
    expect(zkrewind(["--help"]).stdout).toContain("--no-progress");
  });
});
