import { join } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { fileBytes } from "../../io/file-bytes.js";
import { writeNew } from "../../io/new/new-file.js";
import { copyNew } from "../../io/new/copy-new.js";
import { makeFolder, makeInner } from "../../io/new/new-folder.js";
import { syncFolder } from "../../io/new/sync-folder.js";
import { crc32c } from "../../checksum/index.js";
import { type Message, say, tag } from "../../text/message.js";
import { MANIFEST } from "../directory/made-inexactly.js";
import { manifest } from "../write/manifest.js";
import type { Restorable, Restored } from "../write/restorable.js";
import type { WrittenFile } from "../write/history.js";
import {
  type Places,
  restoredAt,
  type RestoreOptions,
  type VersionFolders,
  writeVersion,
  type WrittenVersion,
} from "../write/restore.js";
import type { Ensemble, Member } from "./membership.js";
import { dynamicBase, type Runbook, runbook, runbookMarkdown } from "./runbook.js";

/** What was written for an ensemble. */
export interface RestoredEnsemble extends Restored {
  /** The runbook's file, as a path. */
  runbookFile: string;
  runbook: Runbook;
}

/** How {@link restoreEnsemble} writes. */
export interface EnsembleOptions extends RestoreOptions {
  /** How messages become text in the runbook's file. */
  text: (message: Message) => string;
}

/** The runbook's name, in the restored folder. */
export const RUNBOOK = "runbook.md";

/**
 * Writes a data directory for each server of an ensemble, none of them empty: DIR/N/data with myid and version-2, and
 * DIR/N/datalog with version-2, empty or with logs; the dynamic configuration where the servers have one; and the
 * runbook. All of it or nothing.
 *
 * Throws as `restore` does.
 *
 * @example
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { AS_IT_IS, carryOut, discover, readEnsemble, rebuild, restoreEnsemble } from "zkrewind/recovery";
 * import { plain } from "zkrewind";
 *
 * const folder = mkdtempSync(join(tmpdir(), "ensemble-"));
 * const config = join(folder, "zoo.cfg");
 * writeFileSync(config, "dataDir=/var/lib/zookeeper\nclientPort=2181\nserver.1=zk1:2888:3888\nserver.2=zk2:2888:3888\n");
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const state = await rebuild(directory);
 * const what = await carryOut(state, directory, { ...AS_IT_IS, epoch: "leap", now: Date.now() });
 * const options = { layout: state.layout, text: plain };
 * const restored = await restoreEnsemble(what, readEnsemble([config]), join(folder, "new"), options);
 * console.log(restored.runbookFile, restored.epoch);
 */
export function restoreEnsemble(
  what: Restorable,
  ensemble: Ensemble,
  directory: string,
  options: EnsembleOptions,
): Promise<RestoredEnsemble> {
  return makeFolder(directory, async (temporary) => {
    const [first, ...others] = ensemble.members.map((member) => makeServer(temporary, member));
    const own = first as VersionFolders;
    // All at once, and while the first is read back: what is waited for is the disk.
    const written = await writeVersion(what, own, options, async (made) => {
      const copied = others.map((folders) => copyVersion(own, folders, made));
      await Promise.allSettled(copied);
      await Promise.all(copied);
    });
    const raised = written.zxid !== written.point;
    for (const { id } of ensemble.members) {
      const own = join(temporary, String(id));
      writeNew(join(own, "data", "myid"), `${id}\n`);
      if (ensemble.dynamicFile !== null && raised)
        writeNew(join(own, dynamicBase(ensemble.dynamicFile, written.zxid)), `${ensemble.lines.join("\n")}\n`);
      for (const folder of [join(own, "data"), join(own, "datalog"), own]) syncFolder(folder);
    }
    const restored = restoredAt(written, directory, placesOf(ensemble.members[0] as Member));
    const book = runbook(restored, ensemble, directory);
    writeNew(join(temporary, RUNBOOK), runbookMarkdown(book, options.text));
    writeNew(join(temporary, MANIFEST), manifest(what, restored, filesOf(ensemble, written)));
    return { ...restored, runbookFile: join(directory, RUNBOOK), runbook: book };
  });
}

/** Makes a server's folders. */
function makeServer(directory: string, { id }: Member): VersionFolders {
  const all = join(directory, String(id));
  for (const folder of ["", "data", "data/version-2", "datalog", "datalog/version-2"]) makeInner(join(all, folder));
  return { snapshots: join(all, "data/version-2"), logs: join(all, "datalog/version-2"), all };
}

function placesOf({ id }: Member): Places {
  const own = String(id);
  return {
    snapshots: (file) => join(own, "data/version-2", file),
    logs: (file) => join(own, "datalog/version-2", file),
  };
}

function filesOf({ members }: Ensemble, { snapshots, logs }: WrittenVersion): WrittenFile[] {
  return members.flatMap((member) => {
    const places = placesOf(member);
    return [
      ...snapshots.map((file) => ({ ...file, name: places.snapshots(file.name) })),
      ...logs.map((file) => ({ ...file, name: places.logs(file.name) })),
    ];
  });
}

async function copyVersion(from: VersionFolders, to: VersionFolders, written: WrittenVersion): Promise<void> {
  const { snapshots, logs, epoch } = written;
  for (const file of snapshots) await copyFile(file, from.snapshots, to.snapshots);
  for (const file of logs) await copyFile(file, from.logs, to.logs);
  for (const file of ["currentEpoch", "acceptedEpoch"]) writeNew(join(to.snapshots, file), String(epoch));
  for (const folder of [to.snapshots, to.logs]) syncFolder(folder);
}

async function copyFile({ name, stored }: WrittenFile, from: string, to: string): Promise<void> {
  await copyNew(join(from, name), join(to, name));
  if (crcOf(join(to, name)) !== stored.crc32c)
    throw new ZkRewindError(say`a copy of ${tag.file(name)} does not read back`, { exitCode: 3 });
}

/** The CRC-32C of a file as it is stored. */
function crcOf(path: string): number {
  const source = fileBytes(path).open();
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    let crc = 0;
    for (let count = source.read(buffer, 0, buffer.length); count > 0; count = source.read(buffer, 0, buffer.length))
      crc = crc32c(buffer.subarray(0, count), crc);
    return crc;
  } finally {
    source.close();
  }
}
