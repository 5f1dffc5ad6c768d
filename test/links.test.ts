import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { COMMANDS } from "../src/cli/commands.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];

test.each(PAGES)("what %s links to is there", (page) => {
  const broken = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !existsSync(join(ROOT, dirname(page), target)));
  expect(broken).toEqual([]);
});

test("CONTRIBUTING.md and docs/architecture.md name files and folders that are there", () => {
  const missing = ["CONTRIBUTING.md", "docs/architecture.md"].flatMap((page) =>
    [...read(page).matchAll(/`((?:src|test|fixtures|schema|docs|bench|fuzz)\/[\w./-]+)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => !/[A-Z]{3}|docs\/api/.test(path) && !existsSync(join(ROOT, path))),
  );
  expect(missing).toEqual([]);
});

test("docs/architecture.md has every folder of src", () => {
  const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((each) => each.isDirectory());
  const text = read("docs/architecture.md");
  expect(folders.map(({ name }) => name).filter((name) => !text.includes(`| \`${name}/\``))).toEqual([]);
});

test("the changelog names every command", () => {
  const text = read("CHANGELOG.md");
  expect(COMMANDS.map(({ name }) => name).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
