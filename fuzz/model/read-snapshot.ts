import { gunzipSync } from "node:zlib";
import { adler32, Malformed, Reader } from "./bytes.js";
import { SEAL_LENGTH, SNAPSHOT_MAGIC, type Trailers } from "./files.js";
import { nameOf, parentOf, Tree, type Znode, znode } from "./tree.js";
import { OPEN_ACL, readAcl } from "./txn.js";

/** Where a part of a snapshot lies. */
export interface Span {
  at: number;
  end: number;
}

export interface NodeSpan extends Span {
  path: string;
  /** Where path, data, ACL id and stat begin, behind their lengths. */
  pathAt: number;
  dataAt: number;
  aclAt: number;
  statAt: number;
}

/** A snapshot that was read; `trouble` says why it is not sound, and is null if it is. */
export interface SnapshotReading {
  trouble: string | null;
  /** Uncompressed. */
  bytes: Buffer;
  sessions: [id: bigint, timeout: number][];
  nodes: Znode[];
  spans: { sessions: Span; acls: Span[]; nodes: NodeSpan[]; endOfNodes: number };
  trailers: Trailers;
  /** The largest czxid, mzxid or pzxid. */
  newest: bigint;
}

/** Uncompressed bytes that are read at most. */
const MOST = 64 << 20;

export function readSnapshot(stored: Buffer): SnapshotReading {
  const reading: SnapshotReading = {
    trouble: null,
    bytes: stored,
    sessions: [],
    nodes: [],
    spans: { sessions: { at: 16, end: 16 }, acls: [], nodes: [], endOfNodes: 0 },
    trailers: {},
    newest: 0n,
  };
  try {
    if (stored.length > 2 && stored.readUInt16BE() === 0x1f8b)
      reading.bytes = gunzipSync(stored, { maxOutputLength: MOST });
    readAll(reading);
  } catch (error) {
    if (!(error instanceof Malformed) && !(error as NodeJS.ErrnoException).code?.match(/^(Z_|ERR_)/)) throw error;
    reading.trouble ??= (error as Error).message;
  }
  return reading;
}

function readAll(reading: SnapshotReading): void {
  const { bytes, spans } = reading;
  const input = new Reader(bytes);
  if (input.int() >>> 0 !== SNAPSHOT_MAGIC) throw new Malformed("magic");
  if (input.int() !== 2) throw new Malformed("version");
  input.long();
  const count = input.int();
  for (let index = 0; index < count; index++) reading.sessions.push([input.long(), input.int()]);
  spans.sessions = { at: 16, end: input.at };
  const acls = new Map<bigint, string>([[-1n, OPEN_ACL]]);
  const aclCount = input.int();
  for (let index = 0; index < aclCount; index++) {
    const at = input.at;
    acls.set(input.long(), readAcl(input));
    spans.acls.push({ at, end: input.at });
  }
  readNodes(reading, input, acls);
  spans.endOfNodes = input.at;
  reading.trailers = readTrailers(bytes, input.at);
}

function readNodes(reading: SnapshotReading, input: Reader, acls: ReadonlyMap<bigint, string>): void {
  const seen = new Set<string>();
  let before = "";
  for (;;) {
    const at = input.at;
    const path = input.text();
    if (path === "/") return;
    const pathAt = at + 4;
    const data = input.buffer();
    const dataAt = input.at - (data?.length ?? 0);
    const aclAt = input.at;
    const acl = acls.get(input.long()) ?? null;
    const statAt = input.at;
    const [czxid, mzxid, ctime, mtime] = [input.long(), input.long(), input.long(), input.long()];
    const [version, cversion, aversion] = [input.int(), input.int(), input.int()];
    const [owner, pzxid] = [input.long(), input.long()];
    const stat = { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner };
    if (path === null || !fitsIn(path, seen, before)) throw new Malformed(`the path ${path} at ${at}`);
    seen.add(path);
    before = path;
    reading.nodes.push(znode(path, { ...stat, data, acl }));
    reading.spans.nodes.push({ at, end: input.at, path, pathAt, dataAt, aclAt, statAt });
    for (const zxid of [czxid, mzxid, pzxid]) if (zxid > reading.newest) reading.newest = zxid;
  }
}

/** Whether a path can come next: the root first, then depth first, as servers write, and nothing twice. */
function fitsIn(path: string, seen: ReadonlySet<string>, before: string): boolean {
  if (path === "") return seen.size === 0;
  const parent = parentOf(path);
  const below = parent === "" || parent === before || before.startsWith(`${parent}/`);
  return path.startsWith("/") && nameOf(path) !== "" && below && seen.has(parent) && !seen.has(path);
}

/** Tries each layout; the one whose seals all fit, to the end of the file, is the one. */
function readTrailers(bytes: Buffer, start: number): Trailers {
  for (const [digest, lastZxid] of LAYOUTS) {
    const length = SEAL_LENGTH + (digest ? 20 + SEAL_LENGTH : 0) + (lastZxid ? 8 + SEAL_LENGTH : 0);
    if (start + length !== bytes.length) continue;
    const input = new Reader(bytes, start);
    const trailers: Trailers = {};
    let fits = sealFits(input);
    if (digest) {
      const zxid = input.long();
      fits = input.int() === 2 && fits;
      trailers.digest = { zxid, value: input.long() };
      fits = sealFits(input) && fits;
    }
    if (lastZxid) {
      trailers.lastZxid = input.long();
      fits = sealFits(input) && fits;
    }
    if (fits) return trailers;
  }
  throw new Malformed("the seals");
}

const LAYOUTS = [
  [false, false],
  [true, false],
  [true, true],
  [false, true],
] as const;

function sealFits(input: Reader): boolean {
  const sum = BigInt(adler32(input.bytes.subarray(0, input.at)));
  return input.long() === sum && input.text() === "/";
}

/** The tree that a sound snapshot holds. */
export function treeOf({ nodes, sessions }: SnapshotReading): Tree {
  const tree = new Tree();
  for (const node of nodes) tree.put({ ...node, children: new Set() });
  for (const [id, timeout] of sessions) tree.sessions.set(id, timeout);
  return tree;
}
