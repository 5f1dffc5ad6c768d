import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { adler32 } from "../../../src/checksum/index.js";
import { SNAPPY_MAGIC } from "../../../src/io/compressed/snappy-source.js";
import { JuteWriter } from "../../../src/jute/index.js";
import { SnapshotWriter } from "../../../src/storage/snapshot-writer.js";
import { fixtureDir } from "../../fixtures/index.js";
import { encodeTxn, type NewTxn } from "../../txn/encode.js";

/** What lies in a server's folders: contents by path, such as `data/version-2/log.1`. An empty folder ends in a slash. */
export type Files = Map<string, Buffer>;

export const DATA = "data/version-2/";
export const LOG = "log/version-2/";

/** The files of a folder of a fixture, those that `keep` has, as a server's dataDir. */
export function fixtureFiles(folder: string, keep: (name: string) => boolean = () => true): Files {
  const files: Files = new Map();
  const [name = "", ...rest] = folder.split("/");
  const path = join(fixtureDir(name), ...rest, "version-2");
  for (const file of readdirSync(path).sort()) if (keep(file)) files.set(DATA + file, readFileSync(join(path, file)));
  return files;
}

/** A change of one file, which must be there. */
export function change(files: Files, name: string, how: (bytes: Buffer) => Buffer): Files {
  const bytes = files.get(DATA + name);
  if (bytes === undefined) throw new Error(`there is no ${name}`);
  return files.set(DATA + name, how(Buffer.from(bytes)));
}

export function rename(files: Files, from: string, to: string): Files {
  const bytes = files.get(DATA + from);
  if (bytes === undefined) throw new Error(`there is no ${from}`);
  files.delete(DATA + from);
  return files.set(DATA + to, bytes);
}

export function remove(files: Files, ...names: string[]): Files {
  for (const name of names) if (!files.delete(DATA + name)) throw new Error(`there is no ${name}`);
  return files;
}

/** Moves what `which` has into a dataLogDir of its own. */
export function separate(files: Files, which: RegExp): Files {
  return new Map([...files].map(([path, bytes]) => [which.test(path) ? path.replace(DATA, LOG) : path, bytes]));
}

/** Each 0x0A as 0x0D 0x0A. */
export function textMode(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
}

/** Where the record of a log begins that has this index, and how long its payload is. */
export function recordAt(log: Buffer, index: number): { at: number; length: number } {
  let at = HEADER;
  for (let left = index; left > 0; left--) at += RECORD_HEAD + log.readInt32BE(at + 8) + 1;
  return { at, length: log.readInt32BE(at + 8) };
}

/** How many records a log holds, up to the first length of 0 or the file's end. */
export function recordCount(log: Buffer): number {
  let count = 0;
  for (let at = HEADER; at + RECORD_HEAD <= log.length && log.readInt32BE(at + 8) !== 0; count++)
    at += RECORD_HEAD + log.readInt32BE(at + 8) + 1;
  return count;
}

/** A log with records added behind its last one, in place of the padding. */
export function withRecords(log: Buffer, payloads: readonly Buffer[]): Buffer {
  const { at } = recordAt(log, recordCount(log));
  return Buffer.concat([log.subarray(0, at), ...payloads.map(record), Buffer.alloc(1024)]);
}

export function record(payload: Buffer): Buffer {
  return Buffer.from(
    new JuteWriter()
      .long(BigInt(adler32(payload)))
      .bytesOf(payload)
      .byte(0x42).bytes,
  );
}

/** Transactions as payloads of records, from a zxid on. */
export function payloads(first: bigint, txns: readonly (NewTxn & { session?: bigint })[]): Buffer[] {
  return txns.map((txn, index) =>
    encodeTxn({ session: txn.session ?? 0n, cxid: 0, zxid: first + BigInt(index), time: TIME }, txn),
  );
}

/** A create as most cases need it. */
export function created(type: 1 | 15, path: string, size = 0): NewTxn {
  return { type, path, data: Buffer.alloc(size), acl: OPEN, ephemeral: false, parentCVersion: 1 };
}

export const OPEN = [{ perms: 31, scheme: "world", id: "anyone" }];

export interface SmallZnode {
  path: string;
  size?: number;
  owner?: bigint;
}

/** A snapshot in 3.4's layout, of small znodes below the root. */
export async function smallSnapshot(
  znodes: readonly SmallZnode[],
  sessions: readonly { id: bigint; timeout: number }[] = [],
): Promise<Buffer> {
  const parts: Buffer[] = [];
  const writer = new SnapshotWriter({
    async write(bytes) {
      parts.push(Buffer.from(bytes));
    },
    finish: async () => ({ size: 0, crc32c: 0 }),
    abandon() {},
  });
  await writer.begin(sessions, []);
  for (const { path, size = 0, owner = 0n } of [{ path: "" }, ...SYSTEM, ...znodes]) {
    const out = new JuteWriter(path.length + size + 100).string(path).bytesOf(Buffer.alloc(size)).long(-1n);
    out.long(1n).long(1n).long(TIME).long(TIME).int(0).int(1).int(0).long(owner).long(1n);
    const bytes = Buffer.from(out.bytes);
    await writer.add(bytes, 0, bytes.length, -1);
  }
  await writer.finish({ digest: false, lastZxid: false }, 1n, 0n);
  return Buffer.concat(parts);
}

/** snappy-java's stream of blocks that hold literals alone, which every decoder takes. */
export function snappied(bytes: Buffer): Buffer {
  const parts = [SNAPPY_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < bytes.length; at += 32 << 10) {
    const raw = bytes.subarray(at, at + (32 << 10));
    const length = Buffer.from([(raw.length & 0x7f) | 0x80, ((raw.length >> 7) & 0x7f) | 0x80, raw.length >> 14]);
    const tag = Buffer.from([61 << 2, (raw.length - 1) & 0xff, (raw.length - 1) >> 8]);
    const size = Buffer.alloc(4);
    size.writeInt32BE(length.length + tag.length + raw.length);
    parts.push(size, length, tag, raw);
  }
  return Buffer.concat(parts);
}

export { gzipSync as gzipped };

const SYSTEM: SmallZnode[] = [{ path: "/zookeeper" }, { path: "/zookeeper/quota" }];
const TIME = 1_700_000_000_000n;
const HEADER = 16;
const RECORD_HEAD = 12;
