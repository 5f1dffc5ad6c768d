import { ZkRewindError } from "../../findings/finding.js";
import { openBytes } from "../../io/open-bytes.js";
import { fileBytes } from "../../io/file-bytes.js";
import { fileName } from "../../storage/names.js";
import { say } from "../../text/message.js";
import { scanSnapshot, type SnapshotScan } from "../scan/scan-snapshot.js";
import type { WrittenSnapshot } from "./snapshot.js";

/**
 * Reads a new snapshot from disk as any other: seals, structure, count and digest must be what was meant.
 * Returns what was read. Throws ZkRewindError 3 where they are not.
 */
export async function readBack(
  { zxid, stored, znodes, digest }: WrittenSnapshot,
  path: string,
  onProgress: (storedBytes: number) => void,
): Promise<SnapshotScan> {
  const name = fileName("snapshot", zxid);
  const bytes = fileBytes(path);
  const file = { kind: "snapshot" as const, name, path, bytes, zxid, size: stored.size, open: () => openBytes(bytes) };
  const scan = await scanSnapshot(file, onProgress);
  const problem = scan.findings.find((each) => each.severity === "error");
  const wrong =
    problem?.message ??
    (scan.sound ? null : "it is not sound") ??
    (scan.znodes === znodes ? null : say`${scan.znodes} znodes instead of ${znodes}`) ??
    (scan.digest === digest ? null : say`digest ${scan.digest} instead of ${digest}`);
  if (wrong !== null)
    throw new ZkRewindError(say`what was written does not read back: ${wrong}`, {
      exitCode: 3,
      findings: scan.findings,
    });
  return scan;
}
