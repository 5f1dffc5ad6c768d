import { createRequire } from "node:module";

/** The package's version. The bundle lies as deep in the package as this does. */
export function version(): string {
  const manifest = createRequire(import.meta.url)("../../package.json") as { version: string };
  return manifest.version;
}
