import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JSON_KEYS } from "../../src/forensics/redact/json-keys.js";
import { zkrewind } from "./run.js";
import { damagedDirectory, runs, type SecretDirectory, Secrets, soundDirectory } from "./secret-directory.js";

const REDACT = ["--redact", "values,paths,ids"];
const secrets = new Secrets();
let scratch = "";
let sound: SecretDirectory;
let damaged: SecretDirectory;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "zkrewind-secrets-"));
  sound = await soundDirectory(join(scratch, "sound"), secrets);
  damaged = await damagedDirectory(join(scratch, "damaged"), secrets);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(["sound", "damaged"] as const)("of a %s directory", (which) => {
  test("nothing shows a name, a value or an id, whatever stands in it", async () => {
    const directory = which === "sound" ? sound : damaged;
    const keys = new Set<string>();
    for (const args of await runs(directory, secrets)) {
      const what = args.join(" ").replaceAll(scratch, "");
      const output = join(scratch, "output");
      const { stdout, stderr, code } = zkrewind([...args, ...REDACT]);
      expect(stdout.length + stderr.length, what).toBeGreaterThan(0);
      expect(stderr, what).not.toContain("internal error");
      expect([0, 1, 2, 4], `${what}: ${stderr}`).toContain(code);
      for (const text of [stdout, stderr]) expect(secrets.shownIn(text), `${what}: ${text}`).toBeUndefined();
      // CSV ends its rows with CRLF.
      expect((stdout + stderr).replaceAll("\r\n", "\n"), what).not.toMatch(/(?!\n)\p{Cc}|[\u202e\ufffd]/u);
      if (/json/.test(args.join()) && code !== 2) collectKeys(stdout, keys);
      rmSync(output, { force: true });
    }
    // What has no kind is hidden whole: a new key needs one.
    expect([...keys].filter((key) => !Object.hasOwn(JSON_KEYS, key) && !SPECIAL.has(key)).sort()).toEqual([]);
  }, 600_000);
});

/** Keys whose strings are told apart by what stands around them. */
const SPECIAL = new Set(["data", "id", "name", "value"]);

/** The keys that have strings. */
function collectKeys(text: string, keys: Set<string>): void {
  const take = (value: unknown, key: string): void => {
    if (typeof value === "string") keys.add(key);
    else if (Array.isArray(value)) for (const each of value) take(each, key);
    else if (typeof value === "object" && value !== null)
      for (const [name, each] of Object.entries(value)) take(each, name);
  };
  for (const document of text.startsWith('{"type":"header"') ? text.trimEnd().split("\n") : [text])
    if (document.startsWith("{")) take(JSON.parse(document), "");
}

test("what is written to a file is redacted as well", () => {
  for (const args of [
    ["ls", sound.folder, "-R", "/"],
    ["export", sound.folder],
    ["verify", damaged.folder],
  ]) {
    const output = join(scratch, `written-${args[0]}`);
    zkrewind([...args, "-o", output, ...REDACT]);
    const text = readFileSync(output, "utf8");
    expect(text.length).toBeGreaterThan(100);
    expect(secrets.shownIn(text)).toBeUndefined();
  }
});

test("what is not redacted is noticed", () => {
  const { folder, path } = damaged;
  for (const args of [
    ["ls", folder, "/", "-R", "--inexact"],
    ["verify", folder],
    ["verify", folder, "--json"],
    ["export", folder, "--inexact", "--data", "base64"],
    ["export", folder, "--inexact", "--data", "hex"],
    ["stat", folder, `${path}/x`, "--inexact"],
    ["log", folder, "--from", path],
  ]) {
    const { stdout, stderr } = zkrewind(args);
    expect(secrets.shownIn(stdout + stderr), args.join(" ")).toBeDefined();
  }
});
