import { ZkRewindError } from "../../findings/finding.js";
import type { Compression } from "../../io/byte-source.js";
import { makeFile } from "../../io/new/new-file.js";
import { createStored } from "../../io/stored-writer.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { layoutName, type SnapshotLayout, type SnapshotTrailers } from "../../storage/snapshot-trailers.js";
import { SnapshotWriter } from "../../storage/snapshot-writer.js";
import { say, tag } from "../../text/message.js";
import { kindOf, STAT } from "../../tree/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import type { Release } from "../servers/releases.js";
import { readBack } from "./read-back.js";
import type { WrittenSnapshot } from "./snapshot.js";

/** How {@link convert} writes a snapshot, and for which servers. */
export interface ConvertOptions {
  /** Null for the snapshot's own. */
  layout: SnapshotLayout | null;
  compression: Compression;
  /** Whose servers are to read it; null where that is not said. */
  release: Pick<Release, "name" | "containers"> | null;
  /** For a layout that has it, where the snapshot itself has none: the last transaction that any of it can hold. */
  lastZxid?: bigint;
  onProgress?: (storedBytes: number) => void;
}

/**
 * Writes a snapshot as another file, in another layout or compression, with the same sessions, ACLs and znodes to the
 * byte; nothing of it is held in memory. A fuzzy snapshot stays one: it keeps the digest and the zxid that its server
 * wrote with it. What was written is read back and verified before the file gets its name.
 *
 * Throws ZkRewindError: 1 where the snapshot is damaged; 2 where the layout wants a digest that it does not have, or the
 * release would delete what it holds; 3 where the file exists or cannot be written.
 *
 * @example
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { convert, discover } from "zkrewind/recovery";
 *
 * const [, snapshot] = discover(["fixtures/3.8.6-standalone"]).snapshots;
 * const target = join(mkdtempSync(join(tmpdir(), "convert-")), "snapshot.207.gz");
 * const { stored, znodes } = await convert(snapshot, target, { layout: null, compression: "gzip", release: null });
 * console.log(stored.size, znodes);
 */
export function convert(file: StoredFile, target: string, options: ConvertOptions): Promise<WrittenSnapshot> {
  return makeFile(target, async (temporary) => {
    const written = await copyAs(file, temporary, options);
    await readBack(written, temporary, null, () => undefined);
    return written;
  });
}

async function copyAs(file: StoredFile, path: string, options: ConvertOptions): Promise<WrittenSnapshot> {
  const source = file.open();
  const reader = new SnapshotReader(source);
  const writer = new SnapshotWriter(createStored(path, options.compression));
  try {
    let sum = 0n;
    let low = 0;
    const sessions = (await reader.readHead()) ? reader.sessions.length : 0;
    await writer.begin([...reader.sessions], [...reader.acls]);
    while (await reader.fill()) {
      while (reader.next()) {
        const { block } = reader.window;
        if (options.release?.containers === false) refuseOwner(reader, options.release.name);
        low += block.kernel.znode_digest(reader.record) >>> 0;
        const acl = block.view.getInt32(reader.aclAt) * 2 ** 32 + block.view.getUint32(reader.aclAt + 4);
        const full = writer.add(block.bytes, reader.record, reader.recordEnd, acl);
        if (full) await full;
      }
      sum += BigInt(low);
      low = 0;
      options.onProgress?.(source.storedRead);
    }
    const { trailers } = reader;
    if (!reader.sound || !trailers) throw damaged(file, reader);
    const layout = options.layout ?? trailers.layout;
    const { zxid, digest, lastZxid } = trailersFor(file, trailers, layout, options.lastZxid ?? null);
    const stored = await writer.finish(layout, zxid, digest, lastZxid);
    return {
      zxid: file.zxid ?? zxid,
      znodes: reader.count,
      sessions,
      bytes: writer.length,
      stored,
      digest: BigInt.asUintN(64, sum),
      layout: layoutName(layout),
    };
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    reader.close();
  }
}

interface Trailers {
  zxid: bigint;
  digest: bigint;
  lastZxid: bigint;
}

function trailersFor(
  file: StoredFile,
  { digest, lastZxid: logged }: SnapshotTrailers,
  layout: SnapshotLayout,
  known: bigint | null,
): Trailers {
  const lastZxid = logged ?? known;
  const own = file.zxid ?? lastZxid ?? digest?.zxid ?? 0n;
  if (!layout.digest) return { zxid: own, digest: 0n, lastZxid: lastZxid ?? own };
  if (digest === null || typeof digest.value !== "bigint")
    throw new ZkRewindError(
      say`${tag.file(file.path)} has no digest, and nothing in it proves which zxid its znodes belong to`,
      {
        exitCode: 2,
        hint: say`Every release reads it as it is. zkrewind restore rebuilds the state from all files and writes its digest.`,
      },
    );
  return { zxid: digest.zxid, digest: digest.value, lastZxid: lastZxid ?? (digest.zxid > own ? digest.zxid : own) };
}

function refuseOwner(reader: SnapshotReader, release: string): void {
  const { view, bytes } = reader.window.block;
  const at = reader.aclAt + 8 + STAT.ephemeralOwner;
  const kind = kindOf(view.getInt32(at), view.getUint32(at + 4));
  if (kind !== "container" && kind !== "ttl") return;
  const path = bytes.toString("utf8", reader.pathStart, reader.pathStart + reader.pathLength);
  throw new ZkRewindError(
    say`${tag.path(path)} is a ${kind === "ttl" ? "TTL znode" : "container"}: ${tag.system(release)} deletes it when it loads it`,
    {
      exitCode: 2,
      hint: say`zkrewind restore --release ${tag.system(release)} --make-persistent writes a directory without such znodes.`,
    },
  );
}

function damaged({ path }: StoredFile, { findings }: SnapshotReader): ZkRewindError {
  return new ZkRewindError(say`${tag.file(path)} is damaged`, {
    exitCode: 1,
    hint: say`zkrewind salvage keeps what can be read of it.`,
    findings: [...findings],
  });
}
