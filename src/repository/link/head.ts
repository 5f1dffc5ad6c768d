import { crc32c } from "../../checksum/index.js";
import type { ObjectStore } from "../store/store.js";
import { FORMAT } from "./link.js";

/** Says which link of a server is its newest. It only saves readers a look: the link is what counts. */
export async function putHead(store: ObjectStore, server: string, link: string, signal?: AbortSignal): Promise<void> {
  const head = Buffer.from(`${JSON.stringify({ type: "head", format: FORMAT, link })}\n`);
  await store.put(`heads/${server}.json`, head, {
    crc32c: crc32c(head),
    replace: true,
    ...(signal ? { signal } : {}),
  });
}
