import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { LiveChange } from "./case.js";
import type { Folder } from "./seeds/seed.js";

/** Writes a folder as `version-2` in a new directory; answers that directory. */
export function writeFolder(folder: Folder, root: string): string {
  rmSync(root, { recursive: true, force: true });
  const version = join(root, "version-2");
  mkdirSync(version, { recursive: true });
  for (const [name, entry] of folder) {
    const path = join(version, name);
    if (entry.kind === "file") writeFileSync(path, entry.bytes);
    else if (entry.kind === "link") symlinkSync(entry.target, path);
    else if (entry.kind === "folder") mkdirSync(path);
    else spawnSync("mkfifo", [path]);
  }
  return root;
}

/** What is no longer as it was written; null where all is. */
export function whatChanged(folder: Folder, root: string): string | null {
  const version = join(root, "version-2");
  const names = readdirSync(version);
  const more = [
    ...names.filter((name) => !folder.has(name)),
    ...readdirSync(root).filter((name) => name !== "version-2"),
  ];
  if (more.length > 0) return `${more.join(" ")}: new`;
  for (const [name, entry] of folder) {
    const path = join(version, name);
    if (!names.includes(name)) return `${name}: gone`;
    const stats = lstatSync(path);
    if (entry.kind === "file" && !(stats.isFile() && readFileSync(path).equals(entry.bytes))) return `${name}: changed`;
    if (entry.kind === "link" && !(stats.isSymbolicLink() && readlinkSync(path) === entry.target))
      return `${name}: changed`;
  }
  return null;
}

/** What a running server, or one who cleans up, does to a file while it is read. */
export function changeLive(root: string, name: string, change: LiveChange): void {
  const path = join(root, "version-2", name);
  if (change === "removed") rmSync(path, { force: true });
  else if (change === "cut") truncateSync(path, Math.floor(lstatSync(path).size / 2));
  else appendFileSync(path, Buffer.alloc(512));
}
