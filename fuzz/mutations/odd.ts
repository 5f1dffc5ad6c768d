import { gzipSync } from "node:zlib";
import { SNAPSHOT_MAGIC, zxidName } from "../model/files.js";
import { Writer } from "../model/bytes.js";
import type { Random } from "../random.js";
import { file, type Folder } from "../seeds/seed.js";
import { namesOf, EITHER, zxidOf } from "./edit.js";
import type { MutatorTable } from "./mutation.js";

/** What has no business in a data directory, and what should have been a regular file. */
export const ODD: MutatorTable = {
  pipe: (folder, random) => odd(folder, random, { kind: "pipe" }),
  "link to nowhere": (folder, random) => odd(folder, random, { kind: "link", target: "nowhere" }),
  "link to itself": (folder, random) => {
    const name = oddName(folder, random);
    folder.set(name, { kind: "link", target: name });
    return { text: name };
  },
  "folder among the files": (folder, random) => odd(folder, random, { kind: "folder" }),
  "link to a device": (folder, random) => odd(folder, random, { kind: "link", target: "/dev/zero" }),
  stranger: (folder, random) => {
    const name = random.pick([
      "README",
      "snapshot.5.tmp",
      "log.",
      "snapshot.zz",
      "log.10000000000000000",
      "snapshot.ffffffffffffffff",
      "\u001b[31mred\u0007",
      "log.5\u202efdp",
      "snapshot.7 ",
      "LOG.5",
    ]);
    folder.set(name, file(random.bytes(random.below(60))));
    return { text: JSON.stringify(name) };
  },
  "counts beyond all measure": (folder, random) => {
    const name = zxidName("snapshot", newest(folder) + 1n, random.chance(0.7) ? ".gz" : "");
    const head = new Writer().int(SNAPSHOT_MAGIC).int(2).long(-1n);
    if (random.chance(0.5)) head.int(0x7fffffff);
    else head.int(0).int(0x7fffffff);
    const bytes = Buffer.concat([head.bytes, Buffer.alloc(random.pick([0, 1000, 8 << 20]))]);
    folder.set(name, file(name.endsWith(".gz") ? gzipSync(bytes) : bytes));
    return { text: `${name}, ${bytes.length} bytes`, file: name };
  },
};

function odd(
  folder: Folder,
  random: Random,
  entry: { kind: "pipe" } | { kind: "folder" } | { kind: "link"; target: string },
) {
  const name = oddName(folder, random);
  folder.set(name, entry);
  return { text: name };
}

/** A name that a reader looks at, or passes by; sometimes in place of what was there. */
function oddName(folder: Folder, random: Random): string {
  const names = namesOf(folder, EITHER);
  if (names.length > 0 && random.chance(0.2)) return random.pick(names);
  const beyond = newest(folder) + BigInt(random.between(1, 20));
  return random.pick([
    zxidName("log", beyond),
    zxidName("snapshot", beyond),
    zxidName("log", 0n),
    "currentEpoch",
    "acceptedEpoch",
    "stray",
    "x.cfg",
  ]);
}

function newest(folder: Folder): bigint {
  return namesOf(folder, EITHER)
    .map(zxidOf)
    .reduce((most, zxid) => (zxid > most ? zxid : most), 0n);
}
