import { type Finding, finding, ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import type { Head } from "../link/catalogue.js";
import type { StoredObject } from "../link/link.js";
import { hashOf, storedHashIn } from "../names.js";
import { historyOf, isBridged } from "../read/history.js";
import { type ObjectInfo, type ObjectStore, upTo } from "../store/store.js";

export interface CheckResult {
  objects: number;
  bytes: number;
  findings: Finding[];
}

/**
 * Holds a repository's objects against what its links name: whether each is there, with its size and with its CRC-32C, or
 * where the store keeps none with the hash in its name; and whether the main line is without holes. `pruned`: what records
 * say was deleted.
 */
export async function checkRepository(
  store: ObjectStore,
  heads: readonly Head[],
  pruned: ReadonlySet<string>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<CheckResult> {
  const objects = new Map<string, StoredObject>();
  for (const { line } of heads)
    for (const { name, size, crc32c } of [
      ...line.segments,
      ...line.dropped,
      ...line.snapshots.flatMap(({ parts }) => parts),
      ...line.files,
    ])
      objects.set(name, { name, size, crc32c });
  const listed = new Map<string, ObjectInfo>();
  for (const prefix of ["log/", "snapshot/", "base/", "config/"])
    for await (const info of store.list(prefix)) listed.set(info.name, info);
  // What was pruned on purpose is not lost.
  for (const name of pruned) if (!listed.has(name)) objects.delete(name);
  const result: CheckResult = { objects: objects.size, bytes: 0, findings: [] };
  const waiting = [...objects.values()];
  const total = waiting.reduce((sum, { size }) => sum + size, 0);
  const worker = async (): Promise<void> => {
    for (let object = waiting.shift(); object; object = waiting.shift()) {
      const wrong = await checkOne(store, object, listed.get(object.name));
      if (wrong) result.findings.push({ ...wrong, file: `${store.location}/${object.name}` });
      result.bytes += object.size;
      onProgress(result.bytes, total);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { holes, snapshots, tip } = historyOf(heads);
  for (const { after, before } of holes) {
    const what = after === null ? say`transactions before ${hex(before)}` : say`what came after ${hex(after)}`;
    // After a hole that no snapshot bridges, nothing leads to the latest state.
    const leadsOn = after === null || isBridged({ after, before }, snapshots, tip?.zxid ?? 0n);
    result.findings.push(
      finding("backup.hole", say`${what}: no server has shipped them`, {
        file: store.location,
        zxid: before,
        severity: leadsOn ? "warning" : "error",
      }),
    );
  }
  result.findings.sort((a, b) => ((a.file ?? "") < (b.file ?? "") ? -1 : 1));
  return result;
}

async function checkOne(
  store: ObjectStore,
  object: StoredObject,
  listed: ObjectInfo | undefined,
): Promise<Finding | null> {
  const lost = (message: Parameters<typeof finding>[1]): Finding => finding("backup.lost", message);
  if (!listed) return lost(say`it is missing`);
  if (listed.size !== object.size) return lost(say`it has ${listed.size} bytes, not ${object.size}`);
  try {
    const info = listed.crc32c === undefined ? await store.head(object.name) : listed;
    if (info?.crc32c !== undefined)
      return info.crc32c === object.crc32c ? null : lost(say`its CRC-32C is not what was stored`);
    const bytes = await store.get(object.name, upTo(object.size));
    return bytes && hashOf(bytes) === storedHashIn(object.name)
      ? null
      : lost(say`its bytes are not those that were stored`);
  } catch (error) {
    if (!(error instanceof ZkRewindError)) throw error;
    return finding("backup.unreachable", say`${tag.file(object.name)}: ${error.said.message}`, { severity: "error" });
  }
}

const AT_ONCE = 8;
