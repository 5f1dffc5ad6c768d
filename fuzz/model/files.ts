import { adler32, Writer } from "./bytes.js";
import type { AclBytes } from "./txn.js";
import type { Znode } from "./tree.js";

export const LOG_MAGIC = 0x5a4b4c47;
export const SNAPSHOT_MAGIC = 0x5a4b534e;
export const HEADER_LENGTH = 16;
/** Long checksum, int length. */
export const RECORD_HEAD = 12;
export const END_MARK = 0x42;
/** Long Adler-32, ustring "/". */
export const SEAL_LENGTH = 13;

export function logHeader(): Buffer {
  return new Writer().int(LOG_MAGIC).int(2).long(0n).bytes;
}

/** A record as it lies in a log: checksum, length, payload, end mark. */
export function record(payload: Buffer): Buffer {
  return new Writer()
    .long(BigInt(adler32(payload)))
    .buffer(payload)
    .byte(END_MARK).bytes;
}

/** Which trailers follow a snapshot's first seal. */
export interface Trailers {
  digest?: { zxid: bigint; value: bigint };
  lastZxid?: bigint;
}

export interface SnapshotParts {
  sessions: readonly (readonly [id: bigint, timeout: number])[];
  acls: readonly (readonly [id: bigint, acl: AclBytes])[];
  /** Each as `nodeRecord` makes it. */
  nodes: readonly Buffer[];
  trailers: Trailers;
}

export function snapshotBytes({ sessions, acls, nodes, trailers }: SnapshotParts): Buffer {
  const head = new Writer().int(SNAPSHOT_MAGIC).int(2).long(-1n).int(sessions.length);
  for (const [id, timeout] of sessions) head.long(id).int(timeout);
  head.int(acls.length);
  for (const [id, acl] of acls) head.long(id).raw(Buffer.from(acl, "latin1"));
  return sealed(Buffer.concat([head.bytes, ...nodes, new Writer().text("/").bytes]), trailers);
}

/** What a snapshot holds up to its end of nodes, with its seals and trailers. */
export function sealed(body: Buffer, { digest, lastZxid }: Trailers): Buffer {
  const parts = [body];
  let sum = adler32(body);
  const add = (part: Buffer): void => {
    parts.push(part);
    sum = adler32(part, sum);
  };
  const seal = (): void => add(new Writer().long(BigInt(sum)).text("/").bytes);
  seal();
  if (digest) {
    add(new Writer().long(digest.zxid).int(2).long(digest.value).bytes);
    seal();
  }
  if (lastZxid !== undefined) {
    add(new Writer().long(lastZxid).bytes);
    seal();
  }
  return Buffer.concat(parts);
}

/** Path, data, ACL id, StatPersisted. */
export function nodeRecord(node: Omit<Znode, "children" | "acl">, aclId: bigint): Buffer {
  const out = new Writer().text(node.path).buffer(node.data).long(aclId);
  out.long(node.czxid).long(node.mzxid).long(node.ctime).long(node.mtime);
  out.int(node.version).int(node.cversion).int(node.aversion).long(node.owner).long(node.pzxid);
  return out.bytes;
}

export function zxidName(kind: "snapshot" | "log", zxid: bigint, suffix = ""): string {
  return `${kind}.${BigInt.asUintN(64, zxid).toString(16)}${suffix}`;
}

export function hex(zxid: bigint): string {
  return `0x${BigInt.asUintN(64, zxid).toString(16)}`;
}

/** Whether a zxid can come right after another: the next counter, or the beginning of a later epoch. */
export function follows(before: bigint, zxid: bigint): boolean {
  if (zxid === before + 1n) return true;
  return zxid >> 32n > before >> 32n && (zxid & 0xffffffffn) === 1n;
}
