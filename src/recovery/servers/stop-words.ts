import { hex } from "../../storage/zxid.js";
import { opName } from "../../txn/index.js";
import { joined, type Message, type Part, say, tag } from "../../text/message.js";
import type { LongRecord } from "./log-view.js";
import { nameIn } from "./names.js";
import { JUTE_MAXBUFFER, maxbufferFor } from "./releases.js";
import type { ServerSettings } from "./settings.js";
import type { ServerVerdict } from "./verdict.js";

type Stop = NonNullable<ServerVerdict["stop"]>;
type StopOf<K extends Stop["kind"]> = Extract<Stop, { kind: K }>;

/** A place in a file that stops a server. */
export interface StopPlace {
  file: string;
  offset?: number;
  zxid?: bigint;
}

interface Words<S> {
  /** What the server says, in its own words; null where these are the file system's. */
  says: (stop: S, settings: ServerSettings) => Message | null;
  /** What it is, and what would help. */
  why: (stop: S, settings: ServerSettings) => Message | null;
  cure?: (stop: S, settings: ServerSettings) => Message | null;
}

const WORDS: { [K in Stop["kind"]]: Words<StopOf<K>> } = {
  "mixed folders": {
    says: ({ snapshots }) =>
      snapshots > 0
        ? say`Log directory has snapshot files. Check if dataLogDir and dataDir configuration is correct.`
        : say`Snapshot directory has log files. Check if dataLogDir and dataDir configuration is correct.`,
    why: foldersText,
  },
  "no valid snapshot": {
    says: () => say`Not able to find valid snapshots`,
    why: () => say`no snapshot can be read`,
  },
  "no snapshot": {
    says: () => say`No snapshot found, but there are log entries. Something is broken!`,
    why: () => say`there are logs, but nothing that it takes for a snapshot`,
  },
  "no header": {
    says: () => say`EOFException`,
    why: ({ log, size }) => say`${file(log)} has ${size} bytes, less than a header`,
  },
  magic: {
    says: ({ magic }) => say`has invalid magic number ${magic} != 1514884167`,
    why: ({ log, magic }) =>
      isCompressed(magic)
        ? say`${file(log)} is compressed, and servers do not read compressed logs`
        : say`${file(log)} is not a log by its first bytes`,
  },
  unreadable: { says: () => null, why: ({ log, why }) => say`${file(log)} cannot be read: ${why}` },
  crc: { says: () => say`CRC check failed`, why: () => say`a checksum is wrong` },
  length: {
    says: ({ length }) => say`Unreasonable length = ${length}`,
    why: ({ record, length }) => (record ? say`${recordText(record)}, ${length} bytes` : say`a length of ${length}`),
    cure: lengthCure,
  },
  "null length": { says: () => say`NullPointerException`, why: () => say`a record's length is -1` },
  type: {
    says: ({ type }, { release }) => say`${tag.system(release.unsupported)}${type}`,
    why: ({ type }) => say`a transaction of a type unknown to it, ${typeText(type)}`,
  },
  hole: {
    says: ({ after, before }) =>
      say`Committed proposal cached out of order: ${hex(before)} is not the next proposal of ${hex(after)}`,
    why: () => say`there is a hole before this transaction in what it replays`,
  },
  acl: {
    says: ({ id }) => say`Failed to fetch acls for ${id}`,
    why: () => say`it changes a znode whose ACL the snapshot's ACL map lacks`,
  },
  "epoch unreadable": { says: () => null, why: ({ why }) => why },
  "epoch text": {
    says: ({ text }) => (text === null ? say`Found null in` : say`Found ${tag.value(text.slice(0, MOST_TEXT))} in`),
    why: ({ name }) => say`${name} does not hold a number`,
  },
  "epoch behind": {
    says: ({ current, last }) => say`The current epoch, ${low(current)}, is older than the last zxid, ${last}`,
    why: () => null,
  },
  "epoch order": {
    says: ({ accepted, current }) =>
      say`The accepted epoch, ${low(accepted)} is less than the current epoch, ${low(current)}`,
    why: () => null,
  },
};

/** What the server says when it stops. */
export function serverSays(stop: Stop, settings: ServerSettings): Message | null {
  return wordsOf(stop).says(stop, settings);
}

/** Why a server does not start, and what would help. */
export function whyNot(stop: Stop, settings: ServerSettings): Message[] {
  const words = wordsOf(stop);
  const reason = words.why(stop, settings);
  const says = words.says(stop, settings);
  const help = words.cure?.(stop, settings) ?? null;
  const parts: Part[] = [...placeText(stop), ...(reason ? [reason] : []), ...(says ? [say`“${says}”`] : [])];
  return [joined(parts, ": "), ...(help ? [help] : [])];
}

/** The words for its kind, which take no other. */
function wordsOf(stop: Stop): Words<Stop> {
  return WORDS[stop.kind] as Words<Stop>;
}

/** Where it stops, if that is at a place in a file. */
export function placeOf(stop: ServerVerdict["stop"]): StopPlace | null {
  if (!stop || !("log" in stop) || stop.log === null) return null;
  const zxid = stop.kind === "hole" ? stop.before : stop.kind === "length" ? stop.record?.zxid : undefined;
  return {
    file: stop.log,
    ...("offset" in stop ? { offset: stop.offset } : {}),
    ...("zxid" in stop ? { zxid: stop.zxid } : zxid === undefined ? {} : { zxid }),
  };
}

function placeText(stop: Stop): Message[] {
  const at = placeOf(stop);
  if (at?.offset === undefined) return [];
  const zxid = at.zxid === undefined ? say`` : say`, zxid ${hex(at.zxid)}`;
  return [say`${file(at.file)} at byte ${at.offset}${zxid}`];
}

function foldersText({ snapshots, logs, interchanged }: StopOf<"mixed folders">): Message {
  if (interchanged) return say`dataDir and dataLogDir are interchanged`;
  const both = [
    ...(snapshots > 0 ? [say`${snapshots} in dataLogDir named as snapshots`] : []),
    ...(logs > 0 ? [say`${logs} in dataDir named as logs`] : []),
  ];
  return joined(both, ", ");
}

function recordText({ type, session, paths }: LongRecord): Message {
  const name = typeText(type);
  return paths > 0 ? say`${name} of session ${hex(session)} with ${paths} paths` : name;
}

/** The value that would do; and what makes it unnecessary, where that is sure to. */
function lengthCure({ record, length }: StopOf<"length">, { release, juteMaxbuffer }: ServerSettings): Message | null {
  if (!record) return null;
  const value = maxbufferFor(release, length);
  const now = juteMaxbuffer === JUTE_MAXBUFFER ? say`` : say`, not ${juteMaxbuffer}`;
  const cure = record.paths > 0 ? say`, or a directory that zkrewind restore makes: it has no such record` : say``;
  return say`it needs -Djute.maxbuffer=${value} or more${now}${cure}`;
}

/** gzip's two bytes, or snappy-java's "\x82SNA". */
function isCompressed(magic: number): boolean {
  return magic >>> 16 === 0x1f8b || magic >>> 0 === 0x82534e41;
}

function typeText(type: number): Message {
  return say`${tag.system(opName(type))} (${type})`;
}

function file(path: string): Message {
  return say`${tag.file(nameIn(path))}`;
}

/** ZxidUtils.zxidToString: hexadecimal without its sign. */
function low(value: bigint): Message {
  return say`${tag.system(BigInt.asUintN(64, value).toString(16))}`;
}

const MOST_TEXT = 40;
