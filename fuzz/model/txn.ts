import { Malformed, Reader, Writer } from "./bytes.js";

/** Transaction types as ZooDefs.OpCode numbers them. */
export const OP = {
  create: 1,
  delete: 2,
  setData: 5,
  setACL: 7,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  createContainer: 19,
  deleteContainer: 20,
  createTTL: 21,
  createSession: -10,
  closeSession: -11,
  error: -1,
} as const;

/** A vector<ACL> as a server writes it again, in a latin1 string: what is no UTF-8 has become U+FFFD. */
export type AclBytes = string;

/** What a transaction does. Which fields it has depends on its type; paths are bytes in latin1. */
export interface Op {
  type: number;
  path: string;
  data: Buffer | null;
  acl: AclBytes;
  ephemeral: boolean;
  /** Undefined in a create of before 3.4. */
  parentCVersion: number | undefined;
  ttl: bigint;
  version: number;
  timeout: number;
  error: number;
  /** closeSession: what it names to be deleted. */
  paths: readonly string[] | undefined;
  members: readonly Op[];
}

export interface Txn extends Op {
  session: bigint;
  cxid: number;
  zxid: bigint;
  time: bigint;
  /** The tree digest after it (version 2), signed. */
  digest: bigint | undefined;
}

export function op(type: number, fields: Partial<Op> = {}): Op {
  return {
    type,
    path: "",
    data: null,
    acl: "",
    ephemeral: false,
    parentCVersion: undefined,
    ttl: 0n,
    version: 0,
    timeout: 0,
    error: 0,
    paths: undefined,
    members: [],
    ...fields,
  };
}

/** The payload of a record. */
export function encodeTxn(txn: Txn): Buffer {
  const out = new Writer().long(txn.session).int(txn.cxid).long(txn.zxid).long(txn.time).int(txn.type);
  encodeBody(out, txn);
  if (txn.digest !== undefined) out.int(2).long(txn.digest);
  return out.bytes;
}

function encodeBody(out: Writer, body: Op): void {
  switch (body.type) {
    case OP.create:
    case OP.create2:
    case OP.createContainer:
    case OP.createTTL:
      out.text(body.path).buffer(body.data).raw(Buffer.from(body.acl, "latin1"));
      if (body.type === OP.create || body.type === OP.create2) out.byte(body.ephemeral ? 1 : 0);
      if (body.parentCVersion !== undefined) out.int(body.parentCVersion);
      if (body.type === OP.createTTL) out.long(body.ttl);
      break;
    case OP.delete:
    case OP.deleteContainer:
      out.text(body.path);
      break;
    case OP.setData:
    case OP.reconfig:
      out.text(body.path).buffer(body.data).int(body.version);
      break;
    case OP.setACL:
      out.text(body.path).raw(Buffer.from(body.acl, "latin1")).int(body.version);
      break;
    case OP.check:
      out.text(body.path).int(body.version);
      break;
    case OP.createSession:
      out.int(body.timeout);
      break;
    case OP.closeSession:
      if (body.paths === undefined) break;
      out.int(body.paths.length);
      for (const path of body.paths) out.text(path);
      break;
    case OP.error:
      out.int(body.error);
      break;
    case OP.multi:
      out.int(body.members.length);
      for (const member of body.members) {
        const inner = new Writer();
        encodeBody(inner, member);
        out.int(member.type).buffer(inner.bytes);
      }
      break;
    default:
      throw new Error(`no body for type ${body.type}`);
  }
}

/** The transaction in a payload; null where its type is not known or its body does not fit to the last byte. */
export function decodeTxn(payload: Buffer): Txn | null {
  try {
    const input = new Reader(payload);
    const head = { session: input.long(), cxid: input.int(), zxid: input.long(), time: input.long() };
    const type = input.int();
    const body = type === OP.closeSession ? decodeClose(input) : decodeBody(input, type);
    let digest: bigint | undefined;
    if (input.left !== 0) {
      if (input.left !== DIGEST_LENGTH) return null;
      // Another version's digest cannot be compared.
      const version = input.int();
      const value = input.long();
      if (version === 2) digest = value;
    }
    return { ...body, ...head, digest };
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function decodeBody(input: Reader, type: number): Op {
  switch (type) {
    case OP.create:
    case OP.create2: {
      const made = op(type, {
        path: path(input),
        data: input.buffer(),
        acl: readAcl(input),
        ephemeral: input.byte() !== 0,
      });
      return input.left === 0 ? made : { ...made, parentCVersion: input.int() };
    }
    case OP.createContainer:
      return op(type, { path: path(input), data: input.buffer(), acl: readAcl(input), parentCVersion: input.int() });
    case OP.createTTL: {
      const made = { path: path(input), data: input.buffer(), acl: readAcl(input), parentCVersion: input.int() };
      return op(type, { ...made, ttl: input.long() });
    }
    case OP.delete:
    case OP.deleteContainer:
      return op(type, { path: path(input) });
    case OP.setData:
    case OP.reconfig:
      return op(type, { path: path(input), data: input.buffer(), version: input.int() });
    case OP.setACL:
      return op(type, { path: path(input), acl: readAcl(input), version: input.int() });
    case OP.check:
      return op(type, { path: path(input), version: input.int() });
    case OP.createSession:
      return op(type, { timeout: input.int() });
    case OP.error:
      return op(type, { error: input.int() });
    case OP.multi:
      return op(type, { members: decodeMembers(input) });
    default:
      throw new Malformed(`type ${type}`);
  }
}

function decodeMembers(input: Reader): Op[] {
  const count = input.int();
  if (count < -1) throw new Malformed(`${count} members`);
  const members: Op[] = [];
  for (let index = 0; index < count; index++) {
    const type = input.int();
    const bytes = input.buffer() ?? Buffer.alloc(0);
    // Some servers keep the request that failed as its body.
    if (type === OP.error) members.push(op(type, { error: bytes.length === 4 ? bytes.readInt32BE() : 0 }));
    else {
      if (type === OP.multi || type === OP.closeSession) throw new Malformed(`a member of type ${type}`);
      const inner = new Reader(bytes);
      const member = decodeBody(inner, type);
      if (inner.left > 0) throw new Malformed("a member's body goes on");
      members.push(member);
    }
  }
  return members;
}

/** Nothing, paths, or either with a digest: 12 bytes can be a digest or two paths, and only paths begin with a slash. */
function decodeClose(input: Reader): Op {
  const start = input.at;
  if (input.left === 0) return op(OP.closeSession);
  try {
    const count = input.int();
    if (count < 0) throw new Malformed(`${count} paths`);
    const paths = Array.from({ length: Math.min(count, input.left) }, () => path(input));
    if (paths.length !== count || (input.left !== 0 && input.left !== DIGEST_LENGTH)) throw new Malformed("no paths");
    if (paths.some((each) => !each.startsWith("/"))) throw new Malformed("no paths");
    return op(OP.closeSession, { paths });
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    input.at = start;
    return op(OP.closeSession);
  }
}

function path(input: Reader): string {
  const text = input.text();
  if (text === null) throw new Malformed("no path");
  return text;
}

export function readAcl(input: Reader): AclBytes {
  const start = input.at;
  const count = input.int();
  if (count < -1) throw new Malformed(`${count} ACLs`);
  const entries: [number, string | null, string | null][] = [];
  for (let index = 0; index < count; index++) entries.push([input.int(), input.text(), input.text()]);
  const asItLies = input.bytes.toString("latin1", start, input.at);
  return entries.some(([, scheme, id]) => scheme !== asRead(scheme) || id !== asRead(id))
    ? aclBytes(entries.map(([perms, scheme, id]) => [perms, asRead(scheme), asRead(id)]))
    : asItLies;
}

function asRead(text: string | null): string | null {
  return text && Buffer.from(Buffer.from(text, "latin1").toString("utf8")).toString("latin1");
}

export function aclBytes(
  entries: readonly (readonly [perms: number, scheme: string | null, id: string | null])[],
): AclBytes {
  const out = new Writer().int(entries.length);
  for (const [perms, scheme, id] of entries) out.int(perms).text(scheme).text(id);
  return out.bytes.toString("latin1");
}

/** world:anyone, all permissions: what is stored as the ACL id -1. */
export const OPEN_ACL = aclBytes([[31, "world", "anyone"]]);

/** Int version, long digest. */
const DIGEST_LENGTH = 12;
