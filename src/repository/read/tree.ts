import { posix } from "node:path";
import type { EntryKind } from "../../io/entry-kind.js";
import { FileBytes } from "../../io/file-bytes.js";
import type { KeptTree } from "../../io/file-tree.js";
import { notRegular, UnreadableFile } from "../../io/unreadable-file.js";
import type { StoredBytes } from "../../io/stored-bytes.js";
import { say } from "../../text/message.js";
import type { Finding } from "../../findings/finding.js";
import type { Gathered } from "./gather.js";

/** What a repository holds, as the data directory of a server: a folder `version-2` with its files. */
export class RepositoryTree implements KeptTree {
  readonly findings: Finding[];
  readonly name: string;
  private readonly files = new Map<string, Gathered>();

  constructor(name: string, files: readonly Gathered[], findings: Finding[]) {
    this.name = name;
    this.findings = findings;
    for (const file of files) this.files.set(`${FOLDER}/${file.name}`, file);
  }

  shown(path: string): string {
    return `${this.name}:${normal(path).slice(1)}`;
  }

  kindOf(path: string): EntryKind {
    const at = normal(path);
    if (at === "/" || at === FOLDER) return "a folder";
    if (this.files.has(at)) return "a file";
    throw new UnreadableFile(this.shown(path), say`no such file or folder`);
  }

  namesIn(folder: string): string[] {
    const at = normal(folder);
    if (at === "/") return [FOLDER.slice(1)];
    if (this.kindOf(at) !== "a folder") throw new UnreadableFile(this.shown(folder), say`a file, not a folder`);
    return [...this.files.values()].map(({ name }) => name).sort();
  }

  isThere(path: string): boolean {
    const at = normal(path);
    return at === "/" || at === FOLDER || this.files.has(at);
  }

  bytesOf(path: string): StoredBytes {
    const file = this.files.get(normal(path));
    if (!file) throw notRegular(this.shown(path), this.kindOf(path));
    return new FileBytes({ ...file.place, id: this.shown(path) });
  }

  isProven(path: string): boolean {
    return this.files.get(normal(path))?.isBase ?? false;
  }

  isSameFolder(a: string, b: string): boolean {
    return normal(a) === normal(b);
  }
}

const FOLDER = "/version-2";

function normal(path: string): string {
  return posix.resolve("/", path);
}
