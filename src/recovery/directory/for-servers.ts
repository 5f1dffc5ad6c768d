import { FileBytes } from "../../io/file-bytes.js";
import type { StoredBytes } from "../../io/stored-bytes.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { parseFileName } from "../../storage/names.js";
import { serverZxid } from "../servers/names.js";
import { type DataDirectory, type ListedName, openStored, type StoredFile } from "./data-directory.js";

/** The files that some release takes for a snapshot or log and that are not read otherwise: set aside, or copies. */
export function filesForServersOnly({ listing, snapshots, logs }: DataDirectory): StoredFile[] {
  if (!listing) return [];
  const known = new Set([...snapshots, ...logs].map(({ path }) => path));
  return [...listing.dataDir, ...(listing.dataLogDir ?? [])].flatMap((listed) => {
    const { name, path } = listed;
    if (known.has(path)) return [];
    const kind = (["snapshot", "log"] as const).find((each) => serverZxid(name, each, ANY_NAME) !== null);
    return kind === undefined ? [] : [storedFile(kind, listed)];
  });
}

/**
 * Files that somebody set aside in their folder (`log.1ee.bad`, `log.1ee~`, `old-log.1ee`), with the zxids in their names: what
 * is in them belongs to the directory's history, and is read only where that is asked for. What a crash left (`.tmp`) is none.
 */
export function filesSetAside({ listing, snapshots, logs, copies }: DataDirectory): StoredFile[] {
  if (!listing) return [];
  const known = new Set([...snapshots, ...logs, ...copies.map(({ log }) => log)].map(({ path }) => path));
  return [...listing.dataDir, ...(listing.dataLogDir ?? [])].flatMap((listed) => {
    const { name, path } = listed;
    const [, kind, zxid] = SET_ASIDE.exec(name) ?? [];
    if (kind === undefined || known.has(path) || parseFileName(name) !== null || name.endsWith(".tmp")) return [];
    const file = storedFile(kind as StoredFile["kind"], listed);
    return file.size === 0 ? [] : [{ ...file, zxid: BigInt(`0x${zxid}`) }];
  });
}

const SET_ASIDE = /(?:^|[^0-9A-Za-z])(snapshot|log)\.([0-9a-fA-F]{1,15})(?![0-9A-Za-z])/;
const ANY_NAME = { anySuffix: true };

function storedFile(kind: StoredFile["kind"], { name, path, find }: ListedName): StoredFile {
  const bytes = readable(path, find);
  return { kind, name, path, zxid: null, size: bytes.size, bytes, open: (range) => openStored(bytes, range) };
}

/** What cannot be opened fails when it is read. */
function readable(path: string, find: () => StoredBytes): StoredBytes {
  try {
    return find();
  } catch (error) {
    if (error instanceof UnreadableFile) return new FileBytes({ path, why: error.why });
    throw error;
  }
}
