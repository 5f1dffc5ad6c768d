import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as api from "../src/index.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const SOURCES = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".ts"),
);

const EXPORTS = (
  JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: Record<string, { default?: string }> }
).exports;
const ENTRIES = Object.entries(EXPORTS).flatMap(([name, { default: file }]) =>
  file === undefined ? [] : [[name, file.replace("dist", "src").replace(/js$/, "ts")] as const],
);

test("the public names are these, and no others by accident", () => {
  expect(Object.keys(api).sort()).toMatchSnapshot();
});

test.each(ENTRIES)("%s is an entry that can be imported", async (_, file) => {
  const names = (await import(join(ROOT, file))) as object;
  expect(Object.keys(names)).not.toEqual([]);
});

/** Each folder knows only those before it: a newcomer can read from the bottom up. */
const LAYERS = [
  "text",
  "findings",
  "checksum",
  "jute",
  "io",
  "storage",
  "txn",
  "tree",
  "recovery",
  "repository",
  "forensics",
  "export",
  "api",
  "explorer",
  "cli",
];

test("imports point one way, down the layers", () => {
  const wrong: string[] = [];
  for (const [level, layer] of LAYERS.entries()) {
    for (const file of readdirSync(join(ROOT, "src", layer), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const text = readFileSync(join(ROOT, "src", layer, file), "utf8");
      for (const [, target] of text.matchAll(/from "(?:\.\.\/)+([a-z]+)\//g)) {
        if (LAYERS.indexOf(target as string) > level) wrong.push(`${layer}/${file} imports ${target}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("no file imports one that leads back to it, not even a type", () => {
  const imports = new Map(
    SOURCES.map((file) => [
      file,
      [
        ...readFileSync(join(ROOT, "src", file), "utf8").matchAll(/^(?:import|export)[^;]*? from "(\.[^"]+)\.js";/gm),
      ].map(([, target]) => normalize(join(dirname(file), `${target}.ts`))),
    ]),
  );
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const begun = path.indexOf(file);
    if (begun >= 0) throw new Error([...path.slice(begun), file].join("\n  imports "));
    if (done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  expect(imports.get("cli/program.ts")).toContain("cli/commands.ts");
  for (const file of SOURCES) visit(file, []);
});

test("a folder has so few files that a newcomer can read their names", () => {
  const count = new Map<string, number>();
  for (const file of SOURCES) count.set(dirname(file), (count.get(dirname(file)) ?? 0) + 1);
  // One command, one file.
  count.delete("cli/commands");
  expect([...count].filter(([, files]) => files > 25)).toEqual([]);
});

/** Where files are opened and made: everything else is given bytes. */
const WITH_FILES = ["io/", "recovery/directory/", "repository/", "cli/"];

test("nobody else speaks to the file system", () => {
  const wrong: string[] = [];
  for (const file of readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || WITH_FILES.some((folder) => file.startsWith(folder))) continue;
    if (/"node:fs|"fs"/.test(codeOf(file))) wrong.push(file);
  }
  expect(wrong).toEqual([]);
});

/** A source without its comments, which show examples. */
function codeOf(file: string): string {
  return readFileSync(join(ROOT, "src", file), "utf8").replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
}

test("nothing below the command line prints", () => {
  const below = SOURCES.filter((file) => !file.startsWith("cli/"));
  expect(below.filter((file) => /console\.|process\.(stdout|stderr)/.test(codeOf(file)))).toEqual([]);
});

test("the package holds what runs, and no fixtures or tests", () => {
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: ROOT, encoding: "utf8" }),
  );
  const paths: string[] = packed.files.map(({ path }: { path: string }) => path);
  expect(paths).toContain("bin/zkrewind.js");
  // Without it, Node would take the command for an ES module, as the rest of the package is.
  expect(paths).toContain("bin/package.json");
  expect(paths).toContain("dist/bundle/main.cjs");
  expect(paths).toContain("dist/bundle/worker.cjs");
  expect(paths).toContain("dist/index.js");
  expect(paths).toContain("LICENSE");
  expect(paths.filter((path) => /^(src|test|fixtures|bench)\//.test(path))).toEqual([]);
});

test("the lock file names no download addresses, and every platform's optional packages", () => {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const missing: string[] = [];
  for (const [path, entry] of Object.entries<{ resolved?: string; optionalDependencies?: object }>(lock.packages)) {
    expect(entry.resolved, path).toBeUndefined();
    if (path === "") continue;
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      // One that is not in the file makes npm ci refuse it.
      if (!lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`]) missing.push(name);
    }
  }
  expect(missing).toEqual([]);
});
