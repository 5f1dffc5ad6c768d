import { join } from "node:path";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { UndoStep } from "../../src/forensics/diff/undo.js";
import { zkCliCommands } from "../../src/forensics/diff/zkcli.js";
import { discover, rebuild } from "../../src/recovery/index.js";
import { isMessage } from "../../src/text/message.js";
import { readZnode } from "../../src/tree/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { copyOf, scratchFolder } from "./scratch.js";
import { Server } from "./server.js";
import { zkCli } from "./zkcli.js";

/** What the quoting has to stand: its own characters, the line editor's, the shell's, other scripts'. */
const FIXED = [
  "",
  " ",
  "a b",
  " a  b ",
  '"',
  "'",
  `'"`,
  'a"b',
  "it's",
  'say "it"',
  "a\\",
  "\\!",
  "\\\\n",
  "!",
  "^a^b",
  "#",
  "# a",
  "$(id)",
  "`id`",
  ";a",
  "a;b",
  "&",
  "|",
  ">",
  "*",
  "~",
  "--",
  "-v",
  "a -v",
  "über größe",
  "日本語 テキスト",
  "שלום",
  "😀",
  "\u00a0",
  "\u202e",
  "\u200b",
  "\u0085",
  "\u009b31m",
  "\x7f",
  "\t",
  "\n",
  "\x1b[31m",
  "\u{e0041}",
  '{"json":[1,"two"]}',
  "key=value,other: 'x'",
];

test.each(["3.5.10", "3.9.5"])("what zkCli of %s is told is what it does, to the byte", async (version) => {
  const copy = copyOf(fixtureDir(`${version}-standalone`));
  const work = scratchFolder();
  const server = new Server(version, { dataDir: copy }, work);
  onTestFinished(() => server.stop());
  await server.start();
  const [, port = ""] = /^clientPort=(\d+)$/m.exec(readFileSync(join(work, "zoo.cfg"), "utf8")) ?? [];

  const random = fc.sample(
    fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.string({ unit: fc.constantFrom("a", " ", '"', "'", "\\", "!", "^", "-", "é"), maxLength: 12 }),
    ),
    { seed: 14, numRuns: 300 },
  );
  const texts = [...FIXED, ...random];
  const steps = texts.flatMap((text, index): (UndoStep & { op: "create" })[] => [
    create(`/w${index}`, Buffer.from(text)),
    ...(isName(text) ? [create(`/p${index}`, Buffer.from("x")), create(`/p${index}/${text}`, Buffer.from("x"))] : []),
  ]);
  const told = steps.map((step) => ({ step, commands: zkCliCommands(step) }));
  const lines = told.flatMap(({ commands }) => (isMessage(commands) ? [] : commands));
  const answers = await zkCli(version, port, work, lines);
  await server.stop();

  const { tree } = await rebuild(discover([copy]));
  const wrong: string[] = [];
  let done = 0;
  for (const { step, commands } of told) {
    const slot = tree.znodes.findPath(step.pathBytes);
    const is = slot < 0 ? "nothing" : readZnode(tree, slot).data?.toString("hex");
    const wanted = isMessage(commands) ? "nothing" : step.data?.toString("hex");
    if (is !== wanted)
      wrong.push(`${JSON.stringify(step.path)} ${wanted}: ${is} by ${isMessage(commands) ? "none" : commands.join()}`);
    if (!isMessage(commands)) done++;
  }
  expect(wrong, answers.slice(-2000)).toEqual([]);
  expect(done).toBeGreaterThan(250);
});

function create(path: string, data: Buffer): UndoStep & { op: "create" } {
  const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
  return { op: "create", path, pathBytes: Buffer.from(path), data, acl, kind: "persistent", possible: true };
}

/** What clients and servers take for a name: PathUtils.validatePath looks at each UTF-16 unit, and so refuses pairs. */
function isName(text: string): boolean {
  if (text === "" || text === "." || text === ".." || /\p{Cc}/u.test(text)) return false;
  return !/[/\ud800-\uf8ff\ufff0-\uffff]/.test(text);
}
