import { join } from "node:path";
import type { Finding } from "../../findings/finding.js";
import { fileBytes } from "../../io/file-bytes.js";
import { openBytes } from "../../io/open-bytes.js";
import { statusOf } from "../../io/regular-file.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { openStored, type StoredFile } from "../../recovery/directory/data-directory.js";
import { namesNow } from "../../recovery/directory/live-logs.js";
import { scanSnapshot } from "../../recovery/scan/scan-snapshot.js";
import { parseFileName } from "../../storage/names.js";
import type { Recipients } from "../crypt/index.js";
import type { Snapshot } from "../link/link.js";
import { Hashed, partsOf } from "../segment/pieces.js";
import type { Distributor } from "./distributor.js";

/** A snapshot file of a server. */
export interface LocalSnapshot {
  path: string;
  name: string;
  zxid: bigint;
  /** Bytes as it lies there. */
  size: number;
  modified: number;
}

/** The snapshots of a server, in order of zxid. */
export function localSnapshots(folder: string): LocalSnapshot[] {
  return namesNow(folder)
    .flatMap((name) => {
      const parsed = parseFileName(name);
      const status = parsed?.kind === "snapshot" ? statusOf(join(folder, name)) : null;
      return parsed && status ? [{ path: join(folder, name), name, zxid: parsed.zxid, ...status }] : [];
    })
    .sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0));
}

/**
 * Ships a snapshot, if it is whole: a server writes it in place, so that one that is being written looks like one that
 * was cut short. Null where it is not (yet), or is gone; what is wrong is told.
 */
export async function shipSnapshot(
  snapshot: LocalSnapshot,
  distributor: Distributor,
  recipients: Recipients | null,
  known: (zxid: bigint, content: string) => boolean,
  tell: (finding: Finding) => void,
): Promise<Snapshot | "known" | null> {
  try {
    const scan = await scanSnapshot(storedFile(snapshot));
    if (!scan.sound) {
      for (const each of scan.findings) tell(each);
      return null;
    }
    const { zxid } = snapshot;
    const first = new Hashed();
    for await (const _ of first.read(openBytes(fileBytes(snapshot.path))));
    const content = first.digest();
    if (known(zxid, content)) return "known";
    const again = new Hashed();
    const shipped: Snapshot = { kind: "snapshot", zxid, content, bytes: first.bytes, parts: [] };
    for await (const { bytes, ...object } of partsOf(
      again.read(openBytes(fileBytes(snapshot.path))),
      { kind: "snapshot", zxid, content },
      recipients,
    )) {
      await distributor.store(object, bytes);
      shipped.parts.push(object);
    }
    // It changed in between: what was stored is not what its name says.
    return again.digest() === content ? shipped : null;
  } catch (error) {
    if (error instanceof UnreadableFile) return null;
    throw error;
  }
}

function storedFile({ path, name, zxid }: LocalSnapshot): StoredFile {
  const bytes = fileBytes(path);
  return { kind: "snapshot", name, path, zxid, size: bytes.size, bytes, open: (range) => openStored(bytes, range) };
}
