import { Writer } from "../model/bytes.js";
import { type NodeSpan, readSnapshot, type SnapshotReading, treeOf } from "../model/read-snapshot.js";
import { nodeRecord, sealed, type Trailers } from "../model/files.js";
import { znode } from "../model/tree.js";
import type { Random } from "../random.js";
import type { Folder } from "../seeds/seed.js";
import { bytesOf, pickFile, SNAPSHOT, splice, store, unpacked } from "./edit.js";
import type { Change, MutatorTable } from "./mutation.js";

/** Snapshots changed, with seals that fit; some with a digest that fits as well. */
export const SEALED_SNAPSHOT: MutatorTable = {
  "sealed znode path": edit(({ bytes, spans }, random) => {
    const span = notRoot(spans.nodes, random);
    return span && replaced(bytes, span.at, span.aclAt, renamed(span, bytes, random));
  }),
  "sealed znode data": edit(({ bytes, spans }, random) => {
    const { dataAt, aclAt } = random.pick(spans.nodes);
    return replaced(bytes, dataAt - 4, aclAt, new Writer().buffer(random.chance(0.2) ? null : random.bytes(6)).bytes);
  }),
  "sealed znode ACL id": edit(({ bytes, spans }, random) => {
    const { aclAt } = random.pick(spans.nodes);
    return replaced(bytes, aclAt, aclAt + 8, new Writer().long(random.pick([-1n, 1n, 2n, 99n])).bytes);
  }),
  "sealed znode zxid": edit(({ bytes, spans }, random) => {
    const at = random.pick(spans.nodes).statAt + random.pick([0, 8, 52]);
    return changedLong(bytes, at, random.pick([1n, -1n, 1000n]));
  }),
  "sealed znode time": edit(({ bytes, spans }, random) =>
    changedLong(bytes, random.pick(spans.nodes).statAt + random.pick([16, 24]), 7n),
  ),
  "sealed znode versions": edit(({ bytes, spans }, random) => {
    const at = random.pick(spans.nodes).statAt + random.pick([32, 36, 40]);
    return replaced(bytes, at, at + 4, new Writer().int(bytes.readInt32BE(at) + random.pick([1, -1, 100])).bytes);
  }),
  "sealed znode owner": edit(({ bytes, spans }, random) => {
    const { statAt } = random.pick(spans.nodes);
    const owner = random.pick([0n, 0x1234n, -(2n ** 63n), BigInt.asIntN(64, 0xff00000000001000n)]);
    return replaced(bytes, statAt + 44, statAt + 52, new Writer().long(owner).bytes);
  }),
  "sealed znode lost": edit(({ bytes, spans }, random) => {
    const span = notRoot(spans.nodes, random);
    return span && replaced(bytes, span.at, span.end, Buffer.alloc(0));
  }),
  "sealed znode doubled": edit(({ bytes, spans }, random) => {
    const { at, end } = random.pick(spans.nodes);
    return replaced(bytes, end, end, bytes.subarray(at, end));
  }),
  "sealed znodes swapped": edit(({ bytes, spans }, random) => {
    const index = random.below(spans.nodes.length);
    const [here, next] = [spans.nodes[index], spans.nodes[index + 1]];
    if (!here || !next) return null;
    const turned = [bytes.subarray(next.at, next.end), bytes.subarray(here.at, here.end)];
    return replaced(bytes, here.at, next.end, Buffer.concat(turned));
  }),
  "sealed znode made up": edit(({ bytes, spans, newest }, random) => {
    const { path, end } = random.pick(spans.nodes);
    const zxid = newest > 0n ? newest : 1n;
    const made = znode(`${path}/forged`, { czxid: zxid, mzxid: zxid, pzxid: zxid, data: random.bytes(4) });
    return replaced(bytes, end, end, nodeRecord(made, -1n));
  }),
  "session made up": edit(({ bytes, sessions, spans }, random) =>
    withSessions(bytes, spans.sessions.end, [
      ...sessions,
      [random.chance(0.5) ? 0x77770000n : (sessions[0]?.[0] ?? 1n), 4000],
    ]),
  ),
  "session timeout": edit(({ bytes, sessions, spans }, random) => {
    const chosen = random.below(sessions.length);
    if (sessions.length === 0) return null;
    const changed = sessions.map(([id, timeout], index): [bigint, number] => [
      id,
      index === chosen ? timeout + 1 : timeout,
    ]);
    return withSessions(bytes, spans.sessions.end, changed);
  }),
  "session lost": edit(({ bytes, sessions, spans }, random) => {
    const chosen = random.below(sessions.length);
    return sessions.length === 0 ? null : withSessions(bytes, spans.sessions.end, sessions.toSpliced(chosen, 1));
  }),
  "ACL lost": edit(({ bytes, spans }, random) => {
    const index = random.below(spans.acls.length);
    const span = spans.acls[index];
    if (!span) return null;
    const fewer = replaced(bytes, span.at, span.end, Buffer.alloc(0)).body;
    fewer.writeInt32BE(spans.acls.length - 1, spans.sessions.end);
    return { body: fewer };
  }),
  "sealed digest": (folder, random) =>
    inTrailers(folder, random, ({ digest }) => {
      if (!digest) return null;
      return {
        digest: random.chance(0.5)
          ? { ...digest, value: digest.value + 1n }
          : { ...digest, zxid: near(digest.zxid, random) },
      };
    }),
  "sealed last zxid": (folder, random) =>
    inTrailers(folder, random, ({ lastZxid }) =>
      lastZxid === undefined ? null : { lastZxid: near(lastZxid, random) },
    ),
  "trailers lost": (folder, random) =>
    inTrailers(folder, random, ({ digest, lastZxid }) => {
      if (!digest && lastZxid === undefined) return null;
      return random.chance(0.5) ? { digest: undefined, lastZxid: undefined } : { lastZxid: undefined };
    }),
};

interface Edited {
  /** Up to the end of the znodes. */
  body: Buffer;
}

type Edit = (reading: SnapshotReading, random: Random) => Edited | null;

function edit(change: Edit): (folder: Folder, random: Random) => Change | null {
  return (folder, random) => {
    const opened = open(folder, random);
    if (!opened) return null;
    const { name, reading } = opened;
    const made = change(reading, random);
    if (!made) return null;
    const digest = reading.trailers.digest && random.chance(0.4) ? fitting(made.body, reading.trailers) : null;
    const bytes = sealed(made.body, digest ?? reading.trailers);
    if (bytes.equals(reading.bytes)) return null;
    store(folder, name, bytes);
    return { text: `${name}${digest ? ", its digest made to fit" : ""}`, file: name };
  };
}

/** The trailers with the digest that the changed znodes give; null where they give none. */
function fitting(body: Buffer, trailers: Trailers): Trailers | null {
  const reading = readSnapshot(sealed(body, trailers));
  if (reading.trouble !== null || !trailers.digest) return null;
  return { ...trailers, digest: { ...trailers.digest, value: treeOf(reading).digest } };
}

function inTrailers(
  folder: Folder,
  random: Random,
  change: (trailers: Trailers) => { [Key in keyof Trailers]?: Trailers[Key] | undefined } | null,
): Change | null {
  const opened = open(folder, random);
  if (!opened) return null;
  const { name, reading } = opened;
  const made = change(reading.trailers);
  if (!made) return null;
  const { digest, lastZxid } = { ...reading.trailers, ...made };
  const trailers: Trailers = { ...(digest ? { digest } : {}), ...(lastZxid === undefined ? {} : { lastZxid }) };
  store(folder, name, sealed(reading.bytes.subarray(0, reading.spans.endOfNodes), trailers));
  return { text: name, file: name };
}

function open(folder: Folder, random: Random): { name: string; reading: SnapshotReading } | null {
  const name = pickFile(folder, random, SNAPSHOT);
  const bytes = name === null ? null : unpacked(bytesOf(folder, name));
  if (name === null || !bytes) return null;
  const reading = readSnapshot(bytes);
  return reading.trouble === null ? { name, reading } : null;
}

function replaced(bytes: Buffer, at: number, end: number, middle: Buffer): Edited {
  const whole = splice(bytes, at, end, middle);
  return { body: whole.subarray(0, endOfNodes(bytes) + middle.length - (end - at)) };
}

function endOfNodes(bytes: Buffer): number {
  return readSnapshot(bytes).spans.endOfNodes;
}

function changedLong(bytes: Buffer, at: number, by: bigint): Edited {
  return replaced(bytes, at, at + 8, new Writer().long(bytes.readBigInt64BE(at) + by).bytes);
}

function renamed({ path, dataAt, aclAt }: NodeSpan, bytes: Buffer, random: Random): Buffer {
  const other = random.pick([`${path}x`, path.slice(0, -1), path.slice(1), `${path}\u001b[7m`, "/", `${path}//`]);
  return new Writer().text(other).raw(bytes.subarray(dataAt - 4, aclAt)).bytes;
}

function withSessions(bytes: Buffer, end: number, sessions: readonly (readonly [bigint, number])[]): Edited {
  const out = new Writer().int(sessions.length);
  for (const [id, timeout] of sessions) out.long(id).int(timeout);
  return replaced(bytes, 16, end, out.bytes);
}

function notRoot(nodes: readonly NodeSpan[], random: Random): NodeSpan | null {
  return nodes.length < 2 ? null : random.pick(nodes.slice(1));
}

function near(zxid: bigint, random: Random): bigint {
  return zxid + random.pick([1n, -1n, 3n, -20n, 1n << 32n]);
}
