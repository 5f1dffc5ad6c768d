import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hex } from "../../../src/storage/zxid.js";
import { zkrewind } from "../../cli/run.js";
import { hasLogFolder, withCase, writeFiles } from "../../recovery/servers/case-directory.js";
import { CASES, type ServerCase } from "../../recovery/servers/cases.js";
import { DATA, type Files } from "../../recovery/servers/files.js";
import { MODES } from "../../recovery/servers/observed.js";
import { chosenReleases, WHICH } from "./chosen.js";
import { observe, type Seen } from "./observe.js";

/**
 * What `restore` and `salvage` make of each case: servers start on what the first makes, and do with what the second makes
 * what `verify` says. ZKREWIND_SERVERS=all tries every case on every release, else a sample; ZKREWIND_CASES: a pattern
 * of cases' names.
 */
const WHOLE = WHICH !== "sample";
const SAMPLE =
  /^(hole|zero-page|middle-log-empty|log-magic|crc-newest|torn-tail|logs-from-beginning|record-over-limit|gzipped-logs|interchanged|snapshots-bit|unknown-type|ttl.*|containers?)$/;
const releases = chosenReleases();
const pattern = process.env.ZKREWIND_CASES;
const cases = CASES.filter(({ name }) => (pattern ? new RegExp(pattern).test(name) : WHOLE || SAMPLE.test(name)));

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-outputs-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Of each case what was restored and what was salvaged, where there is anything. */
const made: (ServerCase & { by: "restore" | "salvage" })[] = [];

for (const each of cases) {
  const folder = join(scratch, each.name);
  const files = await each.files();
  writeFiles(folder, files);
  const source = [join(folder, "data"), ...(hasLogFolder(files) ? ["--log-dir", join(folder, "log")] : [])];
  for (const by of ["restore", "salvage"] as const) {
    const target = join(scratch, `${each.name}-${by}`);
    // As the command itself asks for, where the latest state cannot be had exactly.
    let said = "";
    for (const how of by === "restore" ? [[], ["--newest-exact"], ["--inexact"]] : [[]])
      if (!existsSync(target)) said = zkrewind([by, ...source, "-o", target, ...how]).stdout;
    if (!existsSync(target)) continue;
    const output = filesOf(target);
    if (output.size > 0) {
      const name = `${each.name}, ${by}`;
      made.push({ name, title: each.title, by, files: async () => output, ...(by === "restore" ? needs(said) : {}) });
    }
  }
}

/** The settings without which servers do not start on it, as restore says. */
function needs(said: string): Pick<ServerCase, "juteMaxbuffer" | "digestsOff"> {
  const [, bytes] = /-Djute\.maxbuffer=(\d+)/.exec(said) ?? [];
  return {
    ...(bytes === undefined ? {} : { juteMaxbuffer: Number(bytes) }),
    ...(said.includes("-Dzookeeper.digest.enabled=false") ? { digestsOff: true } : {}),
  };
}

function filesOf(target: string): Files {
  const version = join(target, "version-2");
  return new Map(readdirSync(version).map((name) => [DATA + name, readFileSync(join(version, name))]));
}

describe("real servers do what verify says of what was made", () => {
  test("something was made of each case that holds anything", () => {
    expect(made.length).toBeGreaterThan(cases.length);
  });

  for (const release of releases)
    test(release.name, async () => {
      const seen = new Map(
        (await observe(release.name, made, [...MODES])).map((one) => [`${one.name} ${one.kind}`, one]),
      );
      const wrong: string[] = [];
      for (const each of made)
        await withCase(each, async (verdicts) => {
          for (const mode of MODES) {
            const start = seen.get(`${each.name} ${mode}`) as Seen;
            const verdict = await verdicts.verdict(release, mode);
            const zxid = start.starts ? (mode === "ensemble" ? start.loaded : start.serves) : null;
            const told = verdict.zxid === null ? null : hex(verdict.zxid);
            if (told !== zxid)
              wrong.push(`${each.name}, ${mode}: comes up at ${zxid}, not ${told}: ${start.problems.at(-1) ?? ""}`);
            if (each.by === "restore" && !start.starts) wrong.push(`${each.name}, ${mode}: does not start`);
          }
        });
      expect(wrong).toEqual([]);
    });
});
