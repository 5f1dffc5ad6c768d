import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Pseudonyms } from "../../../src/forensics/redact/pseudonym.js";
import { Redactor } from "../../../src/forensics/redact/redact.js";
import { JsonRedactor } from "../../../src/forensics/redact/redact-json.js";
import { hex } from "../../../src/storage/zxid.js";
import { say, tag } from "../../../src/text/message.js";

const all = (key = "k"): Redactor => new Redactor(["values", "paths", "ids"], key);

describe("pseudonyms", () => {
  const pseudonyms = new Pseudonyms(Buffer.alloc(32, 7));
  test("no two short names share one", () => {
    const letters = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._-".split("");
    const all = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))];
    const names = all.filter((name) => name !== "." && name !== "..");
    const made = names.map((name) => pseudonyms.of("name", name));
    expect(new Set(made).size).toBe(names.length);
    made.forEach((each, index) => expect(each.length).toBe(names[index]?.length));
    expect(made).not.toContain(".");
    expect(made).not.toContain("..");
  });
  test("lengths in bytes stay, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        const made = pseudonyms.of("value", text);
        expect(Buffer.byteLength(made)).toBe(Buffer.byteLength(text));
        expect(made).not.toMatch(/[\p{Cc}/]/u);
      }),
    );
  });
  test("nor do short names in other scripts", () => {
    const names = ["é", "è", "ü", "ж", "日", "本", "月", "日本", "本日", "a é", "é a", "éa", "aé", "𝒳", "😀", "😁"];
    for (let key = 0; key < 50; key++) {
      const keyed = new Pseudonyms(Buffer.alloc(32, key));
      expect(new Set(names.map((name) => keyed.of("name", name))).size).toBe(names.length);
    }
  });
  test("the key, the domain and the length decide", () => {
    const other = new Pseudonyms(Buffer.alloc(32, 8));
    expect(pseudonyms.of("name", "production")).not.toBe(other.of("name", "production"));
    expect(pseudonyms.of("name", "production")).not.toBe(pseudonyms.of("value", "production"));
    expect(pseudonyms.of("name", "production")).toBe(new Pseudonyms(Buffer.alloc(32, 7)).of("name", "production"));
  });
});

describe("redaction", () => {
  const redactor = all();
  test("of paths keeps their shape, ZooKeeper's own names, sequences and stars", () => {
    const hidden = redactor.path("/zookeeper/quota/app/lock-0000000012");
    expect(hidden).toMatch(/^\/zookeeper\/quota\/[^/]{3}\/[^/]{5}0000000012$/);
    expect(hidden).not.toContain("lock");
    expect(redactor.path("/")).toBe("/");
    expect(redactor.path("/brokers/*/partition-*/**")).toMatch(/^\/[^/]{7}\/\*\/[^/*]{10}\*\/\*\*$/);
    expect(redactor.path("/app/0000000012").endsWith("/0000000012")).toBe(true);
    expect(redactor.name("lock-0000000012")).toBe(redactor.path("/lock-0000000012").slice(1));
  });
  test("of ACLs keeps ZooKeeper's own schemes, and which parts of ids are equal", () => {
    for (const scheme of ["world", "digest", "ip", "sasl", "x509", "auth"])
      expect(redactor.scheme(scheme)).toBe(scheme);
    expect(redactor.scheme("acme-tokens")).not.toContain("acme");
    expect(redactor.id("anyone")).toBe("anyone");
    expect(redactor.id("joe:Zm9vYmFy=")).toMatch(/^.{3}:.{9}$/);
    expect(redactor.id("joe:Zm9vYmFy=").split(":")[0]).toBe(redactor.id("joe"));
  });
  test("of data keeps text text and binary binary", () => {
    expect(redactor.data(Buffer.from("hello, wörld")).toString()).toMatch(/^~?[\x21-\x7e]+$/);
    expect(redactor.data(Buffer.from("hello, wörld"))).toHaveLength(13);
    expect(redactor.data(Buffer.of(0, 1, 255))).toHaveLength(3);
    expect(redactor.data(Buffer.alloc(0))).toHaveLength(0);
    expect(redactor.text("hello")).toBe(redactor.data(Buffer.from("hello")).toString());
  });
  test("of messages hides what is tagged, whatever stands around it", () => {
    const path = '/app/with "quotes", (and) more; /and a slash\nand a line';
    const message = say`${tag.file("/var/lib/zookeeper/log.1")}: there is no znode ${tag.path(path)} at ${hex(5n)}: ${tag.line("anything")}`;
    const text = all().said(message);
    expect(text).toMatch(/^\/var\/lib\/zookeeper\/log\.1: there is no znode \/[^/]{3}\/.* at 0x5: .{8}$/);
    expect(text).not.toMatch(/app|with|quotes|more|slash|anything/);
    const ids = new Redactor(["ids"], "k").said(message);
    expect(ids).toContain(path);
    // What can hold anything is hidden by any redaction.
    expect(ids).not.toContain("anything");
  });
});

describe("JSON", () => {
  const value = {
    type: "node",
    path: "/app/x",
    data: Buffer.from("secret").toString("base64"),
    encoding: "base64",
    acl: [{ perms: "r", scheme: "digest", id: "joe:hash" }],
    stat: { czxid: "0x1", version: 3 },
    error: { code: -101, name: "NoNode" },
    before: { data: 'a "secret"\n\u00e9', encoding: "utf8" },
    digest: { version: 2, value: "123" },
    after: { data: null },
    paths: [[{ name: "private" }], "/y", true, -1.5e3],
    zxid: "0x1f",
    session: "private",
    byPath: { "/app/x": 1 },
    unheardOf: "private thing",
  };
  test("is the same however it is cut in pieces, and stays JSON", () => {
    const plain = all();
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
      const redact = (size: number): string => {
        const json = new JsonRedactor(plain);
        let out = "";
        for (let at = 0; at < text.length; at += size) out += json.push(text.slice(at, at + size));
        return out + json.end();
      };
      const whole = redact(text.length);
      for (const size of [1, 2, 3, 7, 64]) expect(redact(size)).toBe(whole);
      const made = JSON.parse(whole) as typeof value;
      expect(whole).not.toMatch(/secret|joe|private|app/);
      expect(Buffer.from(made.data, "base64").toString()).toBe(plain.text("secret"));
      expect(made.before.data).toBe(plain.text(value.before.data));
      expect(made.error).toEqual(value.error);
      expect(made.digest).toEqual(value.digest);
      expect(made.stat).toEqual(value.stat);
      expect(made.after).toEqual({ data: null });
      expect(made.path).toBe(plain.path("/app/x"));
      expect(made.zxid).toBe("0x1f");
      expect(Object.keys(made.byPath)).toEqual([plain.path("/app/x")]);
      expect(made.paths.slice(1)).toEqual([plain.path("/y"), true, -1500]);
    }
  });
  test("has a message only as it was made, and hides any other text in its place", () => {
    const plain = all();
    const message = plain.said(say`${tag.path("/app")} is not there`);
    const json = new JsonRedactor(plain);
    const made = json.push(JSON.stringify({ message, doubt: "/app is not there" })) + json.end();
    expect(JSON.parse(made)).toEqual({ message, doubt: expect.not.stringContaining("there") });
  });
});
