import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { finding, ZkRewindError } from "../../findings/finding.js";
import { parseFileName } from "../../storage/names.js";
import { FIRST_STORED } from "../../io/compressed/first-inside.js";
import { DISK } from "../../io/disk.js";
import { FileBytes } from "../../io/file-bytes.js";
import type { StoredBytes } from "../../io/stored-bytes.js";
import { unreadable } from "../../io/read-failure.js";
import type { KeptTree } from "../../io/file-tree.js";
import { TarTree } from "../../io/tar/tree.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { type Archive, archiveName, type Content, contentKindOf } from "./content.js";
import { type DataDirectory, emptyDirectory, type ListedName, openStored, type StoredFile } from "./data-directory.js";
import { readEpochs } from "./epoch-files.js";
import { Folder } from "./folder.js";
import { type Given, inArchive } from "./given.js";
import { innermost, isVersion1, versionFolder, versionFolderIn } from "./layouts.js";
import { madeInexactly } from "./made-inexactly.js";
import { notingSource } from "./noting-source.js";
import { notADirectory, notAFile, packed, pipe, tooOld } from "./refusals.js";
import { setAsideAs } from "./set-aside.js";
import { logFolderOf, readServerConfig } from "./server-config.js";
import { type Message, say, tag } from "../../text/message.js";

/** Where {@link discover} finds what does not lie in the source itself. */
export interface DiscoverOptions {
  /** Where the logs are, if not beside the snapshots: a dataLogDir or its version-2. */
  logDir?: string;
}

/**
 * Finds the files of a data directory. Each source is the path of a snapshot or log, of a `version-2` folder, the folder
 * above it, a folder that holds a `zoo.cfg` or `data` and `datalog`, of a `zoo.cfg`, of a tar archive of these, or of
 * something in an archive (`backup.tar:zk1`); or what `fetchSources` made of standard input or of a gzipped archive.
 * Nothing is created, and nothing is read but the epoch files, the first bytes of files, an archive's headers, and what
 * zkrewind wrote beside files that it made.
 *
 * What cannot be read in a folder is a finding, if it is named like one of ZooKeeper's files, and else of no concern.
 *
 * Throws ZkRewindError: 3 where a source itself does not exist or cannot be read, 2 where it holds no data directory.
 *
 * @example
 * import { discover } from "zkrewind/recovery";
 *
 * const { snapshots, logs, findings } = discover(["fixtures/3.8.6-standalone"]);
 * console.log(snapshots.map(({ name }) => name), logs.length, findings.length);
 */
export function discover(sources: readonly Given[], options: DiscoverOptions = {}): DataDirectory {
  if (sources.length === 0) throw new ZkRewindError(say`no source is named`, { exitCode: 2 });
  const discovery = new Discovery(sources);
  for (const source of sources) discovery.add(source);
  if (options.logDir !== undefined) discovery.addLogDir(options.logDir);
  return discovery.finish();
}

class Discovery {
  private readonly found: DataDirectory;
  private readonly places = new Map<string, Folder>();
  /** The ids of files that could not be read. */
  private readonly unread = new Set<string>();
  /** Files of this machine that were named themselves, as they were and without symlinks. */
  private readonly single = new Set<string>();
  private readonly listing: { dataDir: ListedName[]; dataLogDir: ListedName[] | null } = {
    dataDir: [],
    dataLogDir: null,
  };
  private readonly dataFolders: Folder[] = [];
  /** Whether a file was named itself. */
  private hasSingle = false;
  private strangers = 0;

  constructor(sources: readonly Given[]) {
    this.found = emptyDirectory(sources.map((source) => (typeof source === "string" ? source : source.id)));
  }

  add(source: Given): void {
    if (typeof source !== "string") {
      if ("tree" in source) return this.addArchive(source.tree, source.path);
      return this.takeSingle(source.name, source.id, source.bytes);
    }
    const within = inArchive(source);
    if (within?.content === "tar.gz") throw packed(within.archive.id);
    if (within) return this.addArchive(new TarTree(within.archive), within.path);
    const kind = DISK.kindOf(source);
    if (kind === "a named pipe") throw pipe(source);
    if (kind === "a folder") this.addFolder(new Folder(DISK, source));
    else if (/\.(cfg|conf|properties)$/.test(source)) this.addConfig(new Folder(DISK, dirname(source)), source, null);
    else this.addSingle(new Folder(DISK, dirname(source)), source);
  }

  addLogDir(path: string): void {
    if (DISK.kindOf(path) !== "a folder")
      throw new ZkRewindError(say`${tag.file(path)} is not a folder`, { exitCode: 2 });
    this.addLogs(new Folder(DISK, path));
  }

  finish(): DataDirectory {
    const { found, places } = this;
    found.snapshots.sort(byZxid);
    found.logs.sort(byZxid);
    this.reportDuplicates();
    this.setCopiesApart();
    if (this.strangers > MOST_STRANGERS)
      this.report("file.unknown", say`${this.strangers - MOST_STRANGERS} more files are not read`);
    const own = [...places.values()];
    const around = [...new Set([...this.single].map(dirname))].map((path) => new Folder(DISK, path));
    found.places = [...own, ...around.filter(({ id }) => !places.has(id))];
    const onDisk = [...own.filter(({ tree }) => tree === DISK), ...around.filter((each) => this.isDataFolder(each))];
    found.folders = onDisk.map(({ path }) => path);
    if (this.dataFolders.length === 1 && !this.hasSingle) found.listing = this.listing;
    return found;
  }

  /** `path`: what in it is the source. */
  private addArchive(tree: KeptTree, path: string): void {
    this.found.findings.push(...tree.findings);
    const kind = tree.kindOf(path);
    if (kind === "a folder") return this.addFolder(innermost(new Folder(tree, path)));
    const folder = new Folder(tree, dirname(path));
    if (path.endsWith(".cfg")) this.addConfig(folder, path, null);
    else this.addSingle(folder, path);
  }

  private addFolder(folder: Folder): void {
    const version = versionFolder(folder);
    if (version === null && isVersion1(folder)) throw tooOld(folder.id);
    if (version === null && folder.has(CONFIG)) this.addConfig(folder, folder.pathOf(CONFIG), folder);
    else if (version === null) this.addPair(folder);
    else {
      this.addData(version);
      if (folder.has(CONFIG)) this.addLogsOfConfig(folder);
    }
    this.note(folder);
  }

  /** A folder with `data` and `datalog` in it, and no other data directory. */
  private addPair(folder: Folder): void {
    const inner = folder.names().filter((name) => versionFolderIn(folder, name) !== null);
    const logs = LOG_FOLDERS.find((name) => inner.includes(name));
    const data = versionFolderIn(folder, "data");
    if (inner.length !== 2 || data === null || logs === undefined) throw notADirectory(folder, inner);
    this.addData(data);
    this.addLogs(folder.inner(logs));
  }

  /** What a zoo.cfg names; `within` is the folder that was named, if not the file itself. */
  private addConfig({ tree }: Folder, path: string, within: Folder | null): void {
    const { dataDir, dataLogDir } = readServerConfig(tree, path, within?.path ?? null);
    const data = new Folder(tree, dataDir);
    const version = versionFolder(data);
    if (version === null) throw notADirectory(data, []);
    this.note(data);
    this.addData(version);
    const logs = dataLogDir === undefined ? data : new Folder(tree, dataLogDir);
    if (!logs.is(data)) this.addLogs(logs);
  }

  /** A data directory may hold the zoo.cfg of its server, which says where the logs are. */
  private addLogsOfConfig(folder: Folder): void {
    try {
      const logs = logFolderOf(folder.tree, folder.pathOf(CONFIG), folder.path);
      if (logs !== undefined) this.addLogs(new Folder(folder.tree, logs));
    } catch (error) {
      if (error instanceof UnreadableFile) this.noteUnreadable(error);
      else if (error instanceof ZkRewindError)
        this.report("file.unknown", say`not read: ${error.said.message}`, folder.idOf(CONFIG));
      else throw error;
    }
  }

  private addData(version: Folder): void {
    this.note(version);
    this.dataFolders.push(version);
    this.addFiles(version, this.listing.dataDir);
    this.found.epochs = readEpochs(version, (error) => this.noteUnreadable(error));
    this.found.findings.push(...madeInexactly(version));
  }

  private addLogs(folder: Folder): void {
    const version = versionFolder(folder) ?? folder;
    this.note(folder);
    this.note(version);
    if (this.dataFolders.some((data) => data.is(version))) return;
    this.addFiles(version, (this.listing.dataLogDir ??= []));
  }

  private note(folder: Folder): void {
    this.places.set(folder.id, folder);
  }

  private addFiles(folder: Folder, listed: ListedName[]): void {
    for (const name of folder.names()) {
      listed.push({ name, path: folder.idOf(name), find: () => folder.bytesOf(name) });
      if (EXPECTED.has(name)) continue;
      if (parseFileName(name) === null) this.addStranger(folder, name);
      else this.addFile(folder, name, listed === this.listing.dataLogDir);
    }
  }

  /** Not one of ZooKeeper's names: worth a note, whatever it is. */
  private addStranger(folder: Folder, name: string): void {
    if (folder.hasFolder(name)) return;
    const file = folder.idOf(name);
    const setAside = setAsideAs(name);
    if (setAside !== null) {
      this.found.findings.push(finding(setAside.code, setAside.message, { file, ...setAside.place }));
      return;
    }
    if (++this.strangers > MOST_STRANGERS) return;
    const leftover = name.endsWith(".tmp");
    const about = leftover ? "" : aboutStranger(folder, name);
    this.report(leftover ? "file.leftover" : "file.unknown", say`${tag.file(name)} is not read${about}`, file);
  }

  private addFile(folder: Folder, name: string, isAmongLogs: boolean): void {
    const parsed = parseFileName(name);
    const { bytes, content } = this.lookOrNote(folder, name);
    const kind = kindOf(content) ?? parsed?.kind;
    // A snapshot that is beside the logs as well is the one in its own folder again.
    const again = isAmongLogs && kind === "snapshot" && this.found.snapshots.some((each) => each.name === name);
    if (kind !== undefined && !again)
      this.take(folder.idOf(name), name, kind, bytes, folder.tree.isProven?.(folder.pathOf(name)) ?? false);
  }

  private lookOrNote(folder: Folder, name: string): Look {
    try {
      return lookAt(folder, name);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      this.noteUnreadable(error);
      return { bytes: new FileBytes({ path: folder.idOf(name), why: error.why }), content: null };
    }
  }

  /** A file that was named itself: that it cannot be read is no finding among others, but the end. */
  private addSingle(folder: Folder, path: string): void {
    const { tree } = folder;
    const bytes = tree.bytesOf(path);
    if (tree === DISK && contentKindOf(bytes.readAt(0, FIRST_STORED)) === "tar")
      return this.addArchive(new TarTree(bytes as FileBytes), "/");
    if (folder.name === "version-1") throw tooOld(tree.shown(path));
    this.takeSingle(basename(path), tree.shown(path), bytes);
    if (tree === DISK) this.single.add(resolve(path)).add(realpathSync(path));
    else this.note(folder);
  }

  private takeSingle(name: string, id: string, bytes: StoredBytes): void {
    const content = contentKindOf(bytes.readAt(0, FIRST_STORED));
    const kind = kindOf(content) ?? parseFileName(name)?.kind;
    if (content === "tar.gz") throw packed(id);
    if (kind === undefined) throw notAFile(id, content);
    this.hasSingle = true;
    this.take(id, name, kind, bytes);
  }

  private take(path: string, name: string, kind: StoredFile["kind"], bytes: StoredBytes, proven = false): void {
    const { found } = this;
    const parsed = parseFileName(name);
    const file: StoredFile = {
      kind,
      name,
      path,
      zxid: parsed?.zxid ?? null,
      size: bytes.size,
      bytes,
      ...(proven ? { proven } : {}),
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
        const message = say`${tag.file(previous.name)} and ${tag.file(file.name)} have the same zxid`;
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
      const message = say`${tag.file(log.name)} is not read: ${tag.file(of.name)} is next to it`;
      found.findings.push(
        finding("log.copy", message, { file: log.path, ...(log.zxid === null ? {} : { zxid: log.zxid }) }),
      );
      return false;
    });
  }

  /** Whether a folder is a server's: by its name, or because it holds more of a server's files than were named. */
  private isDataFolder(folder: Folder): boolean {
    if (folder.name === "version-2") return true;
    try {
      return folder
        .names()
        .some(
          (name) =>
            name === "currentEpoch" ||
            name === "acceptedEpoch" ||
            (parseFileName(name) !== null && !this.single.has(join(folder.path, name))),
        );
    } catch {
      return false;
    }
  }
}

/** What a file's first bytes and status say. */
interface Look {
  bytes: StoredBytes;
  content: Content;
}

/** Throws UnreadableFile. */
function lookAt(folder: Folder, name: string): Look {
  const bytes = folder.bytesOf(name);
  return { bytes, content: contentKindOf(bytes.readAt(0, FIRST_STORED)) };
}

function kindOf(content: Content): StoredFile["kind"] | null {
  return content === "snapshot" || content === "log" ? content : null;
}

function aboutStranger(folder: Folder, name: string): Message {
  try {
    const kind = folder.tree.kindOf(folder.pathOf(name));
    if (kind !== "a file") return say`; it is ${kind}`;
    const { content } = lookAt(folder, name);
    if (content === null) return say``;
    const file = kindOf(content);
    return say`; by its first bytes it is ${file === null ? archiveName(content as Archive) : say`a ${file}`}`;
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

const CONFIG = "zoo.cfg";
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
