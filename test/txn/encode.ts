import { JuteWriter } from "../../src/jute/index.js";
import { type Acl, encodeAcl } from "../../src/storage/acl.js";

/** A transaction to be written; an encoder for tests that shares nothing with the decoder but the primitives. */
export type NewTxn =
  | {
      type: 1 | 15;
      path: string;
      data: Buffer | null;
      acl: Acl[] | null;
      ephemeral: boolean;
      parentCVersion: number | null;
    }
  | { type: 19; path: string; data: Buffer | null; acl: Acl[] | null; parentCVersion: number }
  | { type: 21; path: string; data: Buffer | null; acl: Acl[] | null; parentCVersion: number; ttl: bigint }
  | { type: 2 | 20; path: string }
  | { type: 5 | 16; path: string; data: Buffer | null; version: number }
  | { type: 7; path: string; acl: Acl[] | null; version: number }
  | { type: 13; path: string; version: number }
  | { type: 14; members: NewTxn[] }
  | { type: -10; timeout: number }
  | { type: -11; paths: string[] | null }
  | { type: -1; error: number };

export interface NewHeader {
  session: bigint;
  cxid: number;
  zxid: bigint;
  time: bigint;
}

export function encodeBody(txn: NewTxn): Buffer {
  const out = new JuteWriter();
  switch (txn.type) {
    case 1:
    case 15:
      out.string(txn.path).bytesOf(txn.data).raw(encodeAcl(txn.acl)).boolean(txn.ephemeral);
      if (txn.parentCVersion !== null) out.int(txn.parentCVersion);
      break;
    case 19:
    case 21:
      out.string(txn.path).bytesOf(txn.data).raw(encodeAcl(txn.acl)).int(txn.parentCVersion);
      if (txn.type === 21) out.long(txn.ttl);
      break;
    case 2:
    case 20:
      out.string(txn.path);
      break;
    case 5:
    case 16:
      out.string(txn.path).bytesOf(txn.data).int(txn.version);
      break;
    case 7:
      out.string(txn.path).raw(encodeAcl(txn.acl)).int(txn.version);
      break;
    case 13:
      out.string(txn.path).int(txn.version);
      break;
    case 14:
      out.int(txn.members.length);
      for (const member of txn.members) out.int(member.type).bytesOf(encodeBody(member));
      break;
    case -10:
      out.int(txn.timeout);
      break;
    case -11:
      if (txn.paths) {
        out.int(txn.paths.length);
        for (const path of txn.paths) out.string(path);
      }
      break;
    case -1:
      out.int(txn.error);
      break;
  }
  return Buffer.from(out.bytes);
}

export function encodeTxn(header: NewHeader, txn: NewTxn, digest?: { version: number; value: bigint }): Buffer {
  const out = new JuteWriter();
  out.long(header.session).int(header.cxid).long(header.zxid).long(header.time).int(txn.type).raw(encodeBody(txn));
  if (digest) out.int(digest.version).long(digest.value);
  return Buffer.from(out.bytes);
}
