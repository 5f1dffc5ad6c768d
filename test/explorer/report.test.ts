import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { damagedDirectory, type SecretDirectory, Secrets, soundDirectory } from "../cli/secret-directory.js";
import { fixtureDir } from "../fixtures/index.js";

const SOURCE = fixtureDir("3.8.6-standalone");
const secrets = new Secrets();
let scratch = "";
const directories: Record<string, SecretDirectory> = {};
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "zkrewind-report-"));
  directories["sound"] = await soundDirectory(join(scratch, "sound"), secrets);
  directories["damaged"] = await damagedDirectory(join(scratch, "damaged"), secrets);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What a report holds: its HTML without its data, the answers, and the tree. */
function held(file: string) {
  const html = readFileSync(file, "utf8");
  const [, base64 = ""] = /id="data">([^<]*)<\/script>/.exec(html) ?? [];
  const bytes = gunzipSync(Buffer.from(base64, "base64"));
  const head = bytes.readUInt32LE(0);
  const body = bytes.readUInt32LE(4 + head);
  return {
    html: html.replace(base64, ""),
    text: bytes.subarray(0, 8 + head + body).toString("utf8"),
    answers: JSON.parse(bytes.toString("utf8", 4, 4 + head)),
    tree: JSON.parse(bytes.toString("utf8", 8 + head, 8 + head + body)),
  };
}

describe("a report", () => {
  test("holds what the command line says, of the range and the point that are asked for", () => {
    const file = join(scratch, "whole.html");
    const args = ["--from", "0xe3d", "--to", "0xe5a", "--tree", "--data", "8"];
    const { code, stdout, stderr } = zkrewind(["report", SOURCE, "-o", file, ...args]);
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/whole\.html is written: it opens in any browser\n$/);
    const { answers, tree } = held(file);
    const json = (...line: string[]) => JSON.parse(zkrewind([...line, "--json"]).stdout);
    const log = json("log", SOURCE, "--from", "0xe3d", "--to", "0xe5a", "--data", "none");
    expect(answers.transactions.transactions).toEqual(log.transactions);
    const diff = json("diff", SOURCE, "--from", "0xe3c", "--to", "0xe5a", "--data", "none");
    expect(answers.diff.changes).toEqual(diff.changes);
    expect(answers.verdict.findings).toEqual(json("info", SOURCE).findings);
    const all = json("ls", SOURCE, "/", "-R").nodes as { path: string }[];
    expect(tree.names).toEqual(all.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)));
    expect(Math.max(...tree.data.map((each: string | null) => Buffer.from(each ?? "", "base64").length))).toBe(8);
  });

  test("has no values that nobody asked for, loads nothing, and runs nothing but its own script", () => {
    const { path } = directories["sound"] as SecretDirectory;
    expect(path.length).toBe(17);
    const file = join(scratch, "plain.html");
    zkrewind(["report", (directories["sound"] as SecretDirectory).folder, "-o", file, "--tree"]);
    const { html, tree } = held(file);
    expect(tree.data).toBe(null);
    // Of the data nothing stands in the HTML as it is.
    expect(secrets.shownIn(html)).toBeUndefined();
    expect(html).not.toMatch(/<(?:link|img|iframe|object|embed)|\bsrc=|@import|url\(/i);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    const script = /<script>([^]*?)<\/script>/.exec(html)?.[1] ?? "";
    const hash = createHash("sha256").update(script).digest("base64");
    expect(policy).toContain(`default-src 'none'; script-src 'sha256-${hash}'`);
    expect(policy).not.toContain("unsafe");
  });

  test.each(["sound", "damaged"])("of a %s directory shows no name, value or id when it is redacted", (which) => {
    const { folder } = directories[which] as SecretDirectory;
    const open = join(scratch, `${which}-open.html`);
    const file = join(scratch, `${which}.html`);
    zkrewind(["report", folder, "-o", open, "--tree", "--data", "100"]);
    expect(secrets.shownIn(held(open).text)).toBeDefined();
    const args = ["--tree", "--data", "100", "--redact", "values,paths,ids"];
    const { code, stderr } = zkrewind(["report", folder, "-o", file, ...args]);
    expect(code).toBe(zkrewind(["verify", folder, "-q"]).code);
    const { html, text, tree } = held(file);
    for (const each of [html, text, stderr]) expect(secrets.shownIn(each)).toBeUndefined();
    expect(tree.count).toBe(held(open).tree.count);
  });

  test("refuses what it cannot do", () => {
    expect(zkrewind(["report", SOURCE]).code).toBe(2);
    expect(zkrewind(["report", SOURCE, "-o", join(scratch, "x.html"), "--data", "5"]).code).toBe(2);
    expect(zkrewind(["report", SOURCE, "-o", join(SOURCE, "x.html")]).code).toBe(2);
    expect(zkrewind(["report", SOURCE, "-o", join(scratch, "x.html"), "--at", "14:05"]).code).toBe(2);
  });
});

describe("a bundle", () => {
  function filesOf(file: string): Map<string, Buffer> {
    const tar = gunzipSync(readFileSync(file));
    const files = new Map<string, Buffer>();
    for (let at = 0; tar[at] !== 0; ) {
      const name = tar.toString("latin1", at, tar.indexOf(0, at));
      const size = Number.parseInt(tar.toString("latin1", at + 124, at + 135), 8);
      files.set(name.replace("zkrewind-bundle/", ""), tar.subarray(at + 512, at + 512 + size));
      at += 512 + 512 * Math.ceil(size / 512);
    }
    return files;
  }

  /** Each file as it is, unpacked, and, of a report, what it holds. */
  function textsIn(file: string): [name: string, text: string][] {
    return [...filesOf(file)].flatMap(([name, data]): [string, string][] => {
      const plain = data.toString("utf8");
      const [, base64 = ""] = /id="data">([^<]*)<\/script>/.exec(plain) ?? [];
      const packed = name.endsWith(".gz") ? [data] : name.endsWith(".html") ? [Buffer.from(base64, "base64")] : [];
      return [plain, ...packed.map((each) => gunzipSync(each).toString("utf8"))].map((text) => [name, text]);
    });
  }

  test.each(["sound", "damaged"])("of a %s directory has nothing in it that is not redacted", (which) => {
    const { folder } = directories[which] as SecretDirectory;
    const file = join(scratch, `${which}.tar.gz`);
    const { code, stderr } = zkrewind(["bundle", folder, "-o", file]);
    expect(code, stderr).toBe(zkrewind(["verify", folder, "-q"]).code);
    const files = filesOf(file);
    for (const [name, text] of textsIn(file)) expect(secrets.shownIn(text), name).toBeUndefined();
    expect(secrets.shownIn(stderr)).toBeUndefined();
    const manifest = JSON.parse(files.get("manifest.json")?.toString("utf8") ?? "");
    expect(manifest.files.map(({ file: name }: { file: string }) => name)).toEqual(
      [...files.keys()].filter((name) => name !== "manifest.json"),
    );
    for (const { file: name, bytes, sha256 } of manifest.files) {
      const data = files.get(name) ?? Buffer.alloc(0);
      expect([data.length, createHash("sha256").update(data).digest("hex")]).toEqual([bytes, sha256]);
    }
  });

  test("of a directory in which every name, value and id is a token has none of them in it", () => {
    const made = new Secrets();
    const t = () => made.next();
    const node = (path: string, more: object = {}) => {
      const acl = [
        { perms: "cdrwa", scheme: "digest", id: `${t()}:${t()}` },
        { perms: "r", scheme: "sasl", id: `${t()}/${t()}@${t()}` },
        { perms: "r", scheme: "x509", id: `CN=${t()},OU=${t()}` },
        { perms: "r", scheme: "ip", id: t() },
      ];
      return { type: "node", path, data: t(), encoding: "utf8", acl, ...more };
    };
    const json = `{"${t()}":["${t()}",{"${t()}":1}]}`;
    const lines = Array.from({ length: 20 }, () => {
      const [parent, child] = [`/${t()}`, t()];
      const data = Buffer.from([0, 255, ...Buffer.from(t())]).toString("base64");
      return [
        node(parent),
        node(`${parent}/${child}`, { data: json }),
        node(`${parent}/${child}/${t()} ${t()}`, { data, encoding: "base64" }),
        node(`${parent}/${t()}-0000000001`, { data: `${t()}=${t()}\n${t()}: ${t()}\n` }),
      ];
    }).flat();
    const [tree, folder, file] = ["tokens.ndjson", "tokens", "tokens.tar.gz"].map((name) => join(scratch, name));
    writeFileSync(tree ?? "", lines.map((each) => `${JSON.stringify(each)}\n`).join(""));
    expect(zkrewind(["build", tree ?? "", "-o", folder ?? ""]).code).toBe(0);
    expect(made.shownIn(zkrewind(["ls", folder ?? "", "/", "-R"]).stdout)).toBeDefined();
    const { code, stdout, stderr } = zkrewind(["bundle", folder ?? "", "-o", file ?? ""]);
    expect(code, stderr).toBe(0);
    for (const [name, text] of [...textsIn(file ?? ""), ["output", stdout], ["messages", stderr]] as const)
      expect([name, made.shownIn(text)]).toEqual([name, undefined]);
  });

  test("of an ensemble has the comparison, and the tree whole", () => {
    const file = join(scratch, "ensemble.tar.gz");
    const servers = [1, 2, 3].map((each) => join(fixtureDir("ensemble-divergent"), `server${each}`));
    const [first = "", ...others] = servers;
    zkrewind(["bundle", first, ...others.flatMap((each) => ["--node", each]), "-o", file]);
    const files = filesOf(file);
    expect([...files.keys()]).toEqual([
      "versions.json",
      "info.json",
      "verify.json",
      "compare.json",
      "log-stats.json",
      "du.json",
      "tree.ndjson.gz",
      "report.html",
      "manifest.json",
    ]);
    const compare = JSON.parse(files.get("compare.json")?.toString("utf8") ?? "");
    expect(compare.divergence.zxid).toBe("0x1000003cb");
    const tree = gunzipSync(files.get("tree.ndjson.gz") ?? Buffer.alloc(0)).toString("utf8");
    expect(JSON.parse(tree.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ type: "end", nodes: 469 });
  });
});
