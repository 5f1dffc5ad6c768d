import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { replaceFile } from "../../io/new/replaced-file.js";
import type { Scratch } from "../../io/scratch.js";
import { isSystemError } from "../../io/unreadable-file.js";
import type { StoredObject } from "../link/link.js";
import { hashOf, storedHashIn } from "../names.js";

/**
 * Objects that were fetched, as they are stored, in a folder that outlives a run which is killed: the next one that reads
 * the same repositories takes them from there, each held to the hash in its name. What is encrypted stays so.
 *
 * It is only a help: where there is no room for it, or the folder is not ours, objects are fetched.
 */
export class KeptObjects {
  readonly folder: string;
  /** How many were taken from there. */
  found = 0;
  private bytes = 0;
  private isOn = true;
  private readonly scratch: Scratch;

  /** `ids`: of the repositories that are read together. */
  constructor(scratch: Scratch, ids: readonly string[]) {
    const key = createHash("sha256")
      .update([...ids].sort().join("\n"))
      .digest("hex")
      .slice(0, 16);
    this.scratch = scratch;
    this.folder = join(scratch.parent, `zkrewind-fetched-${process.getuid?.() ?? 0}-${key}`);
    scratch.onShortage(() => this.remove());
    try {
      mkdirSync(this.folder, { mode: 0o700 });
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.isOn = error.code === "EEXIST" && isOurs(this.folder);
    }
  }

  get isEmpty(): boolean {
    return this.found === 0 && this.bytes === 0;
  }

  get(object: StoredObject): Buffer | null {
    const path = this.pathOf(object);
    if (!this.isOn || path === null) return null;
    try {
      const status = lstatSync(path);
      if (!status.isFile() || status.size !== object.size) return null;
      const bytes = readFileSync(path);
      if (hashOf(bytes) !== storedHashIn(object.name)) return null;
      this.found++;
      return bytes;
    } catch (error) {
      if (isSystemError(error)) return null;
      throw error;
    }
  }

  put(object: StoredObject, bytes: Uint8Array): void {
    const path = this.pathOf(object);
    if (!this.isOn || path === null || !this.scratch.reserve(bytes.length)) return;
    this.bytes += bytes.length;
    try {
      replaceFile(path, bytes, 0o600);
    } catch (error) {
      if (!(error instanceof ZkRewindError)) throw error;
      this.isOn = false;
    }
  }

  /** Takes all of it away. How many bytes of the scratch folder's bound are free again. */
  remove(): number {
    const { bytes } = this;
    if (this.isOn) rmSync(this.folder, { recursive: true, force: true });
    this.isOn = false;
    this.bytes = 0;
    this.found = 0;
    return bytes;
  }

  private pathOf({ name }: StoredObject): string | null {
    const stored = storedHashIn(name);
    return stored === null ? null : join(this.folder, stored);
  }
}

/** Whether nobody else can have put anything there. */
function isOurs(folder: string): boolean {
  const status = lstatSync(folder, { throwIfNoEntry: false });
  if (!status?.isDirectory()) return false;
  return process.getuid === undefined || (status.uid === process.getuid() && (status.mode & 0o077) === 0);
}
