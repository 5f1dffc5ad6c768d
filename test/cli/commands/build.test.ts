import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampled } from "../../fixtures/index.js";
import { zkrewind } from "../run.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-build-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const fresh = (suffix = ""): string => join(folder, `${++made}${suffix}`);

function exported(source: readonly string[], data: string): string[] {
  const { code, stdout, stderr } = zkrewind(["export", ...source, "--format", "ndjson", "--data", data]);
  expect(code, stderr).toBe(0);
  return stdout.trimEnd().split("\n");
}

function build(
  lines: readonly string[],
  ...args: string[]
): { code: number | null; target: string; stdout: string; stderr: string } {
  const [file, target] = [fresh(".ndjson"), fresh()];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return { ...zkrewind(["build", file, "-o", target, ...args]), target };
}

describe("an export is built, and exported again: the same", () => {
  test.each(sampled.map((each) => [each.title, each] as const))("%s", (_, { path, logDir }) => {
    const source = [path, ...(logDir === undefined ? [] : ["--log-dir", logDir])];
    for (const data of ["auto", "base64"]) {
      const lines = exported(source, data);
      const { code, target, stderr } = build(lines);
      expect([code, stderr]).toEqual([0, ""]);
      const again = exported([target], data);
      expect(again.slice(1)).toEqual(lines.slice(1));
      const [before, after] = [lines[0], again[0]].map((line) => JSON.parse(line as string));
      expect([after.at.zxid, after.at.exact, after.digest.value]).toEqual([before.at.zxid, true, before.digest.value]);
      if (data === "auto") continue;
      expect(readFileSync(join(target, "version-2/currentEpoch"), "utf8")).toBe(String(before.at.epoch));
    }
  });
});

describe("what was edited", () => {
  const lines = [
    '{"type":"header","document":"tree","schema":1,"at":{"zxid":"0x5","exact":true},"digest":{"version":2,"value":"1"}}',
    '{"type":"node","path":"/app","data":"x"}',
    '{"type":"end"}',
  ];

  test("gets a raised epoch, and is refused without", () => {
    const { code, stdout, stderr } = build(lines, "--json");
    expect([code, stderr]).toEqual([0, expect.stringContaining("it was edited")]);
    expect(JSON.parse(stdout)).toMatchObject({ zxid: "0x1000000000", point: "0x5", epoch: 16 });
    expect(build(lines, "--no-bump-epoch").code).toBe(2);
  });

  test("errors are told by line, and nothing is written", () => {
    const { code, stderr, target } = build([
      ...lines.slice(0, 2),
      '{"type":"node","path":"/no/parent"}',
      '{"type":"end"}',
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("line 3: /no/parent: no line has its parent")]);
    expect(zkrewind(["info", target]).code).toBe(3);
    expect(zkrewind(["build", join(folder, "nowhere"), "-o", fresh()]).code).toBe(3);
  });
});

test("a seed for a whole ensemble", () => {
  const config = fresh(".cfg");
  writeFileSync(config, "dataDir=/d\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n");
  const { code, target } = build(['{"type":"node","path":"/app","data":"x"}'], "--ensemble", config);
  expect(code).toBe(0);
  for (const id of ["1", "2", "3"]) expect(zkrewind(["cat", join(target, id), "/app"]).stdout).toBe("x");
});
