import { ZkRewindError } from "../../findings/finding.js";
import { openBytes } from "../../io/open-bytes.js";
import { fileBytes } from "../../io/file-bytes.js";
import { FollowedFile, type Written } from "../../io/new/followed-file.js";
import { fileName } from "../../storage/names.js";
import { say } from "../../text/message.js";
import { scanSnapshot, type SnapshotScan } from "../scan/scan-snapshot.js";
import type { WrittenSnapshot } from "./snapshot.js";

/** Has another thread read a file while it is written; null where none is to be had, or the file is not worth it. */
export type ReadBehind = (file: FileWritten) => Promise<SnapshotScan> | null;

/** A snapshot that is being written: its path, its zxid, how large it is going to be, and how far it is. */
export interface FileWritten {
  path: string;
  zxid: bigint;
  size: number;
  written: Written;
}

/** Reads a snapshot as far as it is written, to its end. For another thread than the one that writes it. */
export function scanBehind({ path, zxid, size, written }: FileWritten): Promise<SnapshotScan> {
  const name = fileName("snapshot", zxid);
  const open = (): FollowedFile => new FollowedFile(path, size, written);
  return scanSnapshot({ kind: "snapshot", name, path, bytes: fileBytes(path), zxid, size, open });
}

/**
 * Reads a new snapshot from disk as any other, or takes what another thread has read of it: seals, structure, size, count
 * and digest must be what was meant. Returns what was read. Throws ZkRewindError 3 where they are not.
 */
export async function readBack(
  { zxid, stored, bytes: length, znodes, digest }: WrittenSnapshot,
  path: string,
  behind: Promise<SnapshotScan> | null,
  onProgress: (storedBytes: number) => void,
): Promise<SnapshotScan> {
  const name = fileName("snapshot", zxid);
  const bytes = fileBytes(path);
  const file = { kind: "snapshot" as const, name, path, bytes, zxid, size: stored.size, open: () => openBytes(bytes) };
  // A thread that could not be had, or ended, has read nothing.
  const scan = (await behind?.catch(() => null)) ?? (await scanSnapshot(file, onProgress));
  const problem = scan.findings.find((each) => each.severity === "error");
  const wrong =
    problem?.message ??
    (scan.sound ? null : "it is not sound") ??
    (bytes.size === stored.size && scan.bytes === length ? null : say`${bytes.size} bytes instead of ${stored.size}`) ??
    (scan.znodes === znodes ? null : say`${scan.znodes} znodes instead of ${znodes}`) ??
    (scan.digest === digest ? null : say`digest ${scan.digest} instead of ${digest}`);
  if (wrong !== null)
    throw new ZkRewindError(say`what was written does not read back: ${wrong}`, {
      exitCode: 3,
      findings: scan.findings,
    });
  return scan;
}
