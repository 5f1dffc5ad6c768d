import { existsSync } from "node:fs";
import { join } from "node:path";

/** Whether a source is a backup repository: asked of every source, so that it loads nothing. */
export function isRepository(source: string): boolean {
  return source.startsWith("s3://") || existsSync(join(source, "repository.json"));
}
