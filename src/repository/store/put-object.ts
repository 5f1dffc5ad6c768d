import { crc32c } from "../../checksum/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { storedHashIn } from "../names.js";
import { type ObjectStore, upTo } from "./store.js";

/**
 * Stores an object or a link, whatever is there under its name: the same bytes stay, and damaged ones are replaced where
 * the name states the hash of what belongs there. Throws ZkRewindError: 1 where another link has that name, 3 as the store
 * does.
 */
export async function putObject(
  store: ObjectStore,
  name: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const sum = crc32c(bytes);
  const options = { crc32c: sum, ...(signal ? { signal } : {}) };
  if ((await store.put(name, bytes, options)) === "stored") return;
  const there = await store.head(name, signal);
  if (there?.size === bytes.length && there.crc32c === sum) return;
  const stored = await store.get(name, upTo(bytes.length), signal);
  if (stored && Buffer.compare(stored, bytes) === 0) return;
  if (storedHashIn(name) === null)
    throw new ZkRewindError(say`${tag.file(name)} is there already, with other bytes`, { exitCode: 1 });
  await store.put(name, bytes, { ...options, replace: true });
}
