import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import type { FindingKind } from "../../src/findings/kind.js";
import { FINDINGS } from "../../src/findings/kinds.js";
import { findingsPage } from "./page.js";

const PAGE = join(dirname(fileURLToPath(import.meta.url)), "../../docs/findings.md");

test("docs/findings.md is made from the tables", () => {
  // UPDATE_DOCS=1 writes it.
  if (process.env["UPDATE_DOCS"]) writeFileSync(PAGE, findingsPage());
  expect(readFileSync(PAGE, "utf8")).toBe(findingsPage());
});

test.each(Object.entries<FindingKind>(FINDINGS))("%s says what it is in sentences", (code, kind) => {
  for (const text of [kind.meaning, kind.next]) expect(text, code).toMatch(/^[A-Z`].*[.?]$/s);
});

test("what a finding recommends are commands that exist", () => {
  const known = new Set(COMMANDS.map(({ name }) => name));
  for (const [code, { next, server }] of Object.entries<FindingKind>(FINDINGS))
    for (const [, name] of `${next} ${server}`.matchAll(/zkrewind (\w+)/g)) expect(known, code).toContain(name);
});

test("what is true of a kind is in its table: nothing else lists kinds", () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), "../../src");
  const codes = new Set(Object.keys(FINDINGS));
  const listing = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => {
    // Each of explain's answers names what causes that message, and no other.
    if (!file.endsWith(".ts") || file.startsWith("findings/topics/") || file.startsWith("forensics/explain/answers/"))
      return false;
    const text = readFileSync(join(root, file), "utf8");
    return [...text.matchAll(/"([a-z]+\.[a-z-]+)",?\s+"([a-z]+\.[a-z-]+)"/g)].some((pair) =>
      pair.slice(1).every((code) => codes.has(code)),
    );
  });
  expect(listing).toEqual([]);
});
