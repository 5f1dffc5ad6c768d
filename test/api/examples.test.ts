import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The examples in the sources' comments and in docs/library.md, as programs that import the package. */
function examples(): [where: string, program: string][] {
  const found: [string, string][] = [];
  for (const file of readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(join(ROOT, "src", file), "utf8");
    for (const [, block = ""] of text.matchAll(/@example\n((?: *\* ?.*\n)*?) *\*\//g)) {
      const program = block.replace(/^ *\* ?/gm, "").split(/^@/m)[0] as string;
      found.push([`src/${file} ${found.length}`, program]);
    }
  }
  const page = readFileSync(join(ROOT, "docs/library.md"), "utf8");
  for (const [, program = ""] of page.matchAll(/```js\n([\s\S]*?)```/g))
    found.push([`docs/library.md ${found.length}`, program]);
  return found;
}

/** One after the other in one process, and what each prints. */
const RUN_ALL = `
const { log } = console;
const printed = [];
for (let index = 0; index < Number(process.argv[2]); index++) {
  printed[index] = "";
  console.log = (...what) => { printed[index] += what.join(" ") + "\\n"; };
  await import("./" + index + ".mjs").catch((error) => { throw new Error("example " + index, { cause: error }); });
}
log(JSON.stringify(printed));
`;

test("every example runs, and prints something", () => {
  const folder = join(ROOT, "build/examples");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const list = examples();
  expect(list.length).toBeGreaterThan(10);
  for (const [index, [where, program]] of list.entries()) {
    expect(program, where).toMatch(/from "zkrewind/);
    writeFileSync(join(folder, `${index}.mjs`), program);
  }
  writeFileSync(join(folder, "all.mjs"), RUN_ALL);
  const all = execFileSync(process.execPath, [join(folder, "all.mjs"), String(list.length)], { cwd: ROOT });
  const printed = JSON.parse(all.toString()) as string[];
  for (const [index, [where]] of list.entries()) expect(printed[index], where).not.toBe("");
}, 60_000);

test("the types hold for those who use them, with every check on and nothing set up", () => {
  const folder = join(ROOT, "build/consumer");
  mkdirSync(folder, { recursive: true });
  const entries = Object.keys(
    (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: object }).exports,
  ).filter((name) => name !== "./package.json");
  const imports = entries.map((name, index) => `import * as e${index} from "${name.replace(".", "zkrewind")}";`);
  writeFileSync(
    join(folder, "use.ts"),
    `${imports.join("\n")}
import { openDirectory, type Transaction, type Znode } from "zkrewind";
export const entries = [${entries.map((_, index) => `e${index}`).join(", ")}];
export async function use(): Promise<[Znode | undefined, Transaction[]]> {
  const directory = await openDirectory("data");
  const list: Transaction[] = [];
  for await (const txn of directory.transactions({ limit: 3 })) list.push(txn);
  return [(await directory.at(1n)).get("/a"), list];
}
`,
  );
  const options = { strict: true, skipLibCheck: false, types: [], noEmit: true, target: "ES2022", lib: ["ES2023"] };
  for (const [module, moduleResolution] of [
    ["NodeNext", "NodeNext"],
    ["ESNext", "Bundler"],
  ]) {
    const config = { compilerOptions: { ...options, module, moduleResolution }, files: ["use.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder], { stdio: "pipe" });
  }
}, 60_000);
