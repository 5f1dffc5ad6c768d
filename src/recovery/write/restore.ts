import { join } from "node:path";
import { fileName } from "../../storage/names.js";
import { SUFFIX } from "../../io/byte-source.js";
import { writeNew } from "../../io/new/new-file.js";
import { makeFolder, makeInner } from "../../io/new/new-folder.js";
import { syncFolder } from "../../io/new/sync-folder.js";
import { layoutName } from "../../storage/snapshot-trailers.js";
import { epochOf } from "../../storage/zxid.js";
import type { DataTree } from "../../tree/index.js";
import type { Restorable, Restored } from "./restorable.js";
import { MANIFEST } from "../directory/made-inexactly.js";
import { manifest } from "./manifest.js";
import type { Release } from "../servers/releases.js";
import type { Message } from "../../text/message.js";
import { aboutStart } from "./about-start.js";
import { type KeptHistory, type WrittenFile, type WrittenHistory, writeHistory } from "./history.js";
import type { Written } from "../../io/new/followed-file.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { readBack, type ReadBehind } from "./read-back.js";
import { readHistoryBack } from "./read-back-history.js";
import { type SnapshotOptions, type WrittenSnapshot, writeSnapshot } from "./snapshot.js";

/** How {@link restore} writes a data directory, and for which servers. */
export interface RestoreOptions extends Omit<SnapshotOptions, "onPass" | "onBegin"> {
  /** Of the servers that are to start on it; the newest unless given. */
  release?: Release;
  /** Has another thread read the snapshot back while it is written. */
  readBehind?: ReadBehind;
  /** Told of three passes, each over as many znodes as the tree has: they are sorted, written, and read back. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** What is in a server's folders, by the names of files: of snapshots in one, of logs in the other, or the same. */
export interface WrittenVersion extends Omit<Restored, "history"> {
  snapshots: WrittenFile[];
  logs: WrittenFile[];
  history: WrittenHistory | null;
}

/**
 * Writes a state as a new data directory that a server starts on: DIR/version-2/snapshot.<zxid>, currentEpoch and
 * acceptedEpoch, the logs where they are to be kept, and a manifest beside version-2. It is built under a temporary name,
 * brought to disk, read back and verified before it gets its own.
 *
 * Throws ZkRewindError: 3 where DIR exists or cannot be written, 1 where a znode's ACL is not known, or where one is in
 * no list of children; with logs, as `writeHistory` and `readHistoryBack` do.
 *
 * @example
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { discover, rebuild, restore } from "zkrewind/recovery";
 *
 * const state = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * const target = join(mkdtempSync(join(tmpdir(), "restore-")), "data");
 * const { snapshot, znodes } = await restore(state, target, { layout: state.layout });
 * console.log(snapshot, znodes);
 */
export function restore(what: Restorable, directory: string, options: RestoreOptions): Promise<Restored> {
  return makeFolder(directory, async (temporary) => {
    const version = join(temporary, "version-2");
    makeInner(version);
    const written = await writeVersion(what, { snapshots: version, logs: version, all: temporary }, options);
    const place = (file: string): string => join("version-2", file);
    const restored = restoredAt(written, directory, { snapshots: place, logs: place });
    const files = [...written.snapshots, ...written.logs].map((file) => ({ ...file, name: place(file.name) }));
    writeNew(join(temporary, MANIFEST), manifest(what, restored, files));
    return restored;
  });
}

/** Where a server's files are, in the folder that is written, by their names. */
export interface Places {
  snapshots: (file: string) => string;
  logs: (file: string) => string;
}

/** What was written into one server's folders, with the paths of its files in `directory`. */
export function restoredAt(written: WrittenVersion, directory: string, places: Places): Restored {
  const { snapshots: _, logs: __, history, ...rest } = written;
  const snapshot = join(directory, places.snapshots(written.snapshot));
  if (history === null) return { ...rest, snapshot };
  const { transactions } = history;
  const kept = {
    snapshot: join(directory, places.snapshots(history.snapshot.name)),
    logs: history.logs.map(({ name }) => join(directory, places.logs(name))),
    transactions,
  };
  return { ...rest, snapshot, history: kept };
}

/** Where a server's snapshots and logs go, and what holds both. */
export interface VersionFolders {
  snapshots: string;
  logs: string;
  all: string;
}

/**
 * Writes the snapshot and the epoch files into an empty folder `version-2`, and reads the snapshot back; the logs too,
 * where they are to be kept. `snapshot` in the answer is the file's name. `meanwhile`: what is done with what is written
 * while that is read, such as to copy it.
 */
export async function writeVersion(
  what: Restorable,
  folders: VersionFolders,
  options: RestoreOptions,
  meanwhile: (written: WrittenVersion) => Promise<void> = async () => undefined,
): Promise<WrittenVersion> {
  const { history: kept = null, point = what.zxid } = what;
  const tell = teller(options, what.tree);
  const isBelow = point !== what.zxid;
  const { layout, compression = "none" } = options;
  const history = kept && (await writeHistory(kept, folders, { layout, compression, isBelow }));
  const epoch = Math.max(what.epoch ?? 0, epochOf(what.zxid));
  for (const file of ["currentEpoch", "acceptedEpoch"]) writeNew(join(folders.snapshots, file), String(epoch));
  // Beside older files a snapshot must say by itself that it is whole; every release reads, or passes over, the digest.
  const proven = { ...layout, digest: layout.digest || (kept !== null && !layout.lastZxid) };
  const own =
    history && !isBelow ? null : await writeOwn(what, folders.snapshots, { ...options, layout: proven }, tell);
  for (const folder of new Set([folders.snapshots, folders.logs])) syncFolder(folder);
  const { changes = [], warnings = [] } = what;
  const written = own?.written ?? unchanged(what, kept as KeptHistory, history as WrittenHistory);
  const made: WrittenVersion = {
    ...written,
    snapshot: own?.file.name ?? (history as WrittenHistory).snapshot.name,
    epoch,
    point,
    changes,
    warnings,
    snapshots: [...(own ? [own.file] : []), ...(history ? [history.snapshot] : [])],
    logs: history?.logs ?? [],
    history,
  };
  // The copies are begun first: they wait for the disk, the reading for the processor.
  const [, told] = await bothDone(meanwhile(made), toldByReading(what, made, own, folders, options));
  tell(2, 1);
  return { ...made, warnings: [...warnings, ...told] };
}

/** Reads all of it back; answers what whoever starts servers on it must know. */
async function toldByReading(
  what: Restorable,
  written: WrittenVersion,
  own: OwnSnapshot | null,
  folders: VersionFolders,
  options: RestoreOptions,
): Promise<readonly Message[]> {
  const told: Message[] = [];
  const tell = teller(options, what.tree);
  if (own) {
    const path = join(folders.snapshots, own.file.name);
    const scan = await readBack(own.written, path, own.behind, (storedBytes) =>
      tell(2, storedBytes / written.stored.size),
    );
    told.push(...aboutStart(written.snapshot, scan, options.release));
  }
  if (what.history)
    told.push(...(await readHistoryBack(folders.all, what.history, what.zxid, options.release ?? null)));
  return told;
}

/** What both come to. Where one fails, the other is waited for all the same: it may still be writing. */
async function bothDone<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

/** A snapshot of the tree, and what another thread reads of it, if one does. */
interface OwnSnapshot {
  written: WrittenSnapshot;
  file: WrittenFile;
  behind: Promise<SnapshotScan> | null;
}

/** Writes the tree as a snapshot of its own. */
async function writeOwn(
  what: Restorable,
  folder: string,
  options: RestoreOptions,
  tell: (pass: number, part: number) => void,
): Promise<OwnSnapshot> {
  const name = fileName("snapshot", what.zxid, SUFFIX[options.compression ?? "none"]);
  const path = join(folder, name);
  let behind: Promise<SnapshotScan> | null = null;
  const onBegin = (size: number, written: Written): void => {
    behind = options.readBehind?.({ path, zxid: what.zxid, size, written }) ?? null;
    // Where the writing fails, nobody asks for it.
    behind?.catch(() => undefined);
  };
  const written = await writeSnapshot(what, path, { ...options, onPass: tell, onBegin });
  return { written, file: { name, stored: written.stored, bytes: written.bytes }, behind };
}

/** What servers come to by a snapshot that was not changed and the logs after it. */
function unchanged(
  { tree, zxid }: Restorable,
  { digest, sessions }: KeptHistory,
  { snapshot: { stored, bytes }, layout }: WrittenHistory,
): WrittenSnapshot {
  const { size: znodes } = tree.znodes;
  return { zxid, znodes, sessions: sessions.length, bytes, stored, digest, layout: layoutName(layout) };
}

/** Says that a part (0 to 1) of the pass with this index is done. */
function teller({ onProgress }: RestoreOptions, { znodes }: DataTree): (pass: number, part: number) => void {
  return (pass, part) =>
    onProgress?.({ done: Math.round((pass + Math.min(part, 1)) * znodes.size), total: PASSES * znodes.size });
}

const PASSES = 3;
