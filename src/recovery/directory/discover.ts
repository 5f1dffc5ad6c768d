import { existsSync, realpathSync, type Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { finding, ZkRewindError } from "../../findings/finding.js";
import { parseFileName } from "../../storage/names.js";
import { FIRST_STORED } from "../../io/compressed/first-inside.js";
import { FileBytes } from "../../io/file-bytes.js";
import type { StoredBytes } from "../../io/stored-bytes.js";
import { unreadable } from "../../io/read-failure.js";
import { kindOfEntry, readPart, withRegular } from "../../io/regular-file.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { type Archive, archiveName, type Content, contentOf } from "./content.js";
import { type DataDirectory, type ListedName, openStored, type StoredFile } from "./data-directory.js";
import { isFolder, isSameFolder, namesIn, statsOf } from "./entries.js";
import { readEpochs } from "./epoch-files.js";
import { notingSource } from "./noting-source.js";
import { setAsideAs } from "./set-aside.js";
import { logFolderOf, readServerConfig } from "./server-config.js";
import { joined, type Message, say, tag } from "../../text/message.js";

export interface DiscoverOptions {
  /** Where the logs are, if not beside the snapshots: a dataLogDir or its version-2. */
  logDir?: string;
}

/**
 * Finds the files of a data directory. Each path is a snapshot or log, a `version-2` folder, the folder above it, a
 * folder that holds a `zoo.cfg` or `data` and `datalog`, or a `zoo.cfg`. Nothing is created and nothing but the epoch
 * files and the first bytes of files is read.
 *
 * What cannot be read in a folder is a finding, if it is named like one of ZooKeeper's files, and else of no concern.
 *
 * Throws ZkRewindError: 3 where a path itself does not exist or cannot be read, 2 where it holds no data directory.
 */
export function discover(paths: readonly string[], options: DiscoverOptions = {}): DataDirectory {
  if (paths.length === 0) throw new ZkRewindError(say`no source is named`, { exitCode: 2 });
  const discovery = new Discovery(paths);
  for (const path of paths) discovery.add(path);
  if (options.logDir !== undefined) discovery.addLogDir(options.logDir);
  return discovery.finish();
}

class Discovery {
  private readonly found: DataDirectory;
  private readonly folders = new Set<string>();
  /** The paths of files that could not be read. */
  private readonly unread = new Set<string>();
  /** Files that were named themselves, as they were and without symlinks. */
  private readonly single = new Set<string>();
  private readonly listing: { dataDir: ListedName[]; dataLogDir: ListedName[] | null } = {
    dataDir: [],
    dataLogDir: null,
  };
  private readonly dataFolders: string[] = [];
  private strangers = 0;

  constructor(paths: readonly string[]) {
    this.found = {
      sources: [...paths],
      snapshots: [],
      logs: [],
      copies: [],
      epochs: undefined,
      folders: [],
      findings: [],
    };
  }

  add(path: string): void {
    const stats = statsOf(path);
    if (stats.isDirectory()) this.addFolder(path);
    else if (/\.(cfg|conf|properties)$/.test(path)) this.addConfig(path, null);
    else this.addSingle(path);
  }

  addLogDir(folder: string): void {
    if (!statsOf(folder).isDirectory())
      throw new ZkRewindError(say`${tag.file(folder)} is not a folder`, { exitCode: 2 });
    this.addLogs(folder);
  }

  finish(): DataDirectory {
    const { found, folders } = this;
    found.snapshots.sort(byZxid);
    found.logs.sort(byZxid);
    this.reportDuplicates();
    this.setCopiesApart();
    if (this.strangers > MOST_STRANGERS)
      this.report("file.unknown", say`${this.strangers - MOST_STRANGERS} more files are not read`);
    for (const folder of new Set([...this.single].map(dirname))) if (this.isDataFolder(folder)) folders.add(folder);
    found.folders = [...folders];
    if (this.dataFolders.length === 1 && this.single.size === 0) found.listing = this.listing;
    return found;
  }

  private addFolder(folder: string): void {
    const config = join(folder, "zoo.cfg");
    const version = versionFolder(folder);
    if (version === null && isVersion1(folder)) throw tooOld(folder);
    if (version === null && existsSync(config)) this.addConfig(config, folder);
    else if (version === null) this.addPair(folder);
    else {
      this.addData(version);
      if (existsSync(config)) this.addLogsOfConfig(config, folder);
    }
    this.folders.add(folder);
  }

  /** A folder with `data` and `datalog` in it, and no other data directory. */
  private addPair(folder: string): void {
    const inner = namesIn(folder).filter((name) => versionFolderIn(folder, name) !== null);
    const [data, logs] = ["data", LOG_FOLDERS.find((name) => inner.includes(name))];
    if (inner.length !== 2 || !inner.includes(data) || logs === undefined) throw notADirectory(folder, inner);
    this.addData(versionFolderIn(folder, data) as string);
    this.addLogs(join(folder, logs));
  }

  /** What a zoo.cfg names; `within` is the folder that was named, if not the file itself. */
  private addConfig(path: string, within: string | null): void {
    const { dataDir, dataLogDir } = readServerConfig(path, within);
    const version = versionFolder(dataDir);
    if (version === null) throw notADirectory(dataDir, []);
    this.folders.add(dataDir);
    this.addData(version);
    if (dataLogDir !== undefined && !isSameFolder(dataDir, dataLogDir)) this.addLogs(dataLogDir);
  }

  /** A data directory may hold the zoo.cfg of its server, which says where the logs are. */
  private addLogsOfConfig(config: string, folder: string): void {
    try {
      const logs = logFolderOf(config, folder);
      if (logs !== undefined) this.addLogs(logs);
    } catch (error) {
      if (error instanceof UnreadableFile) this.noteUnreadable(error);
      else if (error instanceof ZkRewindError)
        this.report("file.unknown", say`not read: ${error.said.message}`, config);
      else throw error;
    }
  }

  private addData(version: string): void {
    this.folders.add(version);
    this.dataFolders.push(version);
    this.addFiles(version, this.listing.dataDir);
    this.found.epochs = readEpochs(version, (error) => this.noteUnreadable(error));
  }

  private addLogs(folder: string): void {
    const version = versionFolder(folder) ?? folder;
    this.folders.add(folder).add(version);
    if (this.dataFolders.some((data) => isSameFolder(data, version))) return;
    this.addFiles(version, (this.listing.dataLogDir ??= []));
  }

  private addFiles(folder: string, listed: ListedName[]): void {
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      listed.push({ name, path });
      if (EXPECTED.has(name)) continue;
      if (parseFileName(name) === null) this.addStranger(path, name);
      else this.addFile(path, name, listed === this.listing.dataLogDir);
    }
  }

  /** Not one of ZooKeeper's names: worth a note, whatever it is. */
  private addStranger(path: string, name: string): void {
    if (isFolder(path)) return;
    const setAside = setAsideAs(name);
    if (setAside !== null) {
      this.found.findings.push(finding(setAside.code, setAside.message, { file: path, ...setAside.place }));
      return;
    }
    if (++this.strangers > MOST_STRANGERS) return;
    const leftover = name.endsWith(".tmp");
    const about = leftover ? "" : aboutStranger(path);
    this.report(leftover ? "file.leftover" : "file.unknown", say`${tag.file(name)} is not read${about}`, path);
  }

  private addFile(path: string, name: string, isAmongLogs: boolean): void {
    const parsed = parseFileName(name);
    let look: Look = { bytes: new FileBytes({ path }), content: null };
    try {
      look = lookAt(path);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      this.noteUnreadable(error);
    }
    const kind = kindOf(look.content) ?? parsed?.kind;
    // A snapshot that lies beside the logs as well is the one in its own folder again.
    const again = isAmongLogs && kind === "snapshot" && this.found.snapshots.some((each) => each.name === name);
    if (kind !== undefined && !again) this.take(path, name, kind, look);
  }

  /** A file that was named itself: that it cannot be read is no finding among others, but the end. */
  private addSingle(path: string): void {
    const name = basename(path);
    const look = lookAt(path);
    if (basename(dirname(resolve(path))) === OLD_FOLDER) throw tooOld(path);
    const kind = kindOf(look.content) ?? parseFileName(name)?.kind;
    if (kind === undefined) throw notAFile(path, look.content);
    this.single.add(resolve(path)).add(realpathSync(path));
    this.take(path, name, kind, look);
  }

  private take(path: string, name: string, kind: StoredFile["kind"], { bytes }: Look): void {
    const { found } = this;
    const parsed = parseFileName(name);
    const file: StoredFile = {
      kind,
      name,
      path,
      zxid: parsed?.zxid ?? null,
      size: bytes.size,
      bytes,
      open: (range) => notingSource(openStored(bytes, range), (error) => this.noteUnreadable(error)),
    };
    if (parsed && parsed.kind !== kind)
      this.report("file.name", say`${tag.file(name)} is a ${kind} by its first bytes`, path);
    (kind === "snapshot" ? found.snapshots : found.logs).push(file);
  }

  /** Each file once, however often it is tried. */
  private noteUnreadable(error: UnreadableFile): void {
    if (this.unread.has(error.path)) return;
    this.unread.add(error.path);
    this.found.findings.push(unreadable(error));
  }

  private report(code: "file.unknown" | "file.leftover" | "file.name", message: Message, file?: string): void {
    this.found.findings.push(finding(code, message, file === undefined ? {} : { file }));
  }

  private reportDuplicates(): void {
    let previous: StoredFile | undefined;
    for (const file of this.found.snapshots) {
      if (previous && previous.zxid !== null && previous.zxid === file.zxid) {
        const message = say`${tag.file(previous.name)} and ${tag.file(file.name)} are of one zxid`;
        this.found.findings.push(finding("file.duplicate", message, { file: file.path, zxid: previous.zxid }));
      }
      previous = file;
    }
  }

  /** An archiving script leaves a compressed log beside the plain one: the plain one is the server's own. */
  private setCopiesApart(): void {
    const { found, unread } = this;
    const readable = new Map(found.logs.flatMap((log) => (unread.has(log.path) ? [] : [[log.path, log]])));
    found.logs = found.logs.filter((log) => {
      const suffix = parseFileName(log.name)?.suffix ?? "";
      const of = suffix === "" ? undefined : readable.get(log.path.slice(0, -suffix.length));
      if (!of) return true;
      found.copies.push({ log, of });
      const message = say`${tag.file(log.name)} is not read: ${tag.file(of.name)} is beside it`;
      found.findings.push(
        finding("log.copy", message, { file: log.path, ...(log.zxid === null ? {} : { zxid: log.zxid }) }),
      );
      return false;
    });
  }

  /** Whether a folder is a server's: by its name, or because it holds more of a server's files than were named. */
  private isDataFolder(folder: string): boolean {
    if (basename(folder) === "version-2") return true;
    try {
      return namesIn(folder).some(
        (name) =>
          name === "currentEpoch" ||
          name === "acceptedEpoch" ||
          (parseFileName(name) !== null && !this.single.has(join(folder, name))),
      );
    } catch {
      return false;
    }
  }
}

/** The `version-2` in a folder, or the folder itself where it is one or holds such files; null otherwise. */
function versionFolder(folder: string): string | null {
  const inner = join(folder, "version-2");
  if (isFolder(inner)) return inner;
  const name = basename(resolve(folder));
  const isOne = name === "version-2" || (name !== OLD_FOLDER && namesIn(folder).some((each) => parseFileName(each)));
  return isOne ? folder : null;
}

/** Whether a folder is a `version-1`, or holds one. */
function isVersion1(folder: string): boolean {
  return basename(resolve(folder)) === OLD_FOLDER || isFolder(join(folder, OLD_FOLDER));
}

/** The same of a folder in another, which may not be there or not be readable. */
function versionFolderIn(folder: string, name: string): string | null {
  try {
    return isFolder(join(folder, name)) ? versionFolder(join(folder, name)) : null;
  } catch {
    return null;
  }
}

/** `inner`: the names of data directories in it. */
function notADirectory(folder: string, inner: readonly string[]): ZkRewindError {
  const message = say`${tag.file(folder)} holds no version-2 folder and no snapshot or log`;
  if (inner.length === 0) return new ZkRewindError(message, { exitCode: 2 });
  const paths = inner.map((name) => join(folder, name));
  return new ZkRewindError(message, {
    exitCode: 2,
    hint: say`There are data directories below it: ${joined(paths.map(tag.file), ", ")}.`,
  });
}

function notAFile(path: string, content: Content): ZkRewindError {
  const message = say`${tag.file(path)} is neither a snapshot nor a log`;
  if (content === null || content === "snapshot" || content === "log")
    return new ZkRewindError(message, { exitCode: 2, hint: say`Its first bytes are not those of either.` });
  const hint = say`It is ${archiveName(content)}: unpack it, and name what was in it.`;
  return new ZkRewindError(message, { exitCode: 2, hint });
}

/** The folder of ZooKeeper before 3.0. */
const OLD_FOLDER = "version-1";

function tooOld(path: string): ZkRewindError {
  return new ZkRewindError(say`${tag.file(path)} holds data in the format of ZooKeeper before 3.0 (version-1)`, {
    exitCode: 2,
    hint: say`That is not read. org.apache.zookeeper.server.upgrade.UpgradeMain of release 3.3 or 3.4 makes a version-2 of it.`,
  });
}

/** What a file's first bytes and status say. */
interface Look {
  bytes: StoredBytes;
  content: Content;
}

function lookAt(path: string): Look {
  return withRegular(path, (file) => {
    const { size, modified } = file;
    const bytes = new FileBytes({ path, status: { size, modified } });
    return { bytes, content: contentOf(readPart(path, file, 0, FIRST_STORED)) };
  });
}

function kindOf(content: Content): StoredFile["kind"] | null {
  return content === "snapshot" || content === "log" ? content : null;
}

function aboutStranger(path: string): Message {
  try {
    const stats: Stats = statsOf(path);
    if (!stats.isFile()) return say`; it is ${kindOfEntry(stats)}`;
    const { content } = lookAt(path);
    if (content === null) return say``;
    const kind = kindOf(content);
    return say`; by its first bytes it is ${kind === null ? archiveName(content as Archive) : say`a ${kind}`}`;
  } catch (error) {
    if (error instanceof UnreadableFile) return say`: ${error.why}`;
    throw error;
  }
}

function byZxid(a: StoredFile, b: StoredFile): number {
  if (a.zxid === b.zxid) return a.name < b.name ? -1 : 1;
  if (a.zxid === null || b.zxid === null) return a.zxid === null ? 1 : -1;
  return a.zxid < b.zxid ? -1 : 1;
}

/** Names of the folder beside `data` that logs are kept in. */
const LOG_FOLDERS = ["datalog", "log"];
/** What belongs into a version-2 folder beside snapshots and logs. */
const EXPECTED = new Set([
  "currentEpoch",
  "currentEpoch.tmp",
  "acceptedEpoch",
  "updatingEpoch",
  "myid",
  "initialize",
  ".snapshot.lock",
]);
/** As many files that are not ZooKeeper's are named. */
const MOST_STRANGERS = 20;
