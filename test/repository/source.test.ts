import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import { type Result, zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { FakeServer, nextEpoch, txnsAfter } from "./fake-server.js";
import { newRepository, ship } from "./shipping.js";

const SOURCE = fixtureDir("3.8.6-standalone");
let folder = "";
let repo = "";
/** Two copies, each of which has lost what the other has. */
let [withoutLogs, withoutSnapshots] = ["", ""];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-source-"));
  [repo, withoutLogs, withoutSnapshots] = [join(folder, "repo"), join(folder, "logless"), join(folder, "bare")];
  zkrewind(["backup", "init", repo]);
  zkrewind(["backup", "run", SOURCE, "--repo", repo]);
  for (const copy of [withoutLogs, withoutSnapshots]) cpSync(repo, copy, { recursive: true });
  rmSync(join(withoutLogs, "log"), { recursive: true });
  rmSync(join(withoutSnapshots, "snapshot"), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is asked of a directory and of a repository, "@" for either: all of what is answered is the same. */
const SAME: Record<string, string[][]> = {
  log: [
    ["@", "--from", "0xe00"],
    ["@", "-n", "20", "--json"],
  ],
  ls: [["@", "/", "-lR", "--at", "0x700"]],
  tree: [["@", "/", "--depth", "2"]],
  cat: [["@", "/busy/f1-0-177-0000000117"]],
  stat: [["@", "/", "--at", "0xa9f"]],
  export: [["@", "--at", "0x9ff"]],
  history: [["@", "/", "-r", "--from", "0xf00"]],
  sessions: [["@", "--all"]],
  session: [["@", "SESSION"]],
  diff: [["@", "--from", "0xe00"]],
  undo: [["@", "--from", "0xf00"]],
  find: [["@", "/", "--kind", "ephemeral"]],
  du: [["@", "--at", "0xf00"]],
};

/** What says which files there are: those of a repository are others. What is said of the history is the same. */
const FIELDS: Record<string, { args: string[]; fields: string[] }> = {
  verify: {
    args: ["@", "--json"],
    fields: ["sound", "exact", "later", "gaps", "transactions", "applied", "digestsMatched"],
  },
  info: { args: ["@", "--json"], fields: ["exact", "later", "gaps"] },
  compare: { args: ["@", SOURCE, "--json"], fields: ["shared", "line", "common", "divergence", "tails", "observers"] },
};

/** What makes files, and what is looked at in them. */
const MAKES: Record<string, (source: string, out: string) => string> = {
  restore: (source, out) => {
    expect(zkrewind(["restore", source, "--at", "0xe00", "-o", out]).code).toBe(0);
    return zkrewind(["export", out]).stdout.replaceAll(out, "");
  },
  salvage: (source, out) => {
    expect(zkrewind(["salvage", source, "-o", out]).code).toBe(0);
    return zkrewind(["export", out, "--at", "0xf08"]).stdout.replaceAll(out, "");
  },
  report: (source, out) => {
    expect(zkrewind(["report", source, "-o", `${out}.html`]).code).toBe(0);
    return readFileSync(`${out}.html`, "utf8").slice(0, 15);
  },
  bundle: (source, out) => {
    expect(zkrewind(["bundle", source, "-o", `${out}.tar.gz`]).code).toBe(0);
    return String(readdirSync(folder).length > 0);
  },
};

/** These read no source, or talk: explain is asked of a message, explore and shell are tested by what they answer. */
const OTHERS = ["build", "convert", "retention", "backup", "explain", "shell", "explore", "completion"];

function asked(command: string, args: readonly string[], ...sources: string[]): Result {
  const session = SESSION.exec(zkrewind(["sessions", SOURCE, "--all"]).stdout)?.[0] ?? "";
  const whole = args.flatMap((each) => (each === "@" ? sources : [each.replace("SESSION", session)]));
  const result = zkrewind([command, ...whole]);
  const places = sources.reduce(
    (text, each) => text.replaceAll(each, "@"),
    result.stdout.replaceAll(sources.join(","), "@"),
  );
  return { ...result, stdout: places.replaceAll(/"source":\[("@",?)+\]/g, '"source":["@"]') };
}

const SESSION = /0x[0-9a-f]{10,16}/;

test("every command that there is, is asked of a repository below, or reads none", () => {
  const covered = [...Object.keys(SAME), ...Object.keys(FIELDS), ...Object.keys(MAKES), ...OTHERS];
  expect(covered.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});

describe("a repository answers as the directory does", () => {
  test.each(Object.keys(SAME))("%s", (command) => {
    for (const args of SAME[command] ?? []) {
      const [plain, stored] = [asked(command, args, SOURCE), asked(command, args, repo)];
      expect([stored.code, stored.stdout], stored.stderr).toEqual([plain.code, plain.stdout]);
      expect(plain.stdout.length).toBeGreaterThan(0);
    }
  });

  test.each(Object.keys(FIELDS))("%s", (command) => {
    const { args, fields } = FIELDS[command] as (typeof FIELDS)[string];
    const [plain, stored] = [SOURCE, repo].map((source) => {
      const { stdout } = asked(command, args, source);
      const document = JSON.parse(stdout) as Record<string, unknown>;
      expect(Object.keys(document)).toEqual(expect.arrayContaining(fields));
      return fields.map((field) => [field, withoutFiles(document[field])]);
    });
    expect(stored).toEqual(plain);
  });

  test.each(Object.keys(MAKES))("%s", (command) => {
    const [plain, stored] = [SOURCE, repo].map((source, index) =>
      MAKES[command]?.(source, join(folder, `${command}-${index}`)),
    );
    expect(stored).toBe(plain);
  });
});

/** Which file a range is built from differs. */
function withoutFiles(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, each: unknown) => (key === "base" || key === "file" ? undefined : each)),
  );
}

test("with each repository partly lost the others fill in", () => {
  for (const [command, args] of [
    ["export", ["@", "--at", "0x9ff"]],
    ["sessions", ["@", "--all"]],
    ["export", ["@"]],
  ] as const) {
    const plain = asked(command, args, SOURCE);
    const both = asked(command, args, withoutLogs, withoutSnapshots);
    expect([both.code, both.stdout.split("\n").slice(1)], both.stderr).toEqual([0, plain.stdout.split("\n").slice(1)]);
    // Alone it is told what is missing.
    expect(zkrewind([command, ...args.map((each) => (each === "@" ? withoutLogs : each))]).stderr).toContain(
      "backup.lost",
    );
  }
  expect(zkrewind(["verify", withoutLogs, withoutSnapshots, "-q"]).code).toBe(0);
});

test("a branch is read by its name, by every command, and not otherwise", async () => {
  const server = new FakeServer(join(folder, "server"), 1);
  const store = await newRepository(join(folder, "branched"));
  server.append(...txnsAfter(1n << 32n, 5, "kept"), ...txnsAfter((1n << 32n) + 5n, 3, "dead"));
  await ship(server, [store]);
  server.truncate((1n << 32n) + 5n);
  server.append(...txnsAfter(nextEpoch(server.last), 2, "new"));
  await ship(server, [store]);
  const { branches } = (
    JSON.parse(zkrewind(["backup", "list", store.location, "--json"]).stdout) as {
      together: { branches: { name: string }[] };
    }
  ).together;
  expect(branches).toHaveLength(1);
  const zxids = (...more: string[]): string[] =>
    zkrewind(["log", store.location, "--json", ...more]).stdout.match(/"zxid":"0x[0-9a-f]+"/g) ?? [];
  expect(zxids()).not.toContain('"zxid":"0x100000007"');
  expect(zxids()).toContain('"zxid":"0x200000001"');
  const branch = zxids("--branch", branches[0]?.name ?? "");
  expect(branch).toContain('"zxid":"0x100000007"');
  expect(branch).not.toContain('"zxid":"0x200000001"');
  const history = zkrewind(["history", store.location, "/a", "--branch", branches[0]?.name ?? ""]).stdout;
  expect(history).toContain("0x100000007");
});
