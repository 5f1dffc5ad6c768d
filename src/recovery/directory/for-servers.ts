import { FileBytes, fileBytes } from "../../io/file-bytes.js";
import type { StoredBytes } from "../../io/stored-bytes.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { serverZxid } from "../servers/names.js";
import { type DataDirectory, openStored, type StoredFile } from "./data-directory.js";

/** The files that some release takes for a snapshot or log and that are not read otherwise: set aside, or copies. */
export function filesForServersOnly({ listing, snapshots, logs }: DataDirectory): StoredFile[] {
  if (!listing) return [];
  const known = new Set([...snapshots, ...logs].map(({ path }) => path));
  return [...listing.dataDir, ...(listing.dataLogDir ?? [])].flatMap(({ name, path }) => {
    if (known.has(path)) return [];
    const kind = (["snapshot", "log"] as const).find((each) => serverZxid(name, each, ANY_NAME) !== null);
    return kind === undefined ? [] : [storedFile(kind, name, path)];
  });
}

const ANY_NAME = { anySuffix: true };

function storedFile(kind: StoredFile["kind"], name: string, path: string): StoredFile {
  const bytes = bytesAt(path);
  return { kind, name, path, zxid: null, size: bytes.size, bytes, open: (range) => openStored(bytes, range) };
}

function bytesAt(path: string): StoredBytes {
  try {
    return fileBytes(path);
  } catch (error) {
    if (error instanceof UnreadableFile) return new FileBytes({ path });
    throw error;
  }
}
