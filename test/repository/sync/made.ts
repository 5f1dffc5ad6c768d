import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { crc32c } from "../../../src/checksum/index.js";
import { encodeLink } from "../../../src/repository/link/encode.js";
import type { Link, Segment } from "../../../src/repository/link/link.js";
import { fileObjectName, hashOf, linkName, partName, segmentName } from "../../../src/repository/names.js";
import { initRepository } from "../../../src/repository/repository.js";
import { signed, type Signer } from "../../../src/repository/sign/index.js";
import type { ObjectStore } from "../../../src/repository/store/store.js";

/** Objects by name, as a repository has them: segments, a snapshot in parts, a file, and the links that name them. */
export function madeObjects(server: string, segments: number, signer: Signer | null = null): Map<string, Buffer> {
  const objects = new Map<string, Buffer>();
  const add = (name: string, bytes: Buffer) => {
    objects.set(name, bytes);
    return { name, size: bytes.length, crc32c: crc32c(bytes) };
  };
  const writer = createHash("sha256").update(server).digest("hex").slice(0, 16);
  let previous: Link["previous"] = null;
  for (let depth = 0; depth < segments; depth++) {
    const first = (1n << 32n) + BigInt(depth * 10 + 1);
    const plain = Buffer.from(`${server} ${first} ${randomBytes(40).toString("hex")}`);
    const bytes = gzipSync(plain);
    const [content, stored] = [hashOf(plain), hashOf(bytes)];
    const name = segmentName(first, first + 9n, content, stored, false);
    const time = BigInt(1_700_000_000_000 + depth * 1000);
    const segment: Segment = {
      ...add(name, bytes),
      first,
      last: first + 9n,
      content,
      stored,
      encrypted: false,
      after: null,
      from: time,
      to: time,
    };
    const link: Link = {
      server,
      writer,
      depth,
      whole: depth === 0,
      time: new Date(Number(time)).toISOString(),
      previous,
      cut: null,
      segments: [segment],
      dropped: [],
      snapshots: depth === 0 ? [madeSnapshot(add)] : [],
      files: depth === 0 ? [madeFile(add)] : [],
      replaces: [],
      tip: { zxid: first + 9n, time },
      voters: null,
    };
    const line = encodeLink(link);
    const document = signer ? signed(line, signer) : line;
    const own = linkName({ server, depth, writer, whole: link.whole });
    add(own, document);
    previous = { name: own, sha256: createHash("sha256").update(document).digest("hex") };
  }
  return objects;
}

type Add = (name: string, bytes: Buffer) => { name: string; size: number; crc32c: number };

function madeSnapshot(add: Add): Link["snapshots"][number] {
  const plain = randomBytes(3000);
  const [zxid, content] = [1n << 32n, hashOf(plain)];
  const parts = [0, 1, 2].map((index) => {
    const bytes = plain.subarray(index * 1000, index * 1000 + 1000);
    const stored = hashOf(bytes);
    return add(
      partName({ kind: "snapshot", zxid, content, index, isLast: index === 2, stored, encrypted: false }),
      bytes,
    );
  });
  return { kind: "snapshot", zxid, content, bytes: 3000, parts };
}

function madeFile(add: Add): Link["files"][number] {
  const bytes = gzipSync(Buffer.from("1"));
  const [content, stored] = [hashOf(Buffer.from("1")), hashOf(bytes)];
  const name = fileObjectName("currentEpoch", content, stored, false);
  return { ...add(name, bytes), file: "currentEpoch", content, stored, encrypted: false };
}

/** Makes a store a repository with these objects, links last. */
export async function fill(store: ObjectStore, objects: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await initRepository(store);
  const names = [...objects.keys()].sort((a, b) => Number(a.startsWith("writers/")) - Number(b.startsWith("writers/")));
  for (const name of names) {
    const bytes = objects.get(name) as Uint8Array;
    await store.put(name, bytes, { crc32c: crc32c(bytes) });
  }
}
