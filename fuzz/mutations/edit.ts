import { gunzipSync, gzipSync } from "node:zlib";
import type { Random } from "../random.js";
import { file, filesOf, type Folder } from "../seeds/seed.js";

/** Names of regular files that a pattern fits. */
export function namesOf(folder: Folder, pattern: RegExp): string[] {
  return [...filesOf(folder)].filter(([name, bytes]) => pattern.test(name) && bytes.length > 0).map(([name]) => name);
}

export const LOG = /^log\.[0-9a-f]+$/;
export const SNAPSHOT = /^snapshot\.[0-9a-f]+(\.gz)?$/;
export const EITHER = /^(log|snapshot)\.[0-9a-f]+(\.gz)?$/;

/** A log or snapshot, the newest more often than others. */
export function pickFile(folder: Folder, random: Random, pattern: RegExp): string | null {
  const names = namesOf(folder, pattern).sort((a, b) => Number(zxidOf(a) - zxidOf(b)));
  if (names.length === 0) return null;
  return random.chance(0.4) ? (names.at(-1) as string) : random.pick(names);
}

export function zxidOf(name: string): bigint {
  return BigInt(`0x${name.split(".")[1]}`);
}

export function bytesOf(folder: Folder, name: string): Buffer {
  const entry = folder.get(name);
  if (entry?.kind !== "file") throw new Error(`${name} is no file`);
  return entry.bytes;
}

/** Some change to a range of bytes that is a change; null where there are none. */
export function disturb(
  bytes: Buffer,
  at: number,
  end: number,
  random: Random,
): { bytes: Buffer; text: string } | null {
  if (at >= end) return null;
  const place = random.between(at, end - 1);
  const made = (changed: Buffer, text: string): { bytes: Buffer; text: string } | null =>
    changed.equals(bytes) ? null : { bytes: changed, text: `${text} at ${place}` };
  const copy = Buffer.from(bytes);
  switch (random.weighted({ flip: 5, byte: 3, zero: 2, insert: 1, remove: 1 })) {
    case "flip":
      copy[place] = (copy[place] as number) ^ (1 << random.below(8));
      return made(copy, "a bit flipped");
    case "byte":
      copy[place] = random.pick([0, 0xff, 0x42, 0x2f, 0x7f, 0x80, random.below(256)]);
      return made(copy, "a byte replaced");
    case "zero":
      copy.fill(0, place, Math.min(end, place + random.between(1, 16)));
      return made(copy, "bytes zeroed");
    case "insert": {
      const more = random.bytes(random.between(1, 5));
      return made(
        Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place)]),
        `${more.length} bytes put in`,
      );
    }
    default: {
      const count = Math.min(end - place, random.between(1, 5));
      return made(Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + count)]), `${count} bytes taken out`);
    }
  }
}

/** The bytes of a snapshot without its compression. */
export function unpacked(stored: Buffer): Buffer | null {
  if (!isGzip(stored)) return stored;
  try {
    return gunzipSync(stored, { maxOutputLength: 64 << 20 });
  } catch {
    return null;
  }
}

/** Puts a snapshot's bytes back as they were stored. */
export function store(folder: Folder, name: string, bytes: Buffer): void {
  const before = bytesOf(folder, name);
  folder.set(name, file(isGzip(before) ? gzipSync(bytes) : bytes));
}

function isGzip(bytes: Buffer): boolean {
  return bytes.length > 2 && bytes.readUInt16BE() === 0x1f8b;
}

export function splice(bytes: Buffer, at: number, end: number, middle: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(end)]);
}
