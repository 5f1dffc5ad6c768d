import { defineConfig } from "rolldown";

// The command line, and the threads of `verify`, as a few files instead of two hundred: starting is a good part of most
// commands' time. CommonJS, because Node starts it without its loader for ES modules. Names stay, for stack traces.
// The library stays as tsc writes it.
export default defineConfig({
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
        { name: "commands", test: /dist.cli.(output|render.(acl|epoch)-text)\b/, minShareCount: 2, priority: 1 },
        { name: "commands", minShareCount: 12 },
      ],
    },
    cleanDir: true,
  },
});

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
