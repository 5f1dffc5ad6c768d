import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FINDINGS } from "../../../src/findings/kinds.js";
import { ANSWERS } from "../../../src/forensics/explain/answers/index.js";
import { explain } from "../../../src/forensics/explain/explain.js";
import { messageTable } from "../../../src/forensics/explain/message-table.js";
import { Template } from "../../../src/forensics/explain/template.js";
import { FIXTURES } from "../../fixtures/index.js";

/** What servers can log, as fixtures/make/messages read it from the releases' jars. */
const rows = linesOf("server-messages.tsv").map((line) => line.split("\t"));
const texts = new Set(rows.map(([, , text]) => text as string));

/** What is not about files: texts, and classes that have nothing else (`X509Util *`). */
const notAboutFiles = linesOf("messages-not-about-files.txt");
const otherClasses = new Set(notAboutFiles.filter((line) => line.endsWith(" *")).map((line) => line.slice(0, -2)));
const otherTexts = new Set(notAboutFiles.filter((line) => !line.endsWith(" *")));

/** Texts of the table that have an answer, and whose. */
const answered = new Map<string, string[]>();
for (const { id, says } of ANSWERS) {
  for (const each of says) {
    const { text } = new Template(each);
    answered.set(text, [...(answered.get(text) ?? []), id]);
  }
}

function linesOf(name: string): string[] {
  return readFileSync(join(FIXTURES, name), "utf8").trimEnd().split("\n");
}

test("every message of the releases' jars is answered, or listed as not about files", () => {
  const left = rows.filter(
    ([name = "", , text = ""]) => !answered.has(text) && !otherTexts.has(text) && !otherClasses.has(name),
  );
  expect(left).toEqual([]);
});

test("no message is both, and the list has nothing that no jar has", () => {
  expect([...otherTexts].filter((text) => answered.has(text))).toEqual([]);
  expect([...otherTexts].filter((text) => !texts.has(text))).toEqual([]);
  const classes = new Set(rows.map(([name]) => name));
  expect([...otherClasses].filter((name) => !classes.has(name))).toEqual([]);
});

test("every text that an answer says is in the jars, and has one answer", () => {
  expect([...answered.keys()].filter((text) => !texts.has(text))).toEqual([]);
  expect([...answered].filter(([, ids]) => ids.length > 1)).toEqual([]);
  expect(new Set(ANSWERS.map(({ id }) => id)).size).toBe(ANSWERS.length);
});

test("the table in the package is the one in the fixtures", () => {
  const embedded = [...messageTable()].flatMap(([text, speakers]) =>
    speakers.map(({ class: name, level, releases }) => [name, level, text, releases].join("\t")),
  );
  expect(embedded.sort()).toEqual(rows.map((row) => row.join("\t")).sort());
});

/** What a server could put into a gap: by its name, or anything. */
const SAMPLES: Readonly<Record<string, string>> = {
  zxid: "100000005",
  zxidDecimal: "4294967301",
  other: "100000002",
  otherDecimal: "4294967298",
  epoch: "3",
  session: "10000a6d8b90001",
  sessionDecimal: "72057657661587456",
  file: "/var/lib/zookeeper/version-2/log.5",
  path: "/app/config",
  length: "1048580",
  type: "14",
  magic: "-559038737",
  acl: "17",
  milliseconds: "7743",
  bytes: "67108880",
  id: "3",
  op: "setData",
  text: "some thing",
};

function filled(template: string): string {
  return template.replace(/\{(\w*)\}/g, (_, name: string) => SAMPLES[name] ?? "x:1");
}

describe("each text, filled in as a server does and in a log's line, leads to its answer with what it tells", () => {
  for (const { id, says, also = [], origin } of ANSWERS) {
    test(id, () => {
      for (const template of [...says, ...also]) {
        const said = filled(template);
        const stack = origin === undefined ? "" : `\n\tat org.apache.zookeeper.server.${STACKS[origin]}(X.java:1)`;
        const line = origin === undefined ? `2026-11-26 23:56:12,123 [myid:1] - WARN  [main:X@1] - ${said}` : said;
        const found = explain(line + stack);
        const mine = found.find(({ answer }) => answer.id === id);
        expect(mine, `${line}: ${found.map(({ answer }) => answer.id).join(", ")}`).toBeDefined();
        for (const [, name = ""] of template.matchAll(/\{(\w+)\}/g)) {
          expect(mine?.facts, `${template}: ${name}`).toHaveProperty(name, SAMPLES[name]);
        }
      }
    });
  }
});

const STACKS = { files: "persistence.FileHeader.deserialize", connection: "quorum.QuorumPacket.deserialize" };

test("each text's words are enough to look for", () => {
  for (const { says, also = [] } of ANSWERS)
    for (const each of [...says, ...also]) expect(new Template(each).anchor.length, each).toBeGreaterThanOrEqual(5);
});

test("what a finding says that the server logs is known, and its answer looks for that finding", () => {
  const missing: string[] = [];
  for (const [code, { server }] of Object.entries(FINDINGS)) {
    const answers = explain(server.replaceAll("…", "5")).map(({ answer }) => answer);
    const heads = new Set(["exiting-abnormally", "unable-to-load", "eof"]);
    for (const { id, findings = [], role } of answers) {
      if (role === "normal" || role === "follows" || heads.has(id)) continue;
      if (!(findings as readonly string[]).includes(code)) missing.push(`${code}: ${id}`);
    }
  }
  expect(missing).toEqual([]);
});
