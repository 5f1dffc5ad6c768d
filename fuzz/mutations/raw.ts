import { HEADER_LENGTH, RECORD_HEAD } from "../model/files.js";
import { type LogRecord, readLog } from "../model/read-log.js";
import { readSnapshot, type SnapshotReading } from "../model/read-snapshot.js";
import type { Random } from "../random.js";
import { file, type Folder } from "../seeds/seed.js";
import { bytesOf, disturb, LOG, pickFile, SNAPSHOT, store, unpacked } from "./edit.js";
import type { Change, MutatorTable } from "./mutation.js";

/** Bytes changed and nothing made to fit: each of these is to be found. */
export const RAW: MutatorTable = {
  "raw log header": (folder, random) => {
    const name = pickFile(folder, random, LOG);
    return name === null ? null : change(folder, name, 0, HEADER_LENGTH, random, "header");
  },
  "raw record head": (folder, random) => inRecord(folder, random, ({ at }) => [at, at + RECORD_HEAD]),
  "raw record payload": (folder, random) => inRecord(folder, random, ({ at, end }) => [at + RECORD_HEAD, end - 1]),
  "raw record end mark": (folder, random) => inRecord(folder, random, ({ end }) => [end - 1, end]),
  "raw last end mark": (folder, random) => {
    const name = pickFile(folder, random, LOG);
    const last = name === null ? undefined : readLog(bytesOf(folder, name)).records.at(-1);
    if (name === null || !last) return null;
    const bytes = Buffer.from(bytesOf(folder, name));
    bytes[last.end - 1] = random.chance(0.7) ? 0 : random.below(0x42);
    folder.set(name, file(bytes));
    return { text: `${name}: the last record's end mark at ${last.end - 1}`, file: name, covered: "record" };
  },
  "raw snapshot header": (folder, random) => inSnapshot(folder, random, "header", () => [0, HEADER_LENGTH]),
  "raw snapshot sessions": (folder, random) =>
    inSnapshot(folder, random, "znode", ({ spans }) => [spans.sessions.at, spans.sessions.end]),
  "raw snapshot ACLs": (folder, random) =>
    inSnapshot(folder, random, "znode", ({ spans }) => [
      spans.sessions.end,
      spans.acls.at(-1)?.end ?? spans.sessions.end + 4,
    ]),
  "raw znode": (folder, random) =>
    inSnapshot(folder, random, "znode", ({ spans }) => {
      const { at, end } = random.pick(spans.nodes);
      return [at, end];
    }),
  "raw end of znodes": (folder, random) =>
    inSnapshot(folder, random, "znode", ({ spans }) => [spans.endOfNodes - 5, spans.endOfNodes]),
  "raw seal": (folder, random) =>
    inSnapshot(folder, random, "seal", ({ spans, bytes }) => [spans.endOfNodes, bytes.length]),
  "raw compressed bytes": (folder, random) => {
    const name = pickFile(folder, random, /^snapshot\.[0-9a-f]+\.gz$/);
    if (name === null) return null;
    const bytes = bytesOf(folder, name);
    // The head of a gzip file has bytes that mean nothing.
    return change(folder, name, 10, bytes.length - 8, random);
  },
};

function inRecord(
  folder: Folder,
  random: Random,
  span: (record: LogRecord) => [at: number, end: number],
): Change | null {
  const name = pickFile(folder, random, LOG);
  if (name === null) return null;
  const { records } = readLog(bytesOf(folder, name));
  if (records.length === 0) return null;
  const [at, end] = span(random.chance(0.25) ? (records.at(-1) as LogRecord) : random.pick(records));
  return change(folder, name, at, end, random, "record");
}

function change(
  folder: Folder,
  name: string,
  at: number,
  end: number,
  random: Random,
  covered?: Change["covered"],
): Change | null {
  const made = disturb(bytesOf(folder, name), at, end, random);
  if (!made) return null;
  folder.set(name, file(made.bytes));
  return { text: `${name}: ${made.text}`, file: name, ...(covered ? { covered } : {}) };
}

function inSnapshot(
  folder: Folder,
  random: Random,
  covered: Change["covered"],
  span: (reading: SnapshotReading) => [at: number, end: number],
): Change | null {
  const name = pickFile(folder, random, SNAPSHOT);
  const bytes = name === null ? null : unpacked(bytesOf(folder, name));
  if (name === null || !bytes) return null;
  const reading = readSnapshot(bytes);
  if (reading.trouble !== null) return null;
  const [at, end] = span(reading);
  const made = disturb(bytes, at, end, random);
  if (!made) return null;
  store(folder, name, made.bytes);
  return { text: `${name}: ${made.text}`, file: name, ...(covered ? { covered } : {}) };
}
