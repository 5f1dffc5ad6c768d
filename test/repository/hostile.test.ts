import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { crc32c } from "../../src/checksum/index.js";
import { hashOf, segmentName } from "../../src/repository/names.js";
import { zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { runs } from "../thorough.js";

const folder = temporaryFolder();
const SOURCE = fixtureDir("3.8.6-standalone");
let shared = "";
let made = "";
let key = "";
let tree = "";
let repo = "";

beforeAll(() => {
  shared = mkdtempSync(join(tmpdir(), "zkrewind-hostile-"));
  made = join(shared, "made");
  zkrewind(["backup", "init", made]);
  key = /ed25519:\S+/.exec(zkrewind(["backup", "keygen", join(shared, "key")]).stdout)?.[0] ?? "";
  zkrewind(["backup", "run", SOURCE, "--repo", made, "--signing-key", join(shared, "key")]);
  tree = zkrewind(["export", made]).stdout.replaceAll(made, "");
  expect(tree).toContain('"type":"node"');
});

afterAll(() => rmSync(shared, { recursive: true, force: true }));

beforeEach(() => {
  repo = join(folder(), "repository");
  cpSync(made, repo, { recursive: true });
});

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(root, name)).isFile())
    .sort();
}

interface Document {
  previous: { name: string; sha256: string } | null;
  segments: Record<string, unknown>[];
  snapshots: Record<string, unknown>[];
  [key: string]: unknown;
}

function linksIn(root: string): string[] {
  return filesIn(root).filter((name) => name.startsWith("writers/"));
}

/** Forges the first link, which is whole: whoever can write to an unsigned repository can. */
function forge(change: (link: Document) => void): void {
  const [first = "", ...others] = linksIn(repo);
  for (const each of others) rmSync(join(repo, each));
  const link = JSON.parse(readFileSync(join(repo, first), "utf8").split("\n")[0] ?? "") as Document;
  change(link);
  writeFileSync(join(repo, first), JSON.stringify(link));
}

/** Puts an object in the place of the first segment's, with a link that fits it. */
function forgeSegment(bytes: Buffer, last = 1n): string {
  const name = segmentName(1n, last, "0".repeat(32), hashOf(bytes), false);
  mkdirSync(dirname(join(repo, name)), { recursive: true });
  writeFileSync(join(repo, name), bytes);
  forge((link) => {
    const [segment = {}] = link.segments;
    const sum = crc32c(bytes).toString(16).padStart(8, "0");
    link.segments = [{ ...segment, name, size: bytes.length, crc32c: sum, after: null }];
  });
  return name;
}

const first = <T>(list: T[]): T => list[0] as T;

/** What somebody does to a repository, and what is said of it. */
const ATTACKS: Record<string, [attack: () => void, words: RegExp]> = {
  "a name that leads up": [
    () => forge(({ segments }) => (first(segments)["name"] = "log/../../../etc/x")),
    /its name is not/,
  ],
  "an absolute name": [() => forge(({ segments }) => (first(segments)["name"] = "/etc/passwd")), /its name is not/],
  "a name with a NUL": [() => forge(({ segments }) => (first(segments)["name"] = "log/\0")), /its name is not/],
  "a size without bounds": [() => forge(({ segments }) => (first(segments)["size"] = 2 ** 52)), /its size is not/],
  "a negative size": [() => forge(({ segments }) => (first(segments)["size"] = -1)), /its size is not/],
  "a snapshot that cannot come of its parts": [
    () => {
      // The snapshots are in the second link.
      const name = linksIn(repo)[1] ?? "";
      const link = JSON.parse(readFileSync(join(repo, name), "utf8").split("\n")[0] ?? "") as Document;
      first(link.snapshots)["bytes"] = 2 ** 50;
      writeFileSync(join(repo, name), JSON.stringify(link));
    },
    /its bytes is not/,
  ],
  "voters a million deep": [
    () => {
      const [name = ""] = linksIn(repo);
      const text = readFileSync(join(repo, name), "utf8").split("\n")[0] ?? "";
      const deep = "[".repeat(1e6) + "]".repeat(1e6);
      writeFileSync(join(repo, name), text.replace(/"voters":(\[[^\]]*\]|null)/, `"voters":${deep}`));
    },
    /its voters is not|not JSON/,
  ],
  "a link of a gigabyte": [() => truncateSync(join(repo, linksIn(repo)[0] ?? ""), 1 << 30), /longer than any link/],
  "a repository.json of a gigabyte": [() => truncateSync(join(repo, "repository.json"), 1 << 30), /not JSON/],
  "a pipe for repository.json": [
    () => {
      rmSync(join(repo, "repository.json"));
      execFileSync("mkfifo", [join(repo, "repository.json")]);
    },
    /is not a backup repository/,
  ],
  "a newer format": [() => forge((link) => (link["format"] = 2)), /of format 2, and this zkrewind reads up to 1/],
  "a link that continues itself": [
    () => forge((link) => (link.previous = { name: linksIn(repo)[0] ?? "", sha256: "0".repeat(64) })),
    /its name is not/,
  ],
  "two links that continue each other": [
    () => {
      const [one = "", two = ""] = linksIn(repo);
      for (const [name, other] of [
        [one, two],
        [two, one],
      ] as const) {
        const link = JSON.parse(readFileSync(join(repo, name), "utf8").split("\n")[0] ?? "") as Document;
        const sha256 = createHash("sha256")
          .update(readFileSync(join(repo, other)))
          .digest("hex");
        writeFileSync(join(repo, name), JSON.stringify({ ...link, previous: { name: other, sha256 } }));
      }
    },
    /is not what the format says|is missing or damaged/,
  ],
  "a link under another server's name": [
    () => renameSync(join(repo, "writers/standalone"), join(repo, "writers/7")),
    /its server is not/,
  ],
  "a folder that is a link to elsewhere": [
    () => {
      renameSync(join(repo, "log"), join(folder(), "elsewhere"));
      symlinkSync(join(folder(), "elsewhere"), join(repo, "log"));
    },
    /log is a symbolic link: none is followed|is missing/,
  ],
  "a bomb": [
    () => forgeSegment(gzipSync(Buffer.alloc(300 << 20), { level: 1 })),
    /decompresses to more than it can have/,
  ],
  "an object that is no gzip": [() => forgeSegment(Buffer.from("nothing of the kind")), /gzip: incorrect header check/],
  "a log without a record": [() => forgeSegment(gzipSync(Buffer.from("ZKLG"))), /it is no transaction log/],
  "a segment of half of all zxids": [
    () => forgeSegment(gzipSync(Buffer.from("ZKLG\0\0\0\x02\0\0\0\0\0\0\0\0", "latin1")), 0x7fff_ffffn),
    /are not those that its name says/,
  ],
  "an object under another's name": [
    () => {
      const parts = filesIn(repo).filter((name) => name.startsWith("snapshot/"));
      const log = filesIn(repo).find((name) => name.startsWith("log/")) ?? "";
      cpSync(join(repo, parts[0] ?? ""), join(repo, log));
    },
    /bytes, not|its bytes are not those|another size/,
  ],
};

test.each(Object.entries(ATTACKS))(
  "%s is refused in words, with no harm done",
  (_, [attack, words]) => {
    attack();
    const [before, around] = [filesIn(repo), readdirSync(folder())];
    const out = join(folder(), "out");
    const results = [
      zkrewind(["backup", "verify", repo]),
      zkrewind(["backup", "list", repo]),
      zkrewind(["restore", repo, "-o", out]),
      zkrewind(["verify", repo]),
    ];
    const said = results.map(({ stdout, stderr }) => stdout + stderr).join("\n");
    expect(said).toMatch(words);
    expect(said).not.toMatch(/internal error|heap|\n +at /);
    // Restored is what can be, or nothing: never anything else without a word.
    expect([1, 3, 4]).toContain(results[3]?.code);
    expect(results[2]?.code, results[2]?.stderr).not.toBe(0);
    expect([filesIn(repo), readdirSync(folder()).filter((name) => name !== basename(out))]).toEqual([before, around]);
  },
  60_000,
);

test("a link that another key signed, or whose signature does not fit, is believed by nobody who pins keys", () => {
  const other = /ed25519:\S+/.exec(zkrewind(["backup", "keygen", join(folder(), "other")]).stdout)?.[0] ?? "";
  expect(zkrewind(["backup", "verify", repo, "--trust", key]).code).toBe(0);
  const foreign = zkrewind(["ls", repo, "/", "--trust", other]);
  expect([foreign.code === 0, foreign.stderr]).toEqual([false, expect.stringContaining("signed by another key")]);
  forge((link) => (link["time"] = "2030-01-01T00:00:00.000Z"));
  const forged = zkrewind(["ls", repo, "/", "--trust", key]);
  expect([forged.code === 0, forged.stderr]).toEqual([false, expect.stringContaining("it is not signed")]);
});

test("whatever byte of a repository is changed, verify finds it, and nothing else is given for the state without a word", () => {
  const names = filesIn(made).filter((name) => /^(log|snapshot|config|writers)\//.test(name));
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom("flip", "cut", "add"),
      (name, where, mask, kind) => {
        const path = join(repo, name);
        const sound = readFileSync(join(made, name));
        const at = Math.floor(where * sound.length);
        const bytes = Buffer.from(sound);
        bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
        if (kind === "flip") writeFileSync(path, bytes);
        else writeFileSync(path, kind === "cut" ? sound.subarray(0, at) : Buffer.concat([sound, Buffer.from([mask])]));
        try {
          const verified = zkrewind(["backup", "verify", repo, "--trust", key, "-q"]);
          expect([1, 3]).toContain(verified.code);
          const { code, stdout, stderr } = zkrewind(["export", repo, "--trust", key]);
          expect(stderr).not.toContain("internal error");
          if (code === 0) expect(stdout.replaceAll(repo, "")).toBe(tree);
        } finally {
          writeFileSync(path, sound);
        }
      },
    ),
    runs(400, 12),
  );
}, 600_000);

test("a link that is missing in one repository is had from another, whichever is named first", () => {
  rmSync(join(repo, linksIn(repo)[0] ?? ""));
  expect(zkrewind(["verify", repo, "-q"]).code).toBe(1);
  for (const [a, b] of [
    [repo, made],
    [made, repo],
  ] as const) {
    const { code, stdout } = zkrewind(["export", "--at", "latest", a, b]);
    expect([code, stdout.split("\n").slice(1)]).toEqual([0, tree.split("\n").slice(1)]);
  }
});
