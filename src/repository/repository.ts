import { randomBytes } from "node:crypto";
import { crc32c } from "../checksum/index.js";
import { ZkRewindError } from "../findings/finding.js";
import { say, tag } from "../text/message.js";
import { FORMAT } from "./link/link.js";
import { Fields } from "./link/fields.js";
import { type ObjectStore, upTo } from "./store/store.js";

/** What says that a store is a repository, and of which format. */
export interface RepositoryInfo {
  format: number;
  id: string;
  created: string;
}

const NAME = "repository.json";
/** Bytes: more than enough. */
const MOST_INFO = 64 << 10;

/** Makes a store a repository. Throws ZkRewindError 3 where it is one, or holds anything else. */
export async function initRepository(store: ObjectStore): Promise<RepositoryInfo> {
  for await (const { name } of store.list("")) {
    const what = name === NAME ? say`is a repository already` : say`is not empty: it holds ${tag.file(name)}`;
    throw new ZkRewindError(say`${tag.file(store.location)} ${what}`, {
      exitCode: 3,
      hint: say`Nothing is ever overwritten: name another place.`,
    });
  }
  const info = { format: FORMAT, id: randomBytes(16).toString("hex"), created: new Date().toISOString() };
  const bytes = Buffer.from(`${JSON.stringify({ type: "repository", ...info })}\n`);
  if ((await store.put(NAME, bytes, { crc32c: crc32c(bytes) })) === "exists")
    throw new ZkRewindError(say`${tag.file(store.location)} is a repository already`, { exitCode: 3 });
  return info;
}

/** Throws ZkRewindError: 3 where a store is no repository, or one of a newer format. */
export async function readRepository(store: ObjectStore, signal?: AbortSignal): Promise<RepositoryInfo> {
  const bytes = await store.get(NAME, upTo(MOST_INFO), signal);
  if (!bytes)
    throw new ZkRewindError(say`${tag.file(store.location)} is not a backup repository`, {
      exitCode: 3,
      hint: say`zkrewind backup init makes one.`,
    });
  const fields = Fields.ofDocument(NAME, bytes, "repository", FORMAT);
  return { format: fields.count("format"), id: fields.hash("id", 32), created: fields.text("created") };
}
