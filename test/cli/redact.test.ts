import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readTimeline } from "../../src/forensics/history/timeline.js";
import { discover, rebuild } from "../../src/recovery/index.js";
import { readZnode } from "../../src/tree/index.js";
import { readTxn, type Txn } from "../../src/txn/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { linesFor } from "./lines.js";
import { zkrewind } from "./run.js";
import { THOROUGH } from "../thorough.js";

/** What a source holds that nobody may see. */
interface Secrets {
  names: Set<string>;
  values: Set<string>;
  ids: Set<string>;
}

/** Shorter ones can come out by chance. */
const LEAST = 6;
const OWN = /^(zookeeper|quota|config|zookeeper_limits|zookeeper_stats)$/;
/** Names in the fixtures that are words of our own output as well; where they stand in a path, they are looked for. */
const OUR_WORDS = /^(queue|nested|binary|changed|counters|members|containers|children|session|digest|values)$/;

async function secretsOf(folder: string): Promise<Secrets> {
  const secrets: Secrets = { names: new Set(), values: new Set(), ids: new Set() };
  const directory = discover([folder]);
  const { tree } = await rebuild(directory, undefined, { inexact: true });
  for (let slot = 0; slot < tree.znodes.slots; slot++) {
    if (!tree.znodes.exists(slot)) continue;
    const { path, data, acl } = readZnode(tree, slot);
    note(secrets, path, data, acl);
  }
  await readTimeline(
    directory.logs,
    { from: null, to: null },
    {
      begin() {},
      take: (cursor) => noteTxn(secrets, readTxn(cursor)),
    },
  );
  return secrets;
}

function noteTxn(secrets: Secrets, txn: Txn): void {
  for (const path of [txn.path ?? "/", ...(txn.paths ?? [])]) note(secrets, path, txn.data, txn.acl);
  for (const member of txn.members ?? []) noteTxn(secrets, member);
}

function note({ names, values, ids }: Secrets, path: string, data: Txn["data"], acl: Txn["acl"]): void {
  for (const name of path.split("/")) {
    const own = name.replace(/-?\d{10}$/, "");
    if (own.length >= LEAST && !OWN.test(own)) names.add(own);
  }
  if (data && data.length >= 8) {
    values
      .add(data.toString("utf8"))
      .add(data.toString("base64").slice(0, 1000))
      .add(data.toString("hex").slice(0, 1000));
    for (const line of data.toString("utf8").split("\n")) if (line.length >= 8) values.add(line);
  }
  for (const { id } of acl ?? []) {
    if (id === null || id === "anyone") continue;
    for (const part of [id, ...id.split(":")]) if (part.length >= LEAST) ids.add(part);
  }
}

function expectHidden(output: string, { names, values, ids }: Secrets, what: string): void {
  // Names stand alone, in paths, in quotes and behind marks.
  const tokens = output.split(/[\s"',;:()[\]{}\\]+/);
  for (const token of tokens) {
    for (const [index, part] of token.split("/").entries()) {
      const own = part.replace(/-?\d{10}$/, "");
      if (index === 0 && OUR_WORDS.test(own)) continue;
      if (names.has(own)) throw new Error(`${what} shows the name ${own} in ${token}`);
    }
  }
  for (const id of ids) if (output.includes(id)) throw new Error(`${what} shows the id ${id}`);
  // By their first eight characters, at every place at once.
  const beginnings = new Map<string, string[]>();
  for (const value of [...values].flatMap((each) => [each, JSON.stringify(each).slice(1, -1)])) {
    const begin = value.slice(0, 8);
    // Text cuts long values.
    const enough = value.slice(0, 16);
    const list = beginnings.get(begin);
    if (list) list.push(enough);
    else beginnings.set(begin, [enough]);
  }
  const begins = new Uint8Array(1 << 16);
  for (const begin of beginnings.keys()) begins[begin.charCodeAt(0)] = 1;
  for (let at = 0; at + 8 <= output.length; at++) {
    if (begins[output.charCodeAt(at)] === 0) continue;
    const found = beginnings.get(output.slice(at, at + 8))?.find((value) => output.startsWith(value, at));
    if (found !== undefined) throw new Error(`${what} shows the value ${found.slice(0, 80)}`);
  }
}

const POINTS = ["--from", "0x300", "--to", "0x400"];

/** What commands print in other ways than their formats. */
function more(folder: string, path: string): Record<string, string[][]> {
  return {
    log: [
      [folder, "--data"],
      [folder, "--format", "ndjson", "--data", "base64"],
    ],
    ls: [[folder, "/busy", "-lR"]],
    cat: [[folder, `${path}-missing`]],
    stat: [[folder, "/acl/kind1"]],
    export: [
      [folder, "--data", "base64"],
      [folder, "--data", "hex"],
      [folder, "--txns"],
      [join(folder, "version-2/snapshot.0"), "--order", "file"],
    ],
    history: [
      [folder, "/", "-r"],
      [folder, "/", "-r", "--format", "ndjson"],
      [folder, "/", "-r", "--format", "json"],
    ],
    diff: [
      [folder, ...POINTS, "--all", "--stat"],
      [folder, ...POINTS, "--format", "ndjson", "--data", "base64"],
    ],
    undo: [[folder, ...POINTS]],
    du: [
      [folder, "--depth", "9", "--limit", "99"],
      [folder, "--from", "0x300", "--depth", "3"],
    ],
    find: [
      [folder, "--audit", "all", "--limit", "999", "--near", "0"],
      [folder, "--audit", "all", "--format", "json"],
      [folder, "--audit", "all", "--format", "ndjson"],
    ],
  };
}

/** Of all that happened the last part, which has each type of transaction; all of it where tests are thorough. */
function late([command = "", ...rest]: readonly string[]): string[] {
  return THOROUGH || !/^(log|history)$/.test(command) || rest.includes("--from") ? [] : ["--from", "0xe00"];
}

const SOURCE = fixtureDir("3.8.6-standalone");
const PATH = "/counters/c14";
const LINES = await linesFor({ source: SOURCE, path: PATH, session: "0x10000337d0c0001", from: "0xe00" });

describe("a server's directory", () => {
  const folder = SOURCE;

  let secrets: Secrets;
  beforeAll(async () => {
    secrets = await secretsOf(folder);
    // Where the files are is no secret.
    for (const each of secrets.names) if (folder.includes(each)) secrets.names.delete(each);
  });

  test.each(LINES.filter(({ entry }) => entry.redacts))("$entry.name shows no value, name or id", (line) => {
    const { entry, args, formats } = line;
    const forms = [
      ...formats.map((format) => [...args, "--format", format]),
      ...(more(folder, PATH)[entry.name] ?? []).map((each) => [entry.name, ...each]),
    ];

    expect(secrets.names.size).toBeGreaterThan(500);
    expect(secrets.values.size).toBeGreaterThan(100);
    expect(secrets.ids.size).toBeGreaterThan(1);
    for (const args of forms.map((form) => [...form, ...late(form)])) {
      const { stdout, stderr, code } = zkrewind([...args, "--redact", "values,paths,ids"], {
        ZKREWIND_REDACT_KEY: "a test",
      });
      const what = args.map((each) => each.replace(folder, basename(folder))).join(" ");
      expect(stdout.length + stderr.length, what).toBeGreaterThan(0);
      expect(code, `${what}: ${stderr}`).toBeLessThanOrEqual(1);
      expect(stderr, what).not.toContain("internal error");
      expectHidden(stdout, secrets, what);
      expectHidden(stderr, secrets, `${what} (standard error)`);
    }
  });

  test("what is not redacted is noticed", () => {
    for (const args of [
      ["ls", folder, "-R"],
      ["log", folder],
      ["find", folder, "--audit", "digest-acl", "--format", "json"],
    ]) {
      expect(() => expectHidden(zkrewind(args).stdout, secrets, "plain")).toThrow(/shows the/);
    }
    expect(() => expectHidden(zkrewind(["log", folder, "--redact", "paths"]).stdout, secrets, "paths")).toThrow(
      /shows the/,
    );
    expect(() => expectHidden(zkrewind(["log", folder, "--redact", "values,ids"]).stdout, secrets, "")).toThrow(
      /shows the name/,
    );
    expect(() => expectHidden(zkrewind(["log", folder, "--redact", "values,paths"]).stdout, secrets, "")).toThrow(
      /shows the id/,
    );
  });

  test("each kind alone hides that and no more", () => {
    const plain = nodes(folder, []);
    const paths = nodes(folder, ["--redact", "paths"]);
    const values = nodes(folder, ["--redact", "values"]);
    const ids = nodes(folder, ["--redact", "ids"]);
    expect(paths.map((node) => without(node, "path"))).toEqual(plain.map((node) => without(node, "path")));
    expect(values.map((node) => without(node, "data"))).toEqual(plain.map((node) => without(node, "data")));
    expect(ids.map((node) => without(node, "acl"))).toEqual(plain.map((node) => without(node, "acl")));
    for (const [index, node] of plain.entries()) {
      const hidden = paths[index]?.path ?? "";
      expect(Buffer.byteLength(hidden)).toBe(Buffer.byteLength(node.path));
      expect(hidden.split("/").map(({ length }) => length > 0)).toEqual(
        node.path.split("/").map(({ length }) => length > 0),
      );
      expect(/\d{10}$/.exec(hidden)?.[0]).toBe(/\d{10}$/.exec(node.path)?.[0]);
      expect(bytesOf(values[index] as Exported)?.length).toBe(bytesOf(node)?.length);
      expect(values[index]?.encoding).toBe(node.encoding);
      expect(ids[index]?.acl?.map(({ perms, scheme }) => perms + scheme)).toEqual(
        node.acl?.map(({ perms, scheme }) => perms + scheme),
      );
    }
    // Another path each, and under the pseudonym of its parent.
    const map = new Map(plain.map(({ path }, index) => [path, paths[index]?.path ?? ""]));
    expect(new Set(map.values()).size).toBe(map.size);
    for (const [path, hidden] of map) {
      if (path !== "/")
        expect(hidden.slice(0, hidden.lastIndexOf("/")) || "/").toBe(
          map.get(path.slice(0, path.lastIndexOf("/")) || "/"),
        );
    }
  });

  test("a key gives the same pseudonyms in every run and form, another key others", () => {
    const redact = ["--redact", "values,paths,ids"];
    const key = [...redact, "--redact-key-file", keyFile("between us\n")];
    const json = nodes(folder, key);
    expect(nodes(folder, key)).toEqual(json);
    expect(nodes(folder, key, "another")).toEqual(json);
    expect(nodes(folder, redact, "between us")).toEqual(json);
    expect(nodes(folder, redact, "another")).not.toEqual(json);
    expect(nodes(folder, redact, "")).not.toEqual(json);
    const listed = zkrewind(["ls", folder, "/", "-R", ...key])
      .stdout.trimEnd()
      .split("\n");
    expect(listed).toEqual(json.map(({ path }) => path));
    const based = zkrewind(["export", folder, "--data", "base64", ...key])
      .stdout.trimEnd()
      .split("\n");
    const again = based.map((line) => JSON.parse(line) as Exported).filter(({ type }) => type === "node");
    expect(again.map((node) => bytesOf(node)?.toString("hex"))).toEqual(
      json.map((node) => bytesOf(node)?.toString("hex")),
    );
  });
});

test("a key is in a file or in the environment, never an argument", () => {
  const redacted = (...args: string[]): [code: number | null, stderr: string] => {
    const { code, stderr } = zkrewind(["ls", fixtureDir("3.8.6-standalone"), "/", "--redact", "paths", ...args]);
    return [code, stderr];
  };
  expect(redacted("--redact-key", "secret")).toEqual([2, expect.stringContaining("unknown option '--redact-key'")]);
  expect(redacted("--redact-key-file", "/no/such/key")).toEqual([3, expect.stringContaining("no such file")]);
  expect(redacted("--redact-key-file", "/dev/zero")).toEqual([3, expect.stringContaining("not a regular file")]);
  expect(redacted("--redact-key-file", keyFile("\n"))).toEqual([2, expect.stringContaining("there is no key in it")]);
  expect(redacted("--redact-key-file", keyFile("x".repeat(70_000)))).toEqual([
    2,
    expect.stringContaining("longer than a key"),
  ]);
});

function keyFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "key"), text);
  return join(folder, "key");
}

interface Exported {
  type: string;
  path: string;
  data: string | null;
  encoding?: BufferEncoding;
  acl: { perms: string; scheme: string; id: string }[] | null;
}

function without(node: Exported, field: keyof Exported): Partial<Exported> {
  return { ...node, [field]: undefined };
}

function nodes(folder: string, args: readonly string[], key?: string): Exported[] {
  const env: Record<string, string> = key === undefined ? {} : { ZKREWIND_REDACT_KEY: key };
  const { stdout } = zkrewind(["export", folder, "--format", "ndjson", ...args], env);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Exported);
  return lines.filter(({ type }) => type === "node");
}

function bytesOf({ data, encoding }: Exported): Buffer | null {
  return data === null ? null : Buffer.from(data, encoding);
}
