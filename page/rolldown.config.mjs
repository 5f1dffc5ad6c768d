import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const OUT = fileURLToPath(new URL("../dist/page/", import.meta.url));

/** The explorer's page: one script, one style sheet, one document, with nothing loaded from elsewhere. */
export default defineConfig({
  input: { page: `${HERE}src/main.tsx` },
  platform: "browser",
  output: { dir: OUT, format: "iife", entryFileNames: "[name].js", minify: true },
  plugins: [
    {
      name: "static-files",
      writeBundle() {
        mkdirSync(OUT, { recursive: true });
        for (const name of ["page.html", "page.css"]) copyFileSync(HERE + name, OUT + name);
      },
    },
  ],
});
