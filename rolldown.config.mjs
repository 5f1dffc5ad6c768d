import { defineConfig } from "rolldown";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

// The command line, and the threads of `verify`, as a few files instead of two hundred: starting is a good part of most
// commands' time. CommonJS, because Node starts it without its loader for ES modules. Names stay, for stack traces.
// The library stays as tsc writes it.
const commandLine = defineConfig({
  input: { main: "dist/cli/main.js", worker: "dist/recovery/parallel/worker.js" },
  platform: "node",
  // No module does anything by being imported but those two: what is re-exported and not used need not be loaded.
  treeshake: { moduleSideEffects: false },
  plugins: [commanderLoadsLess()],
  output: {
    dir: "dist/bundle",
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name]-[hash].cjs",
    comments: { jsdoc: false, annotation: false },
    codeSplitting: {
      groups: [
        { name: "version", test: /cli.(output.descriptors|context.\w+|version)\.js$/, priority: 2 },
        {
          name: "files",
          test: /dist.(text|checksum|jute|findings|io|storage|txn|tree|recovery)./,
          minShareCount: 4,
          priority: 1,
        },
        { name: "commands", test: /dist.cli.(output|render.(acl|epoch|server)-text)\b/, minShareCount: 2, priority: 1 },
        // Of repositories only what a source is told by: the rest hashes, and node:crypto takes long to load.
        { name: "commands", test: /^(?!.*dist.repository.(?!read.is-repository))/, minShareCount: 12 },
      ],
    },
    cleanDir: true,
  },
});

// Libraries that few commands need: their code goes into the one module that names them, so that installing zkrewind
// installs none of them, and only what imports that module loads it.
const libraries = ["repository/store/s3-library", "repository/crypt/age-library"].map((module) =>
  defineConfig({
    input: `dist/${module}.js`,
    platform: "node",
    plugins: [licences()],
    output: { file: `dist/${module}.js`, format: "esm", codeSplitting: false, comments: { legal: false, jsdoc: false, annotation: false } },
  }),
);

// In this order: the command line is made of the modules with the libraries in them.
export default [...libraries, commandLine];

/** Writes the licence of each package whose code is in a chunk beside it, as FILE.LICENSES.txt. */
function licences() {
  return {
    name: "licences",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        const folders = new Set((chunk.moduleIds ?? []).map(packageOf).filter((folder) => folder !== undefined));
        const source = [...folders].sort((a, b) => (a < b ? -1 : 1)).map(licenceOf).join("\n");
        this.emitFile({ type: "asset", fileName: chunk.fileName.replace(/\.js$/, ".LICENSES.txt"), source });
      }
    },
  };
}

function packageOf(module) {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module) ?? [];
  return folder;
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each));
  const notice = join(folder, "NOTICE");
  const texts = [file && join(folder, file), existsSync(notice) && notice].filter(Boolean);
  if (texts.length === 0 && !license) throw new Error(`${dirname(folder)}: no licence`);
  return `== ${name} ${version} (${license})\n${texts.map((each) => readFileSync(each, "utf8")).join("\n")}`;
}

/** Commander needs node:child_process only for commands that are programs of their own, and loads it always. */
function commanderLoadsLess() {
  return {
    name: "commander-loads-less",
    transform: {
      filter: { id: /commander.lib.command\.js$/ },
      handler(code) {
        const eager = "const childProcess = require('node:child_process');";
        if (!code.includes(eager)) throw new Error("commander no longer loads node:child_process as it did");
        return code.replace(eager, "const childProcess = null;");
      },
    },
  };
}
