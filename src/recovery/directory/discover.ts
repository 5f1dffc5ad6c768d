import { closeSync, openSync, readdirSync, readFileSync, readSync, type Stats, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { type Finding, finding, ZkRewindError } from "../../findings/finding.js";
import { LOG_MAGIC, SNAPSHOT_MAGIC } from "../../storage/header.js";
import { parseFileName } from "../../storage/names.js";
import { openSource } from "../../io/byte-source.js";
import type { DataDirectory, EpochFiles, StoredFile } from "./data-directory.js";

export interface DiscoverOptions {
  /** Where the logs are, if not beside the snapshots: a dataLogDir or its version-2. */
  logDir?: string;
}

/**
 * Finds the files of a data directory. Each path is a snapshot or log, a `version-2` folder, the folder above it, or a
 * `zoo.cfg`. Nothing is created and nothing but the epoch files and the first bytes of files is read.
 *
 * Throws ZkRewindError: 3 where a path does not exist or cannot be read, 2 where it holds no data directory.
 */
export function discover(paths: readonly string[], options: DiscoverOptions = {}): DataDirectory {
  if (paths.length === 0) throw new ZkRewindError("no source is named", { exitCode: 2 });
  const found: DataDirectory = { sources: [...paths], snapshots: [], logs: [], epochs: undefined, findings: [] };
  for (const path of paths) {
    const stats = statOrThrow(path);
    if (stats.isDirectory()) addFolder(found, path);
    else if (/\.(cfg|conf|properties)$/.test(path)) addConfig(found, path);
    else addFile(found, path, basename(path), { explicit: true });
  }
  if (options.logDir !== undefined) {
    if (!statOrThrow(options.logDir).isDirectory())
      throw new ZkRewindError(`${options.logDir} is not a folder`, { exitCode: 2 });
    addFiles(found, versionFolder(options.logDir) ?? options.logDir, "log");
  }
  found.snapshots.sort(byZxid);
  found.logs.sort(byZxid);
  reportDuplicates(found);
  return found;
}

/** The `version-2` in a folder, or the folder itself where it is one or holds such files; null otherwise. */
function versionFolder(folder: string): string | null {
  const inner = join(folder, "version-2");
  if (statOrNull(inner)?.isDirectory()) return inner;
  const names = list(folder);
  if (basename(resolve(folder)) === "version-2" || names.some((name) => parseFileName(name))) return folder;
  return null;
}

function addFolder(found: DataDirectory, folder: string): void {
  const version = versionFolder(folder);
  if (version === null) {
    const inner = list(folder).filter((name) => statOrNull(join(folder, name, "version-2"))?.isDirectory());
    const hint =
      inner.length > 0
        ? `There are data directories below it: ${inner.map((name) => join(folder, name)).join(", ")}.`
        : undefined;
    const message = `${folder} holds no version-2 folder and no snapshot or log`;
    throw new ZkRewindError(message, hint === undefined ? { exitCode: 2 } : { exitCode: 2, hint });
  }
  addFiles(found, version);
  found.epochs = readEpochs(version);
}

/** dataDir and dataLogDir of a zoo.cfg; relative ones are looked for beside the file, above it, and from here. */
function addConfig(found: DataDirectory, path: string): void {
  const settings = new Map<string, string>();
  for (const line of readOrThrow(path).split(/\r?\n/)) {
    const match = /^\s*([\w.]+)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match && !line.trimStart().startsWith("#")) settings.set(match[1] as string, match[2] as string);
  }
  const dataDir = settings.get("dataDir");
  if (dataDir === undefined) throw new ZkRewindError(`${path} names no dataDir`, { exitCode: 2 });
  addFolder(found, locate(path, dataDir));
  const logDir = settings.get("dataLogDir");
  if (logDir === undefined || logDir === dataDir) return;
  const folder = locate(path, logDir);
  addFiles(found, versionFolder(folder) ?? folder, "log");
}

function locate(config: string, folder: string): string {
  if (isAbsolute(folder)) return folder;
  const beside = resolve(dirname(config));
  const candidates = [join(beside, folder), join(dirname(beside), folder), resolve(folder)];
  return candidates.find((candidate) => statOrNull(candidate)?.isDirectory()) ?? (candidates[0] as string);
}

function addFiles(found: DataDirectory, folder: string, only?: "log"): void {
  for (const name of list(folder).sort()) {
    if (EXPECTED.has(name)) continue;
    const path = join(folder, name);
    if (parseFileName(name) === null) {
      const stats = statOrNull(path);
      if (stats?.isDirectory()) continue;
      const leftover = /\.tmp$|^updatingEpoch$/.test(name);
      const magic = leftover ? null : magicOf(path);
      const what = magic === null ? "" : `; by its first bytes it is a ${magic}`;
      const code = leftover ? "file.leftover" : "file.unknown";
      found.findings.push(finding(code, `${name} is not read${what}`, { file: path }));
    } else addFile(found, path, name, only === undefined ? {} : { only });
  }
}

function addFile(
  found: DataDirectory,
  path: string,
  name: string,
  options: { only?: "log"; explicit?: boolean },
): void {
  const parsed = parseFileName(name);
  let size: number;
  let modified: number;
  let magic: "snapshot" | "log" | null;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) {
      found.findings.push(finding("file.unreadable", `${name} is not a regular file`, { file: path }));
      return;
    }
    size = stats.size;
    modified = stats.mtimeMs;
    magic = magicOf(path);
  } catch (error) {
    if (options.explicit) throw unreadable(path, error);
    found.findings.push(finding("file.unreadable", reason(error), { file: path, ...zxidOf(parsed?.zxid) }));
    return;
  }
  const kind = magic ?? parsed?.kind;
  if (kind === undefined) {
    throw new ZkRewindError(`${path} is neither a snapshot nor a log`, {
      exitCode: 2,
      hint: "Its first bytes are not those of either.",
    });
  }
  if (options.only !== undefined && kind !== options.only) return;
  const file: StoredFile = {
    kind,
    name,
    path,
    zxid: parsed?.zxid ?? null,
    size,
    modified,
    open: () => openSource(path),
  };
  if (parsed && parsed.kind !== kind) {
    found.findings.push(finding("file.name", `${name} is a ${kind} by its first bytes`, { file: path }));
  }
  (kind === "snapshot" ? found.snapshots : found.logs).push(file);
}

/** "snapshot" or "log" by the magic; compressed files are snapshots. Null for anything else. */
function magicOf(path: string): "snapshot" | "log" | null {
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(8);
    readSync(descriptor, bytes, 0, 8, 0);
    const word = bytes.readUInt32BE();
    if (word === SNAPSHOT_MAGIC || bytes.readUInt16BE() === 0x1f8b || word === SNAPPY_WORD) return "snapshot";
    return word === LOG_MAGIC ? "log" : null;
  } finally {
    closeSync(descriptor);
  }
}

function readEpochs(folder: string): EpochFiles {
  const read = (name: string): string | null => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      return null;
    }
  };
  return { current: read("currentEpoch"), accepted: read("acceptedEpoch") };
}

function reportDuplicates(found: DataDirectory): void {
  let previous: StoredFile | undefined;
  for (const file of found.snapshots) {
    if (previous && previous.zxid !== null && previous.zxid === file.zxid) {
      const message = `${previous.name} and ${file.name} are of one zxid`;
      found.findings.push(finding("file.duplicate", message, { file: file.path, zxid: previous.zxid }));
    }
    previous = file;
  }
}

function byZxid(a: StoredFile, b: StoredFile): number {
  if (a.zxid === b.zxid) return a.name < b.name ? -1 : 1;
  if (a.zxid === null || b.zxid === null) return a.zxid === null ? 1 : -1;
  return a.zxid < b.zxid ? -1 : 1;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function readOrThrow(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function statOrNull(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function statOrThrow(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): ZkRewindError {
  return new ZkRewindError(`${path}: ${reason(cause)}`, { exitCode: 3, cause });
}

/** A file system error in words. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file or folder";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ELOOP") return "a symlink that leads nowhere";
  return message;
}

function zxidOf(zxid: bigint | undefined): { zxid?: bigint } {
  return zxid === undefined ? {} : { zxid };
}

export type { Finding };

/** What belongs into a version-2 folder beside snapshots and logs. */
const EXPECTED = new Set(["currentEpoch", "acceptedEpoch", "myid", "initialize", ".snapshot.lock"]);
/** "\x82SNA": snappy-java's stream. */
const SNAPPY_WORD = 0x82534e41;
