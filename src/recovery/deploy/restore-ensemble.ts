import { join } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { copyStored } from "../../io/copy-stored.js";
import { fileBytes } from "../../io/file-bytes.js";
import { writeNew } from "../../io/new/new-file.js";
import { makeFolder, makeInner } from "../../io/new/new-folder.js";
import { syncFolder } from "../../io/new/sync-folder.js";
import { crc32c } from "../../checksum/index.js";
import { type Message, say } from "../../text/message.js";
import { MANIFEST, manifest } from "../write/manifest.js";
import type { Restorable, Restored } from "../write/restorable.js";
import { type RestoreOptions, writeVersion } from "../write/restore.js";
import type { Ensemble } from "./membership.js";
import { dynamicBase, type Runbook, runbook, runbookMarkdown } from "./runbook.js";

export interface RestoredEnsemble extends Restored {
  /** The runbook's file, as a path. */
  runbookFile: string;
  runbook: Runbook;
}

export interface EnsembleOptions extends RestoreOptions {
  /** How messages become text in the runbook's file. */
  text: (message: Message) => string;
}

/** The runbook's name, in the restored folder. */
export const RUNBOOK = "runbook.md";

/**
 * Writes a data directory for each server of an ensemble, none of them empty: DIR/N/data with myid and version-2, and
 * DIR/N/datalog with an empty version-2, for a dataLogDir; the dynamic configuration where the servers have one; and the
 * runbook. All of it or nothing.
 *
 * Throws as `restore` does.
 */
export function restoreEnsemble(
  what: Restorable,
  ensemble: Ensemble,
  directory: string,
  options: EnsembleOptions,
): Promise<RestoredEnsemble> {
  return makeFolder(directory, async (temporary) => {
    const [first, ...others] = ensemble.members.map(({ id }) => makeServer(temporary, id));
    const written = await writeVersion(what, first as string, options);
    for (const version of others) await copyVersion(first as string, version, written);
    const raised = written.zxid !== written.point;
    for (const { id } of ensemble.members) {
      const own = join(temporary, String(id));
      writeNew(join(own, "data", "myid"), `${id}\n`);
      if (ensemble.dynamicFile !== null && raised)
        writeNew(join(own, dynamicBase(ensemble.dynamicFile, written.zxid)), `${ensemble.lines.join("\n")}\n`);
      for (const folder of [join(own, "data"), join(own, "datalog"), own]) syncFolder(folder);
    }
    const restored = { ...written, snapshot: join(directory, placeOf(ensemble, written.snapshot)[0] as string) };
    const book = runbook(restored, ensemble, directory);
    writeNew(join(temporary, RUNBOOK), runbookMarkdown(book, options.text));
    writeNew(join(temporary, MANIFEST), manifest(what, restored, placeOf(ensemble, written.snapshot)));
    return { ...restored, runbookFile: join(directory, RUNBOOK), runbook: book };
  });
}

/** Makes a server's folders; answers its version-2 for snapshots. */
function makeServer(directory: string, id: number): string {
  const own = join(directory, String(id));
  for (const folder of ["", "data", "data/version-2", "datalog", "datalog/version-2"]) makeInner(join(own, folder));
  return join(own, "data/version-2");
}

async function copyVersion(from: string, to: string, { snapshot, stored, epoch }: Restored): Promise<void> {
  await copyStored(fileBytes(join(from, snapshot)), join(to, snapshot));
  for (const file of ["currentEpoch", "acceptedEpoch"]) writeNew(join(to, file), String(epoch));
  syncFolder(to);
  const crc = crcOf(join(to, snapshot));
  if (crc !== stored.crc32c) throw new ZkRewindError(say`a copy of the snapshot does not read back`, { exitCode: 3 });
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

function placeOf({ members }: Ensemble, snapshot: string): string[] {
  return members.map(({ id }) => `${id}/data/version-2/${snapshot}`);
}
