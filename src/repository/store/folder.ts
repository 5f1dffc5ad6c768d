import { randomBytes } from "node:crypto";
import { constants, type Dirent, type Stats } from "node:fs";
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { crc32c } from "../../checksum/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { cannotWrite } from "../../io/new/new-path.js";
import { syncFolder } from "../../io/new/sync-folder.js";
import { asUnreadable } from "../../io/unreadable-file.js";
import {
  checkObjectName,
  isObjectName,
  MOST_OBJECT,
  type ObjectInfo,
  type ObjectRange,
  type ObjectStore,
  type PutOptions,
  tooLarge,
} from "./store.js";

/**
 * A folder as a store: an object is a file (0600) whose name is linked when all of it is on disk. Symbolic links are not
 * followed below the folder, neither as files nor as folders, and what is no regular file is no object.
 */
export class FolderStore implements ObjectStore {
  readonly location: string;
  private readonly root: string;
  private readonly made = new Set<string>();

  constructor(path: string) {
    this.location = path;
    this.root = resolve(path);
  }

  async put(
    name: string,
    bytes: Uint8Array,
    { crc32c: sum, replace = false, signal }: PutOptions,
  ): Promise<"stored" | "exists"> {
    const path = this.pathOf(name);
    signal?.throwIfAborted();
    if (crc32c(bytes) !== sum)
      throw new ZkRewindError(say`${tag.file(name)} changed on its way: its CRC-32C differs`, { exitCode: 3 });
    try {
      await this.refuseLinks(name);
      if (!replace && (await statusOf(path))) return "exists";
      await this.makeFolder(dirname(path));
      const temporary = join(dirname(path), `.zkrewind-${randomBytes(8).toString("hex")}.tmp`);
      try {
        await writeWhole(temporary, bytes);
        if (replace) await rename(temporary, path);
        else if (!(await named(temporary, path))) return "exists";
      } finally {
        await rm(temporary, { force: true });
      }
      syncFolder(dirname(path));
      return "stored";
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    const path = this.pathOf(name);
    try {
      await this.refuseLinks(name);
      const stats = await statusOf(path);
      return stats?.isFile() ? infoOf(name, stats) : undefined;
    } catch (error) {
      throw asUnreadable(path, error);
    }
  }

  async get(name: string, range?: ObjectRange, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const file = await this.openFile(name);
    if (!file) return undefined;
    try {
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of chunksOf(file, range, signal)) {
        length += chunk.length;
        if (!range && length > MOST_OBJECT) throw tooLarge(this.pathOf(name));
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } catch (error) {
      throw asUnreadable(this.pathOf(name), error);
    } finally {
      await file.close();
    }
  }

  async *open(name: string, range?: ObjectRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    const file = await this.openFile(name);
    if (!file) throw new ZkRewindError(say`${tag.file(join(this.location, name))}: no such object`, { exitCode: 3 });
    try {
      yield* chunksOf(file, range, signal);
    } catch (error) {
      throw asUnreadable(this.pathOf(name), error);
    } finally {
      await file.close();
    }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo> {
    // The innermost folder that all of them are in.
    const within = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    if (within !== "") {
      checkObjectName(within.slice(0, -1));
      await this.refuseLinks(within);
    }
    yield* this.listFolder(within, prefix, signal);
  }

  async delete(name: string): Promise<void> {
    const path = this.pathOf(name);
    try {
      await this.refuseLinks(name);
      await rm(path, { force: true });
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** `within`: a folder's name with a slash behind it, or empty. */
  private async *listFolder(within: string, prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo> {
    const folder = join(this.root, within);
    signal?.throwIfAborted();
    // As in a flat list of names, where the slash is one more character.
    const entries = (await entriesOf(folder))
      .map((entry) => ({ entry, name: within + entry.name }))
      .filter(({ name }) => isObjectName(name))
      .map(({ entry, name }) => ({ entry, name, key: entry.isDirectory() ? `${name}/` : name }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { entry, name, key } of entries) {
      if (entry.isDirectory()) {
        if (key.startsWith(prefix) || prefix.startsWith(key)) yield* this.listFolder(key, prefix, signal);
      } else if (entry.isFile() && name.startsWith(prefix)) {
        const info = await this.head(name);
        if (info) yield info;
      }
    }
  }

  private async openFile(name: string): Promise<FileHandle | undefined> {
    const path = this.pathOf(name);
    try {
      await this.refuseLinks(name);
      const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
      if ((await file.stat()).isFile()) return file;
      await file.close();
      return undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw asUnreadable(path, error);
    }
  }

  private async makeFolder(folder: string): Promise<void> {
    if (this.made.has(folder)) return;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // A name that is not on disk would take everything below it along.
    for (let each = folder; each.length >= this.root.length; each = dirname(each)) syncFolder(dirname(each));
    this.made.add(folder);
  }

  /**
   * Throws ZkRewindError 3 where a folder on the way to an object is a symbolic link: what it leads to is no part of the
   * repository, and nothing is read, written or deleted there.
   */
  private async refuseLinks(name: string): Promise<void> {
    for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
      const folder = join(this.root, name.slice(0, at));
      if ((await statusOf(folder))?.isSymbolicLink())
        throw new ZkRewindError(say`${tag.file(folder)} is a symbolic link: none is followed in a repository`, {
          exitCode: 3,
        });
    }
  }

  private pathOf(name: string): string {
    checkObjectName(name);
    return join(this.root, name);
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a file its name; false where something has that already. */
async function named(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EEXIST") return false;
    if (!NO_LINKS.has(code)) throw error;
    if (await statusOf(path)) return false;
    // The name says what the bytes are: whoever comes at the same time brings the same.
    await rename(temporary, path);
    return true;
  }
}

async function* chunksOf(file: FileHandle, range?: ObjectRange, signal?: AbortSignal): AsyncIterable<Buffer> {
  let position = range?.offset ?? 0;
  let left = range?.length ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    signal?.throwIfAborted();
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, left));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
    position += bytesRead;
    left -= bytesRead;
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asUnreadable(folder, error);
  }
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function infoOf(name: string, stats: Stats): ObjectInfo {
  return { name, size: stats.size, crc32c: undefined, modified: stats.mtimeMs };
}

function isAbsent(error: unknown): boolean {
  return ABSENT.has((error as NodeJS.ErrnoException).code ?? "");
}

/** ELOOP: a symbolic link. */
const ABSENT = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);
/** What file systems without hard links answer. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);
const CHUNK = 1 << 20;
