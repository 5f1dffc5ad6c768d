import { gzipSync } from "node:zlib";
import { HEADER_LENGTH, zxidName } from "../model/files.js";
import { readLog } from "../model/read-log.js";
import type { Random } from "../random.js";
import { type Entry, file, type Folder } from "../seeds/seed.js";
import { bytesOf, EITHER, LOG, namesOf, pickFile, SNAPSHOT, splice, zxidOf } from "./edit.js";
import type { Change, MutatorTable } from "./mutation.js";

/** What crashes, copies and people do to whole files. */
export const FILES: MutatorTable = {
  "file cut": onFile(EITHER, (bytes, random) => bytes.subarray(0, random.below(bytes.length))),
  "file emptied": onFile(EITHER, () => Buffer.alloc(0)),
  "log header only": onFile(LOG, (bytes) => bytes.subarray(0, HEADER_LENGTH)),
  "log cut between records": onFile(LOG, (bytes, random) => {
    const { records } = readLog(bytes);
    return records.length < 2 ? null : bytes.subarray(0, random.pick(records.slice(1)).at);
  }),
  "page zeroed": onFile(EITHER, (bytes, random) => {
    const at = random.below(bytes.length);
    return filled(bytes, at, at + random.pick([32, 256, 4096]), 0);
  }),
  "beginning zeroed": onFile(EITHER, (bytes, random) => filled(bytes, 0, random.pick([16, 64, 438]), 0)),
  "end zeroed": onFile(EITHER, (bytes, random) => filled(bytes, random.below(bytes.length), bytes.length, 0)),
  "end garbled": onFile(EITHER, (bytes, random) => {
    const at = random.below(bytes.length);
    return splice(bytes, at, bytes.length, random.bytes(bytes.length - at));
  }),
  "garbage behind the end": onFile(EITHER, (bytes, random) =>
    Buffer.concat([bytes, random.bytes(random.between(1, 300))]),
  ),
  "zeros behind the end": onFile(EITHER, (bytes, random) =>
    Buffer.concat([bytes, Buffer.alloc(random.between(1, 5000))]),
  ),
  "copied in text mode": onFile(EITHER, (bytes) =>
    Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1"),
  ),
  "file removed": (folder, random) => {
    const name = pickFile(folder, random, EITHER);
    if (name === null) return null;
    folder.delete(name);
    return { text: name };
  },
  "all logs removed": (folder) => removeAll(folder, LOG),
  "all snapshots removed": (folder) => removeAll(folder, SNAPSHOT),
  "only the newest snapshot left": (folder) => {
    const names = namesOf(folder, SNAPSHOT).sort((a, b) => Number(zxidOf(a) - zxidOf(b)));
    const newest = names.at(-1);
    if (newest === undefined) return null;
    for (const name of Array.from(folder.keys())) if (name !== newest) folder.delete(name);
    return { text: newest };
  },
  "logs below the newest snapshot removed": (folder) => {
    const newest = namesOf(folder, SNAPSHOT)
      .map(zxidOf)
      .sort((a, b) => Number(a - b))
      .at(-1);
    if (newest === undefined) return null;
    for (const name of namesOf(folder, LOG)) if (zxidOf(name) <= newest) folder.delete(name);
    return { text: `up to 0x${newest.toString(16)}` };
  },
  "names swapped": (folder, random) => {
    const names = namesOf(folder, random.pick([LOG, SNAPSHOT]));
    if (names.length < 2) return null;
    const [a, b] = two(names, random);
    const [first, second] = [folder.get(a) as Entry, folder.get(b) as Entry];
    folder.set(a, second).set(b, first);
    return { text: `${a} and ${b}` };
  },
  "contents of another": (folder, random) => {
    const names = namesOf(folder, random.pick([LOG, SNAPSHOT]));
    if (names.length < 2) return null;
    const [a, b] = two(names, random);
    folder.set(a, folder.get(b) as Entry);
    return { text: `${a} has what ${b} has` };
  },
  renamed: (folder, random) => {
    const name = pickFile(folder, random, EITHER);
    return name === null ? null : move(folder, name, otherName(name, random), true);
  },
  doubled: (folder, random) => {
    const name = pickFile(folder, random, EITHER);
    return name === null ? null : move(folder, name, otherName(name, random), false);
  },
  "a log as a snapshot, or the other way": (folder, random) => {
    const name = pickFile(folder, random, EITHER);
    if (name === null) return null;
    const other = name.startsWith("log.")
      ? name.replace("log.", "snapshot.")
      : name.replace(/^snapshot\.(\w+).*$/, "log.$1");
    return folder.has(other) ? null : move(folder, name, other, true);
  },
  "set aside under a suffix": (folder, random) => {
    const name = pickFile(folder, random, EITHER);
    return name === null ? null : move(folder, name, `${name}${random.pick([".bad", ".old", ".bak"])}`, true);
  },
  gzipped: (folder, random) => {
    const name = pickFile(folder, random, /^(log|snapshot)\.[0-9a-f]+$/);
    if (name === null) return null;
    const packed = file(gzipSync(bytesOf(folder, name)));
    if (random.chance(0.5)) folder.delete(name);
    folder.set(random.chance(0.7) ? `${name}.gz` : name, packed);
    return { text: name };
  },
  "epoch files": (folder, random) => {
    const name = random.pick(["currentEpoch", "acceptedEpoch", "currentEpoch.tmp"]);
    const text = random.pick([
      "",
      "five",
      "7",
      "-1",
      "99999999999999999999",
      "1\n",
      "0",
      "\u0000\u0000",
      "1\u001b[31m",
    ]);
    folder.set(name, file(Buffer.from(text)));
    return { text: `${name} ${JSON.stringify(text)}` };
  },
};

function onFile(pattern: RegExp, change: (bytes: Buffer, random: Random) => Buffer | null) {
  return (folder: Folder, random: Random): Change | null => {
    const name = pickFile(folder, random, pattern);
    if (name === null) return null;
    const bytes = bytesOf(folder, name);
    const changed = change(bytes, random);
    if (changed === null || changed.equals(bytes)) return null;
    folder.set(name, file(changed));
    return { text: `${name}: ${bytes.length} bytes, now ${changed.length}`, file: name };
  };
}

function filled(bytes: Buffer, at: number, end: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  return copy.fill(value, at, Math.min(end, bytes.length));
}

function removeAll(folder: Folder, pattern: RegExp): Change | null {
  const names = namesOf(folder, pattern);
  for (const name of names) folder.delete(name);
  return names.length === 0 ? null : { text: names.join(" ") };
}

function move(folder: Folder, from: string, to: string, gone: boolean): Change | null {
  if (folder.has(to)) return null;
  folder.set(to, folder.get(from) as Entry);
  if (gone) folder.delete(from);
  return { text: `${from} as ${to}` };
}

function otherName(name: string, random: Random): string {
  const kind = name.startsWith("log.") ? "log" : "snapshot";
  const by = random.pick([1n, -1n, 2n, -5n, 10n, 0x100n, 0xf0000n, 1n << 32n]);
  const zxid = zxidOf(name) + by;
  return zxidName(kind, zxid < 0n ? 0n : zxid, name.endsWith(".gz") ? ".gz" : "");
}

function two(names: readonly string[], random: Random): [string, string] {
  const first = random.below(names.length);
  const second = (first + 1 + random.below(names.length - 1)) % names.length;
  return [names[first] as string, names[second] as string];
}
