import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { crc32cImplementation } from "../../src/checksum/index.js";
import { zkrewind } from "./run.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");

it.each([
  ["--version", "--verbose"],
  ["--verbose", "-V"],
])("%s %s tells what it runs on", (...args) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const { code, stdout, stderr } = zkrewind(args);
  expect([code, stderr]).toEqual([0, ""]);
  const [first, node, crc32c] = stdout.split("\n");
  expect(first).toBe(version);
  expect(node).toBe(`node     ${process.version}, ${process.platform} ${process.arch}`);
  expect(crc32c).toMatch(new RegExp(`^CRC-32C  ${crc32cImplementation()}`));
});
