import { base, NEWEST_SNAPSHOT, OLDER_SNAPSHOT } from "./base.js";
import type { ServerCase } from "./cases.js";
import {
  change,
  DATA,
  type Files,
  fixtureFiles,
  gzipped,
  remove,
  rename,
  smallSnapshot,
  snappied,
  textMode,
} from "./files.js";

const ALL = /^data\/version-2\/snapshot\./;

export const SNAPSHOT_CASES: readonly ServerCase[] = [
  {
    name: "snapshot-empty",
    title: "the newest snapshot has 0 bytes",
    files: () => change(base(), NEWEST_SNAPSHOT, () => Buffer.alloc(0)),
  },
  {
    name: "snapshot-cut",
    title: "the newest snapshot is cut",
    files: () => change(base(), NEWEST_SNAPSHOT, (bytes) => bytes.subarray(0, 20_000)),
  },
  {
    name: "snapshot-text-mode",
    title: "the newest snapshot went through a text mode",
    files: () => change(base(), NEWEST_SNAPSHOT, textMode),
  },
  {
    name: "snapshot-zero-tail",
    title: "the newest snapshot ends in zeros",
    files: () => change(base(), NEWEST_SNAPSHOT, (bytes) => bytes.fill(0, 16_384)),
  },
  {
    name: "snapshot-bit",
    title: "a bit of the newest snapshot's znodes is wrong",
    files: () => change(base(), NEWEST_SNAPSHOT, (bytes) => flip(bytes, 20_000)),
  },
  {
    name: "snapshot-trailing",
    title: "bytes follow the newest snapshot's end",
    files: () => change(base(), NEWEST_SNAPSHOT, (bytes) => Buffer.concat([bytes, Buffer.alloc(16)])),
  },
  {
    name: "snapshot-magic",
    title: "the newest snapshot's magic is wrong",
    files: () => change(base(), NEWEST_SNAPSHOT, (bytes) => bytes.fill(0x20, 0, 4)),
  },
  {
    name: "snapshots-cut",
    title: "all snapshots are cut",
    files: () => each(base(), (bytes) => bytes.subarray(0, -1)),
  },
  {
    name: "snapshots-bit",
    title: "a bit is wrong in each snapshot",
    files: () => each(base(), (bytes) => flip(bytes, 20_000)),
  },
  {
    name: "snapshots-cut-no-log",
    title: "all snapshots are cut, and there is no log",
    files: () =>
      only(
        each(base(), (bytes) => bytes.subarray(0, -1)),
        ALL,
      ),
  },
  {
    name: "snapshots-bit-no-log",
    title: "a bit is wrong in each snapshot, and there is no log",
    files: () =>
      only(
        each(base(), (bytes) => flip(bytes, 20_000)),
        ALL,
      ),
  },
  {
    name: "snapshot-named-later",
    title: "the newest snapshot's name says a later zxid than it holds",
    files: () => rename(base(), NEWEST_SNAPSHOT, "snapshot.200000140"),
  },
  {
    name: "snapshot-and-gzip",
    title: "the newest snapshot, and the same gzipped",
    files: () => base().set(`${DATA}${NEWEST_SNAPSHOT}.gz`, gzipped(base().get(DATA + NEWEST_SNAPSHOT) as Buffer)),
  },
  {
    name: "snapshots-gzip",
    title: "gzipped snapshots: snapshot.N.gz, with the logs after them",
    files: () => compressed(base(), ".gz", gzipped),
  },
  {
    name: "snapshots-snappy",
    title: "snapshots in Snappy's format: snapshot.N.snappy, with the logs after them",
    files: () => compressed(base(), ".snappy", snappied),
  },
  {
    name: "snapshots-gzip-no-log",
    title: "gzipped snapshots, and no log",
    files: () => only(compressed(base(), ".gz", gzipped), ALL),
  },
  {
    name: "snapshots-snappy-no-log",
    title: "snapshots in Snappy's format, and no log",
    files: () => only(compressed(base(), ".snappy", snappied), ALL),
  },
  {
    name: "gzip-without-suffix",
    title: "the newest snapshot is gzipped, its name does not say so",
    files: () => change(base(), NEWEST_SNAPSHOT, gzipped),
  },
  {
    name: "suffix-without-gzip",
    title: "the newest snapshot is named .gz and is not gzipped",
    files: () => rename(base(), NEWEST_SNAPSHOT, `${NEWEST_SNAPSHOT}.gz`),
  },
  {
    name: "gzip-cut",
    title: "the newest snapshot is gzipped and cut",
    files: () =>
      change(rename(base(), NEWEST_SNAPSHOT, `${NEWEST_SNAPSHOT}.gz`), `${NEWEST_SNAPSHOT}.gz`, (bytes) =>
        gzipped(bytes).subarray(0, 2000),
      ),
  },
  {
    name: "layout-3.6",
    title: "a snapshot of 3.6's layout, with a digest",
    files: () => fixtureFiles("3.8.6-odd-acl-ids", (name) => name === "snapshot.5"),
  },
  {
    name: "layout-3.9",
    title: "a snapshot of 3.9's layout, with a digest and the last zxid",
    files: () => fixtureFiles("3.9.5-first-start"),
  },
  {
    name: "layout-3.9-no-digest",
    title: "a snapshot with the last zxid and no digest, as 3.9 writes it with -Dzookeeper.digest.enabled=false",
    files: lastZxids,
  },
  {
    name: "layout-3.9-no-digest-off",
    title: "the same, -Dzookeeper.digest.enabled=false",
    files: lastZxids,
    digestsOff: true,
  },
  {
    name: "layout-3.6-digest-off",
    title: "a snapshot of 3.6's layout, -Dzookeeper.digest.enabled=false",
    files: () => fixtureFiles("3.8.6-odd-acl-ids", (name) => name === "snapshot.5"),
    digestsOff: true,
  },
  {
    name: "layout-3.9-digest-off",
    title: "a snapshot of 3.9's layout, -Dzookeeper.digest.enabled=false",
    files: () => fixtureFiles("3.9.5-first-start"),
    digestsOff: true,
  },
  {
    name: "digest-seal",
    title: "a bit of the newest snapshot's digest is wrong, and so is the seal after it",
    files: () => change(digests(), "snapshot.5", (bytes) => flip(bytes, bytes.length - 18)),
  },
  {
    name: "last-zxid-seal",
    title: "a bit of the last zxid in the newest snapshot is wrong, and so is the seal after it",
    files: () =>
      change(
        fixtureFiles("3.9.5-standalone", (name) => /^snapshot\.(0|f1)$/.test(name)),
        "snapshot.f1",
        (bytes) => flip(bytes, bytes.length - 14),
      ),
  },
  {
    name: "value-over-3.4",
    title: "a value of 1.2 MB in the newest snapshot",
    files: async () => large(1_200_000),
  },
  {
    name: "value-over-limit",
    title: "a value of 2.2 MB in the newest snapshot",
    files: async () => large(2_200_000),
  },
  {
    name: "value-over-limit-raised",
    title: "a value of 2.2 MB in the newest snapshot, -Djute.maxbuffer=4194304",
    files: async () => large(2_200_000),
    juteMaxbuffer: 4_194_304,
  },
];

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
}

function each(files: Files, how: (bytes: Buffer) => Buffer): Files {
  return new Map([...files].map(([path, bytes]) => [path, ALL.test(path) ? how(Buffer.from(bytes)) : bytes]));
}

function only(files: Files, which: RegExp): Files {
  return new Map([...files].filter(([path]) => which.test(path)));
}

function compressed(files: Files, suffix: string, how: (bytes: Buffer) => Buffer): Files {
  return new Map([...files].map(([path, bytes]) => (ALL.test(path) ? [path + suffix, how(bytes)] : [path, bytes])));
}

/** Two snapshots with digests, and no log that only a newer release reads. */
function digests(): Files {
  return fixtureFiles("3.8.6-odd-acl-ids", (name) => name.startsWith("snapshot."));
}

/** Two snapshots with the last zxid, and no log. */
function lastZxids(): Files {
  return fixtureFiles("3.9.5-lastzxid-only", (name) => /^snapshot\.(0|7e)$/.test(name));
}

/** The newest snapshot holds a value of this many bytes, an older one does not. */
async function large(size: number): Promise<Files> {
  const files = remove(base(), NEWEST_SNAPSHOT, OLDER_SNAPSHOT);
  return files.set(`${DATA}snapshot.200000138`, await smallSnapshot([{ path: "/large", size }]));
}
