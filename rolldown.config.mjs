import { defineConfig } from "rolldown";

// The command line as a few files instead of two hundred: starting is a good part of most commands' time. The library
// stays as tsc writes it, and so does the worker, which both find beside themselves.
export default defineConfig({
  input: "dist/cli/main.js",
  platform: "node",
  output: { dir: "dist/bundle", format: "esm", chunkFileNames: "[name]-[hash].js", cleanDir: true },
});
