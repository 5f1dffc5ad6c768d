import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { x as extract } from "tar";
import { readSnapshot, treeOf } from "../model/read-snapshot.js";
import { Tree } from "../model/tree.js";
import { tell } from "../oracle/lines.js";
import { readFolder } from "../oracle/reading.js";
import { file, type Folder, type Seed, Truth } from "./seed.js";

/** Directories of real servers: archives in fixtures/, with the folder that has version-2 in it. */
export const FIXTURE_SEEDS: readonly string[] = [
  "3.4.14-first-start",
  "3.5.10-first-start",
  "3.6.4-first-start",
  "3.9.5-first-start",
  "3.9.5-lastzxid-off",
  "3.9.5-lastzxid-only",
  "3.8.6-digest-off",
  "3.8.6-closesessiontxn-off",
  "ensemble-reconfig/server1",
  "ensemble-reconfig-3.5/server2",
  "ensemble-divergent-3.4/server1",
];

/** A fixture and the truth about it: by a replay of the harness's own, from the oldest snapshot or from nothing. */
export function fixtureSeed(name: string): Seed {
  const folder = unpack(name);
  const truth = new Truth();
  const reading = readFolder(folder);
  const records = [...tell(reading).values()].sort((a, b) => (a.record.zxid < b.record.zxid ? -1 : 1));
  const oldest = reading.snapshots[0];
  const first = records[0]?.record.txn;
  const fresh = Tree.fresh(first?.digest !== undefined);
  const tree = oldest && oldest.zxid === 0n ? treeOf(readSnapshot(oldest.reading.bytes)) : fresh;
  truth.note(oldest?.zxid ?? 0n, tree);
  for (const { record } of records) {
    if (!record.txn) throw new Error(`${name}: 0x${record.zxid.toString(16)} does not parse`);
    tree.apply(record.txn);
    const { digest } = record.txn;
    if (digest !== undefined && digest !== tree.digest)
      throw new Error(`${name}: digest of 0x${record.zxid.toString(16)}`);
    truth.note(record.zxid, tree);
  }
  return { name, folder, truth, windows: new Map(), fromBeginning: true };
}

/** The repository's fixtures, from here and from where this is compiled to. */
function fixturesFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder))
    if (existsSync(join(folder, "fixtures/fixtures.json"))) return join(folder, "fixtures");
}

function unpack(name: string): Folder {
  const [archive, ...inner] = name.split("/");
  const fresh = mkdtempSync(join(tmpdir(), "zkrewind-fixture-"));
  try {
    mkdirSync(fresh, { recursive: true });
    extract({ file: join(fixturesFolder(), `${archive}.tar.gz`), cwd: fresh, sync: true });
    const version = join(fresh, archive as string, ...inner, "version-2");
    return new Map(
      readdirSync(version)
        .sort()
        .map((each) => [each, file(readFileSync(join(version, each)))]),
    );
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
