import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { DataDirectory } from "./data-directory.js";

/** The file `myid` in a dataDir, which holds an ensemble's server's own number. */
export interface OwnId {
  path: string;
  /** Null where there is no such file. */
  text: string | null;
}

/** The files `myid` that belong to a directory: beside each version-2 that its files lie in. */
export function ownIds({ snapshots, logs }: DataDirectory): OwnId[] {
  const folders = new Set([...snapshots, ...logs].map(({ path }) => dirname(resolve(path))));
  return [...folders]
    .filter((folder) => basename(folder) === "version-2")
    .map((folder) => {
      const path = join(dirname(folder), "myid");
      return { path, text: textOf(path) };
    });
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** The number in a dataDir's `myid`; null where there is none that can be read. */
export function idIn(dataDir: string): number | null {
  const text = textOf(join(dataDir, "myid"))?.trim();
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null;
}
