import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const OUT = fileURLToPath(new URL("../dist/page/", import.meta.url));

/** One script, with nothing loaded from elsewhere. */
function script(name, source, plugins = []) {
  return defineConfig({
    input: { [name]: HERE + source },
    platform: "browser",
    output: { dir: OUT, format: "iife", entryFileNames: "[name].js", minify: true },
    plugins,
  });
}

const staticFiles = {
  name: "static-files",
  writeBundle() {
    mkdirSync(OUT, { recursive: true });
    for (const name of ["page.html", "page.css"]) copyFileSync(HERE + name, OUT + name);
  },
};

/** The explorer's page, and the same views for a report. */
export default [script("page", "src/main.tsx", [staticFiles]), script("report", "src/report.tsx")];
