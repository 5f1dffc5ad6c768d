import { SCHEMA } from "../../text/schema.js";
import { basename, dirname, join, relative } from "node:path";
import {
  ACCOUNT,
  type DataDirectory,
  discover,
  type LogScan,
  type ServerOptions,
  scanLog,
  scanSnapshot,
  type SnapshotScan,
  type StoredFile,
} from "../../recovery/index.js";
import { merge, nodeNames } from "../../recovery/ensemble/merge.js";
import { type TextModeScan, withoutTextMode } from "../../recovery/scan/text-mode.js";
import { bridge } from "./bridge.js";
import { contradictedIn } from "./contradicted.js";
import { epochsFor } from "./epochs.js";
import { isDamage } from "../../findings/kinds.js";
import { type Finding, ZkRewindError } from "../../findings/finding.js";
import { SUFFIX } from "../../io/byte-source.js";
import { writeNew } from "../../io/new/new-file.js";
import { makeFolder, makeInner } from "../../io/new/new-folder.js";
import { exists } from "../../io/new/new-path.js";
import { syncFolder } from "../../io/new/sync-folder.js";
import { copyStored } from "../../io/copy-stored.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { LogWriter } from "../../storage/log-writer.js";
import { fileName, parseFileName } from "../../storage/names.js";
import { hex } from "../../storage/zxid.js";
import { createStored } from "../../io/stored-writer.js";
import { fillHole, type Filler, payloadOf, writeFilling } from "./fill-hole.js";
import { type Accounted, shareLosses, unbridged } from "./losses.js";
import {
  emptyLog,
  emptySnapshot,
  type FileAccount,
  type LogAccount,
  type SalvageAccount,
  summarize,
  type SalvagedRange,
} from "./salvage-account.js";
import { outcomeOf } from "./outcome.js";
import { salvageLog } from "./salvage-log.js";
import { salvageSnapshot } from "./salvage-snapshot.js";
import { hasOthersName, leftBehind, withSetAside } from "./set-aside.js";
import { zxidsIn } from "./zxid-ranges.js";
import { isMisnamed, nextFirsts } from "./log-names.js";
import { isMessage, type Message, plain, say, tag } from "../../text/message.js";

/** What {@link salvage} keeps, and for which servers it writes. */
export interface SalvageOptions {
  /** Put what nothing proves among the rest, instead of apart. */
  keepSuspect?: boolean;
  /** Make parents for znodes that have none. */
  makeParents?: boolean;
  openDanglingAcls?: boolean;
  /** Which server is to start on what is written. */
  server?: ServerOptions;
  /** Other servers' directories, to fill what is lost from. */
  nodes?: readonly DataDirectory[];
}

/**
 * Writes sound copies of a directory's files into a new one, and an account of what was lost on the way. What is proven
 * goes to TARGET/version-2, what is not to TARGET/suspect, znodes without parents to TARGET/lost+found.
 *
 * Throws ZkRewindError 3 where the target exists or cannot be written.
 *
 * @example
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { discover, salvage } from "zkrewind";
 *
 * const target = join(mkdtempSync(join(tmpdir(), "salvage-")), "salvaged");
 * const { whole, files } = await salvage(discover(["fixtures/3.8.6-standalone"]), target);
 * console.log(whole, files.map(({ file, fate }) => `${file}: ${fate}`));
 */
export function salvage(
  directory: DataDirectory,
  target: string,
  options: SalvageOptions = {},
): Promise<SalvageAccount> {
  return makeFolder(target, (temporary) => new Salvage(directory, temporary, target, options).run());
}

class Salvage {
  private directory: DataDirectory;
  private readonly root: string;
  private readonly version: string;
  private readonly target: string;
  private readonly options: SalvageOptions;
  private readonly files: FileAccount[] = [];
  private readonly logs: Accounted[] = [];
  /** The folders in the target. */
  private readonly made = new Set<string>();
  /** Snapshots that are sound by themselves, and yet not of their zxid: why, by their paths. */
  private contradicted: ReadonlyMap<string, Message> = new Map();
  /** The names of files that are not to have their own, by their paths. */
  private readonly names: Map<string, string>;
  private readonly left: readonly StoredFile[];
  /** The last zxid that the new files speak of. */
  private last: bigint | null = null;
  private readonly notes: Message[];

  constructor(directory: DataDirectory, root: string, target: string, options: SalvageOptions) {
    ({ directory: this.directory, names: this.names, left: this.left, notes: this.notes } = withSetAside(directory));
    this.root = root;
    this.version = join(root, "version-2");
    this.target = target;
    this.options = options;
  }

  async run(): Promise<SalvageAccount> {
    this.folder("version-2");
    const logs = await scanned(this.directory.logs, scanLog);
    const snapshots = await scanned(this.directory.snapshots, scanSnapshot);
    this.directory = { ...this.directory, logs: logs.files, snapshots: snapshots.files };
    const { directory } = this;
    const [logScans, snapshotScans] = [logs.scans, snapshots.scans];
    const firsts = nextFirsts(logScans);
    this.nameByContents(directory.logs, logScans);
    for (const [index, log] of directory.logs.entries())
      await this.takeLog(log, logScans[index] as LogScan, firsts[index] ?? null);
    this.contradicted = await contradictedIn(directory, snapshotScans, logScans);
    for (const [index, snapshot] of directory.snapshots.entries())
      await this.takeSnapshot(snapshot, snapshotScans[index] as SnapshotScan, snapshotScans);
    const missing = await this.compareWithSource();
    const outcome = directory.listing
      ? await outcomeOf(this.root, this.target, this.options.server ?? {})
      : { server: null, next: [], remains: [] };
    const account = summarize(this.files, missing, directory.sources, this.target, outcome);
    account.notes.push(...this.notes);
    const unread = directory.findings.filter(({ code }) => code === "file.unreadable");
    for (const { file, message } of unread)
      account.notes.push(say`${file === undefined ? "a file" : tag.file(file)} could not be read: ${message}`);
    const behind = this.left.length > 0 ? await leftBehind(this.left, this.last ?? -1n) : null;
    if (behind !== null) account.notes.push(behind);
    if (unread.length > 0 || behind !== null) account.whole = false;
    writeNew(
      join(this.root, ACCOUNT),
      `${JSON.stringify({ type: "salvage", schema: SCHEMA, source: account.sources, ...account }, asText, 2)}\n`,
    );
    for (const folder of this.made) syncFolder(folder);
    return account;
  }

  /** `nextFirst`: the first transaction of the logs after it. */
  private async takeLog(log: StoredFile, scan: LogScan, nextFirst: bigint | null): Promise<void> {
    const sound = isSound(scan.findings);
    const output = sound && scan.compression === "none" ? await this.copy(log) : null;
    const account: LogAccount =
      output !== null
        ? { ...emptyLog(log), fate: fateOfSound(scan), kept: scan.transactions, output }
        : await this.rewriteLog(log, nextFirst);
    // No server reads a compressed log.
    if (sound && scan.compression !== "none" && account.fate === "rewritten") account.fate = "decompressed";
    this.files.push(account);
    this.logs.push({ log, account });
  }

  /** A server goes by names: a log whose name is not of what it holds would not be read where it belongs. */
  private nameByContents(logs: readonly StoredFile[], scans: readonly LogScan[]): void {
    const right = new Set(scans.filter((scan) => !isMisnamed(scan)).map(({ zxid }) => zxid));
    for (const [index, scan] of scans.entries()) {
      const [log, first] = [logs[index], scan.runs[0]?.first];
      if (!log || first === undefined || !isMisnamed(scan) || right.has(first)) continue;
      const name = fileName("log", first);
      this.names.set(log.path, name);
      this.notes.push(say`${tag.file(log.name)} begins with ${hex(first)}: it is ${tag.file(name)} now`);
    }
  }

  private async rewriteLog(log: StoredFile, nextFirst: bigint | null): Promise<LogAccount> {
    const open = new Map<string, LogWriter>();
    let output: string | null = null;
    const writerAt = async (path: string): Promise<LogWriter> => {
      const writer = new LogWriter(createStored(path, "none"));
      open.set(path, writer);
      await writer.begin();
      return writer;
    };
    try {
      const account = await salvageLog(log, {
        keepSuspect: this.options.keepSuspect ?? false,
        fillers: this.fillersFor(log),
        nextFirst,
        open: (first) => {
          output = this.freePath(fileName("log", first));
          return writerAt(output);
        },
        openSuspect: () => {
          this.folder("suspect");
          return writerAt(this.freeIn("suspect", log.name.replaceAll("/", "_")));
        },
      });
      for (const writer of open.values()) await writer.finish();
      return { ...account, output: output === null ? null : this.shown(output) };
    } catch (error) {
      for (const writer of open.values()) writer.abandon();
      throw error;
    }
  }

  /** The server's own other logs, compressed copies among them, then the other servers'. */
  private fillersFor(log: StoredFile): Filler[] {
    const { logs, copies } = this.directory;
    const own = [...copies.map((copy) => copy.log), ...logs.filter((other) => other !== log)];
    return [{ name: "", logs: own }, ...this.otherServers()];
  }

  private otherServers(): Filler[] {
    const nodes = this.options.nodes ?? [];
    const names = nodeNames([this.directory, ...nodes]);
    return nodes.map(({ logs }, index) => ({ name: `${names[index + 1]}/`, logs }));
  }

  private async takeSnapshot(snapshot: StoredFile, scan: SnapshotScan, scans: readonly SnapshotScan[]): Promise<void> {
    const contradiction = this.contradicted.get(snapshot.path) ?? null;
    const copied =
      isSound(scan.findings) && contradiction === null ? await this.copy(snapshot, SUFFIX[scan.compression]) : null;
    if (copied !== null) {
      this.files.push({
        ...emptySnapshot(snapshot),
        fate: fateOfSound(scan),
        output: copied,
        znodes: scan.znodes,
        sessions: scan.sessions,
      });
      return;
    }
    const name = snapshot.zxid === null ? snapshot.name : fileName("snapshot", snapshot.zxid);
    const { snapshots } = this.directory;
    const soundHere = snapshots.filter((_, index) => isSound((scans[index] as SnapshotScan).findings));
    const without = { ...this.directory, snapshots: snapshots.filter((other) => other !== snapshot) };
    const nodes = this.options.nodes ?? [];
    const others = nodes.length > 0 ? (await merge([without, ...nodes])).directory : without;
    const provenPath = this.freePath(name);
    const suspectPath = this.options.keepSuspect ? provenPath : this.freeIn("suspect", name);
    const damage = contradiction ?? scan.findings.find(isDamage)?.message ?? say`damaged`;
    const account = await salvageSnapshot(snapshot, damage, {
      contradicted: contradiction !== null,
      others,
      sound: soundHere,
      provenPath,
      suspectPath,
      lostAndFoundPath: this.freeIn("lost+found", `${name}.ndjson`),
      makeParents: this.options.makeParents ?? false,
      openDanglingAcls: this.options.openDanglingAcls ?? false,
      prepare: (path) => void this.folder(relative(this.root, dirname(path))),
    });
    this.files.push({ ...account, output: account.output === null ? null : this.shown(account.output) });
  }

  /** Where in the target; null for a file that cannot be read any more. */
  private async copy(file: StoredFile, suffix = ""): Promise<string | null> {
    const { bytes, name, path } = file;
    const own = this.names.get(path);
    const to =
      own === undefined && hasOthersName(file)
        ? this.apart(file, say`its name does not say of which zxid it is`)
        : this.freePath(own === undefined ? name : own + suffix);
    try {
      await copyStored(bytes, to);
    } catch (error) {
      if (error instanceof UnreadableFile) return null;
      throw error;
    }
    return this.shown(to);
  }

  /** Two files of one name (a log that was rewritten, and its copy) do not replace each other. */
  private freePath(name: string): string {
    const path = join(this.version, name.slice(name.lastIndexOf("/") + 1));
    if (!exists(path)) return path;
    this.folder("suspect");
    return this.freeIn("suspect", `again-${name.replaceAll("/", "_")}`);
  }

  /** Where a file goes that must not lie among the others under its name. */
  private apart({ name, kind }: StoredFile, why: Message): string {
    this.folder("suspect");
    this.notes.push(say`${tag.file(name)} is a ${kind} by its first bytes, and goes to suspect: ${why}`);
    return this.freeIn("suspect", name.replaceAll("/", "_"));
  }

  private freeIn(folder: string, name: string): string {
    const path = join(this.root, folder, name);
    return exists(path) ? this.freeIn(folder, `again-${name}`) : path;
  }

  private folder(name: string): string {
    const path = join(this.root, name);
    if (!this.made.has(path)) makeInner(path);
    this.made.add(path);
    return path;
  }

  private shown(path: string): string {
    return relative(this.root, path);
  }

  private takeEpochs(): void {
    const { texts, notes } = epochsFor(this.directory.epochs, this.last);
    for (const [name, text] of texts) writeNew(join(this.version, name), text);
    this.notes.push(...notes);
  }

  /** Tells what is lost by what the new files hold; returns what is missing though nothing was damaged. */
  private async compareWithSource(): Promise<SalvagedRange[]> {
    let written = await this.readBack();
    let kept = await zxidsIn(written.logs);
    const gaps = shareLosses(this.logs, kept);
    if (await this.fillGaps(gaps, written.logs)) {
      written = await this.readBack();
      kept = await zxidsIn(written.logs);
    }
    const bridging = await bridge(
      written.snapshots.filter(({ path }) => dirname(path) === this.version),
      kept,
      this.version,
    );
    if (bridging !== null) this.files.push(bridging);
    const snapshots = this.files.flatMap(({ kind, output }) =>
      kind === "snapshot" && output !== null ? (parseFileName(basename(output))?.zxid ?? []) : [],
    );
    this.last = [...snapshots, ...kept.map(({ last }) => last)].reduce<bigint | null>(
      (most, each) => (most === null || each > most ? each : most),
      null,
    );
    this.takeEpochs();
    return unbridged(shareLosses(this.logs, kept), kept, snapshots);
  }

  /** What no log of this server ever had may be in another's: it goes into logs of its own. */
  private async fillGaps(gaps: readonly SalvagedRange[], written: readonly StoredFile[]): Promise<boolean> {
    const fillers = this.otherServers();
    let filled = false;
    for (const { first, last } of fillers.length > 0 ? gaps : []) {
      const [previous, next] = [await payloadOf(written, first - 1n), await payloadOf(written, last + 1n)];
      const filling = await fillHole(fillers, { after: first - 1n, before: last + 1n, previous, next, present: [] });
      if (!filling) continue;
      const output = this.freePath(fileName("log", filling.recovered.first));
      await writeFilling(filling, output);
      const name = basename(output);
      const recovered = [filling.recovered];
      this.files.push({ ...emptyLog({ name }), fate: "recovered", output: this.shown(output), recovered });
      filled = true;
    }
    return filled;
  }

  /** What was written must read as sound: suspect transactions that were asked for included. */
  private async readBack(): Promise<Pick<DataDirectory, "snapshots" | "logs">> {
    const paths = this.files.flatMap(({ output }) => (output === null ? [] : [join(this.root, output)]));
    if (paths.length === 0) return { snapshots: [], logs: [] };
    const written = discover(paths);
    for (const file of [...written.logs, ...written.snapshots]) {
      const { findings } = file.kind === "log" ? await scanLog(file) : await scanSnapshot(file);
      const wrong = findings.find(isDamage);
      if (wrong)
        throw new ZkRewindError(say`what was written does not read back: ${wrong.message}`, { exitCode: 3, findings });
    }
    return written;
  }
}

function fateOfSound({ lineEnds }: TextModeScan): "copied" | "converted" {
  return lineEnds === null ? "copied" : "converted";
}

/** Scans of files, and the files: those that went through a text mode as they were before. */
async function scanned<S extends TextModeScan>(
  files: readonly StoredFile[],
  scan: (file: StoredFile) => Promise<S>,
): Promise<{ files: StoredFile[]; scans: S[] }> {
  const result: { files: StoredFile[]; scans: S[] } = { files: [], scans: [] };
  for (const file of files) {
    const found = await scan(file);
    const { lineEnds } = found;
    const cured = lineEnds === null ? file : withoutTextMode(file, lineEnds);
    result.files.push(cured);
    result.scans.push(lineEnds === null ? found : { ...(await scan(cured)), lineEnds });
  }
  return result;
}

function isSound(findings: readonly Finding[]): boolean {
  return !findings.some(isDamage);
}

function asText(_: string, value: unknown): unknown {
  if (isMessage(value)) return plain(value);
  return typeof value === "bigint" ? `0x${BigInt.asUintN(64, value).toString(16)}` : value;
}
