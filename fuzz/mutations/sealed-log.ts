import { record } from "../model/files.js";
import { type LogRecord, readLog } from "../model/read-log.js";
import { encodeTxn, OP, type Op, OPEN_ACL, type Txn, aclBytes } from "../model/txn.js";
import type { Random } from "../random.js";
import { file, type Folder } from "../seeds/seed.js";
import { bytesOf, disturb, LOG, namesOf, pickFile, splice } from "./edit.js";
import type { Change, MutatorTable } from "./mutation.js";

/** Transactions changed, lost, moved or made up, with checksums that fit. */
export const SEALED_LOG: MutatorTable = {
  "sealed payload bytes": (folder, random) =>
    inPayload(folder, random, (payload) => disturb(payload, 0, payload.length, random)?.bytes ?? null),
  "sealed txn data": (folder, random) =>
    inBody(folder, random, CHANGES_DATA, (body) => ({
      data: body.data && random.chance(0.5) ? null : random.bytes(9),
    })),
  "sealed txn path": (folder, random) =>
    inBody(folder, random, HAS_PATH, (body) => ({ path: otherPath(body.path, random) })),
  "sealed txn version": (folder, random) =>
    inBody(folder, random, new Set([OP.setData, OP.setACL]), (body) => ({
      version: body.version + random.pick([1, -1, 1000]),
    })),
  "sealed txn cversion": (folder, random) =>
    inBody(folder, random, CREATES, ({ parentCVersion }) =>
      parentCVersion === undefined ? null : { parentCVersion: parentCVersion + random.pick([1, -1, 1 << 30]) },
    ),
  "sealed txn ACL": (folder, random) =>
    inBody(folder, random, new Set([...CREATES, OP.setACL]), ({ acl }) => ({
      acl: acl === OPEN_ACL ? aclBytes([[1, "world", "anyone"]]) : OPEN_ACL,
    })),
  "sealed txn owner": (folder, random) =>
    inBody(folder, random, new Set([OP.create]), ({ ephemeral }) => ({ ephemeral: !ephemeral })),
  "sealed txn type": (folder, random) =>
    inPayload(folder, random, (payload) => {
      const changed = Buffer.from(payload);
      changed.writeInt32BE(random.pick([1, 2, 5, 7, 13, 14, 15, 20, -1, -10, -11, 77, 0]), 28);
      return changed;
    }),
  "sealed txn zxid": (folder, random) =>
    inPayload(folder, random, (payload) => {
      const changed = Buffer.from(payload);
      const by = random.pick([1n, -1n, 5n, 1n << 32n, 0x10000n]);
      changed.writeBigInt64BE(BigInt.asIntN(64, payload.readBigInt64BE(12) + by), 12);
      return changed;
    }),
  "sealed txn time": (folder, random) =>
    inPayload(folder, random, (payload) => {
      const changed = Buffer.from(payload);
      changed.writeBigInt64BE(random.pick([0n, -1n, 2n ** 62n, 1_600_000_000_000n]), 20);
      return changed;
    }),
  "sealed txn session": (folder, random) =>
    inPayload(folder, random, (payload) => {
      const changed = Buffer.from(payload);
      changed.writeBigInt64BE(payload.readBigInt64BE(0) ^ BigInt(1 + random.below(255)), 0);
      return changed;
    }),
  "sealed txn timeout": (folder, random) =>
    inBody(folder, random, new Set([OP.createSession]), ({ timeout }) => ({ timeout: timeout + 1000 })),
  "sealed txn digest": (folder, random) =>
    inTxn(
      folder,
      random,
      ({ digest }) => digest !== undefined,
      (txn) => ({
        digest: random.chance(0.3) ? undefined : (txn.digest as bigint) + BigInt(random.between(1, 1000)),
      }),
    ),
  "record dropped": (folder, random) =>
    inRecords(folder, random, (records, index) => records.filter((_, each) => each !== index)),
  "record doubled": (folder, random) =>
    inRecords(folder, random, (records, index) => records.toSpliced(index, 0, records[index] as LogRecord)),
  "records swapped": (folder, random) =>
    inRecords(folder, random, (records, index) => {
      const [here, next] = [records[index], records[index + 1]];
      return here && next ? records.toSpliced(index, 2, next, here) : null;
    }),
  "records of another log": (folder, random) =>
    inRecords(folder, random, (records, index, name) => {
      const others = namesOf(folder, LOG).filter((each) => each !== name);
      if (others.length === 0) return null;
      const other = readLog(bytesOf(folder, random.pick(others))).records;
      const from = random.below(other.length);
      const at = random.chance(0.5) ? records.length : index;
      return records.toSpliced(at, 0, ...other.slice(from, from + random.between(1, 10)));
    }),
};

const CREATES: ReadonlySet<number> = new Set([OP.create, OP.create2, OP.createContainer, OP.createTTL]);
const CHANGES_DATA: ReadonlySet<number> = new Set([...CREATES, OP.setData]);
const HAS_PATH: ReadonlySet<number> = new Set([...CHANGES_DATA, OP.setACL, OP.delete, OP.deleteContainer]);

/** What an operator's screen, and a script, must never be given raw. */
const HOSTILE = ["\u001b[31m", "\u0007", "\u202e", "\u009b2J", "\u007f", "\u2066", "\u{e0041}", "\n", "\u0000", "`id`"];

function otherPath(path: string, random: Random): string {
  switch (random.below(5)) {
    case 0:
      return `${path}x`;
    case 1:
      return path.slice(0, -1);
    case 2:
      return path.replace("/", "");
    case 3:
      return `${path}/deeper`;
    default:
      return `${path}${Buffer.from(random.pick(HOSTILE)).toString("latin1")}`;
  }
}

function inBody(
  folder: Folder,
  random: Random,
  types: ReadonlySet<number>,
  edit: (body: Op) => Partial<Op> | null,
): Change | null {
  return inTxn(folder, random, ({ type }) => types.has(type), edit);
}

/** Changes a transaction of those wanted, and encodes it anew. */
function inTxn(
  folder: Folder,
  random: Random,
  wanted: (txn: Txn) => boolean,
  edit: (txn: Txn) => Partial<Txn> | null,
): Change | null {
  return inPayload(
    folder,
    random,
    (_, { txn }) => {
      const change = txn && edit(txn);
      return txn && change ? encodeTxn({ ...txn, ...change }) : null;
    },
    ({ txn }) => txn !== null && wanted(txn),
  );
}

function inPayload(
  folder: Folder,
  random: Random,
  edit: (payload: Buffer, record: LogRecord) => Buffer | null,
  wanted: (record: LogRecord) => boolean = () => true,
): Change | null {
  const name = pickFile(folder, random, LOG);
  if (name === null) return null;
  const bytes = bytesOf(folder, name);
  const candidates = readLog(bytes).records.filter(wanted);
  if (candidates.length === 0) return null;
  const chosen = random.pick(candidates);
  const payload = edit(chosen.payload, chosen);
  if (payload === null || payload.length < 32 || payload.equals(chosen.payload)) return null;
  folder.set(name, file(splice(bytes, chosen.at, chosen.end, record(payload))));
  return { text: `${name}: transaction 0x${chosen.zxid.toString(16)} at ${chosen.at}`, file: name };
}

function inRecords(
  folder: Folder,
  random: Random,
  edit: (records: LogRecord[], index: number, name: string) => LogRecord[] | null,
): Change | null {
  const name = pickFile(folder, random, LOG);
  if (name === null) return null;
  const bytes = bytesOf(folder, name);
  const { records } = readLog(bytes);
  const [first, last] = [records[0], records.at(-1)];
  if (!first || !last) return null;
  const index = random.below(records.length);
  const changed = edit(records, index, name);
  if (changed === null) return null;
  const middle = Buffer.concat(changed.map(({ payload }) => record(payload)));
  folder.set(name, file(splice(bytes, first.at, last.end, middle)));
  return { text: `${name}: at record ${index} of ${records.length}`, file: name };
}
