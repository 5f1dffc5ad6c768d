import { join } from "node:path";
import { fileName } from "../../storage/names.js";
import { SUFFIX } from "../../io/byte-source.js";
import { writeNew } from "../../io/new/new-file.js";
import { makeFolder, makeInner } from "../../io/new/new-folder.js";
import { syncFolder } from "../../io/new/sync-folder.js";
import { epochOf } from "../../storage/zxid.js";
import type { DataTree } from "../../tree/index.js";
import type { Restorable, Restored } from "./restorable.js";
import { MANIFEST, manifest } from "./manifest.js";
import type { Release } from "../servers/releases.js";
import { aboutStart } from "./about-start.js";
import { readBack } from "./read-back.js";
import { type SnapshotOptions, writeSnapshot } from "./snapshot.js";

export interface RestoreOptions extends Omit<SnapshotOptions, "onPass"> {
  /** Of the servers that are to start on it; the newest unless given. */
  release?: Release;
  /** Told of three passes, each over as many znodes as the tree has: they are sorted, written, and read back. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * Writes a state as a new data directory that a server starts on: DIR/version-2/snapshot.<zxid>, currentEpoch and
 * acceptedEpoch, and a manifest beside version-2. It is built under a temporary name, brought to disk, read back and
 * verified before it gets its own.
 *
 * Throws ZkRewindError: 3 where DIR exists or cannot be written, 1 where a znode's ACL is not known, or where one is in
 * no list of children.
 */
export function restore(what: Restorable, directory: string, options: RestoreOptions): Promise<Restored> {
  return makeFolder(directory, async (temporary) => {
    const version = join(temporary, "version-2");
    makeInner(version);
    const written = await writeVersion(what, version, options);
    const restored = { ...written, snapshot: join(directory, "version-2", written.snapshot) };
    writeNew(join(temporary, MANIFEST), manifest(what, restored, [`version-2/${written.snapshot}`]));
    return restored;
  });
}

/**
 * Writes the snapshot and the epoch files into an empty folder `version-2`, and reads the snapshot back. `snapshot` in
 * the answer is the file's name.
 */
export async function writeVersion(what: Restorable, version: string, options: RestoreOptions): Promise<Restored> {
  const { compression = "none" } = options;
  const snapshot = fileName("snapshot", what.zxid, SUFFIX[compression]);
  const tell = teller(options, what.tree);
  const written = await writeSnapshot(what, join(version, snapshot), { ...options, onPass: tell });
  const epoch = Math.max(what.epoch ?? 0, epochOf(what.zxid));
  for (const file of ["currentEpoch", "acceptedEpoch"]) writeNew(join(version, file), String(epoch));
  syncFolder(version);
  const scan = await readBack(written, join(version, snapshot), (storedBytes) =>
    tell(2, storedBytes / written.stored.size),
  );
  tell(2, 1);
  const { changes = [], warnings = [], point = what.zxid } = what;
  const told = [...warnings, ...aboutStart(snapshot, scan, options.release)];
  return { ...written, snapshot, epoch, point, changes, warnings: told };
}

/** Says that a part (0 to 1) of the pass with this index is done. */
function teller({ onProgress }: RestoreOptions, { znodes }: DataTree): (pass: number, part: number) => void {
  return (pass, part) =>
    onProgress?.({ done: Math.round((pass + Math.min(part, 1)) * znodes.size), total: PASSES * znodes.size });
}

const PASSES = 3;
