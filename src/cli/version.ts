import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Safe } from "../text/safe.js";

/** The package's version. The bundle is as deep in the package as this file. */
export function version(): Safe {
  const manifest = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return (JSON.parse(manifest) as { version: Safe }).version;
}
