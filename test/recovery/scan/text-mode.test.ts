import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { salvage } from "../../../src/forensics/salvage/salvage.js";
import { discover, verify } from "../../../src/recovery/index.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

/** A copy of a fixture that went through a text mode, as it is stored. */
function converted(fixture: string): string {
  const source = join(folder(), "data");
  cpSync(fixtureDir(fixture), source, { recursive: true });
  for (const name of filesOf(source)) {
    const path = join(source, "version-2", name);
    writeFileSync(path, readFileSync(path).toString("latin1").replaceAll("\n", "\r\n"), "latin1");
  }
  return source;
}

function filesOf(source: string): string[] {
  return readdirSync(join(source, "version-2")).filter((name) => /^(log|snapshot)\./.test(name));
}

test.each(["3.8.6-standalone", "3.4.14-standalone", "3.9.5-gzip", "3.9.5-snappy"])(
  "%s: each damaged file is told for what it is, and salvage takes the text mode out",
  async (fixture) => {
    const source = converted(fixture);
    const { findings, snapshots, logs } = await verify(discover([source]), { replay: false });
    const damaged = findings.filter(({ file, code }) => file !== undefined && code !== "coverage.gap");
    expect(new Set(damaged.filter(({ severity }) => severity === "error").map(({ code }) => code))).toEqual(
      new Set(["file.text-mode"]),
    );
    expect([...snapshots, ...logs].some(({ lineEnds }) => lineEnds !== null)).toBe(true);
    const target = join(folder(), "saved");
    const { whole, files } = await salvage(discover([source]), target);
    expect(whole).toBe(true);
    expect(new Set(files.map(({ fate }) => fate))).toEqual(
      new Set(["converted", "copied"].filter((fate) => files.some((file) => file.fate === fate))),
    );
    for (const name of filesOf(source)) {
      const [saved, original] = [join(target, "version-2", name), join(fixtureDir(fixture), "version-2", name)];
      expect([name, readFileSync(saved).equals(readFileSync(original))]).toEqual([name, true]);
    }
  },
);

test("a text mode does not explain damage that it does not cure", async () => {
  const source = converted("3.8.6-standalone");
  const name = filesOf(source).find((each) => each.startsWith("snapshot.") && each !== "snapshot.0") as string;
  const path = join(source, "version-2", name);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0x40;
  writeFileSync(path, bytes);
  const { findings } = await verify(discover([path]), { replay: false });
  expect(findings.map(({ code }) => code)).not.toContain("file.text-mode");
});

test("of a log that is damaged otherwise too, what is left is told", async () => {
  const source = converted("3.8.6-standalone");
  const name = filesOf(source).find((each) => each.startsWith("log.")) as string;
  const path = join(source, "version-2", name);
  const bytes = readFileSync(path);
  bytes[40] = (bytes[40] as number) ^ 0x40;
  writeFileSync(path, bytes);
  const { findings } = await verify(discover([path]), { replay: false });
  const codes = findings
    .filter(({ severity, file }) => severity === "error" && file !== undefined)
    .map(({ code }) => code);
  expect(codes).toContain("file.text-mode");
  expect(codes).toContain("log.crc");
});
