import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A file of the explorer's page, as the build has made it: from here, and from the bundle. */
export function pageFile(name: "page.html" | "page.js" | "page.css" | "report.js"): string {
  return readFileSync(join(import.meta.dirname, "../page", name), "utf8");
}
