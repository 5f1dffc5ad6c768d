import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import type { SnapshotAccount } from "../../../src/forensics/salvage/salvage-account.js";
import { salvage, type SalvageOptions } from "../../../src/forensics/salvage/salvage.js";
import { discover, rebuild } from "../../../src/recovery/index.js";
import { SnapshotReader } from "../../../src/storage/snapshot-reader.js";
import { openBytes } from "../../../src/io/open-bytes.js";
import { fixtureDir } from "../../fixtures/index.js";
import { plain } from "../../../src/text/message.js";

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-salvage-snapshot-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let next = 0;

interface NodeRecord {
  path: string;
  from: number;
  to: number;
  dataAt: number;
  /** The record without its aclId, which is numbered afresh. */
  content: string;
}

async function nodesOf(path: string): Promise<NodeRecord[]> {
  const reader = new SnapshotReader(openBytes(path));
  const list: NodeRecord[] = [];
  await reader.readHead();
  while (await reader.fill()) {
    while (reader.next()) {
      const { bytes } = reader.window.block;
      const from = reader.recordOffset;
      list.push({
        path: bytes.toString("utf8", reader.pathStart, reader.pathStart + reader.pathLength),
        from,
        to: from + reader.recordEnd - reader.record,
        dataAt: from + reader.dataStart - reader.record,
        content:
          bytes.toString("hex", reader.record, reader.aclAt) +
          bytes.toString("hex", reader.aclAt + 8, reader.recordEnd),
      });
    }
  }
  reader.close();
  return list;
}

const folder = join(fixtureDir("3.8.6-standalone"), "version-2");
const name = "snapshot.a9f";
const bytes = readFileSync(join(folder, name));
const nodes = await nodesOf(join(folder, name));
const end = (nodes.at(-1) as NodeRecord).to;

interface Outcome {
  snapshot: SnapshotAccount;
  whole: boolean;
  kept: NodeRecord[];
  target: string;
}

async function run(
  damaged: Buffer,
  options: SalvageOptions = {},
  others: readonly string[] = [],
  as = name,
): Promise<Outcome> {
  const source = join(scratch, `source${next}`);
  const target = join(scratch, `target${next++}`);
  mkdirSync(join(source, "version-2"), { recursive: true });
  writeFileSync(join(source, "version-2", as), damaged);
  for (const other of others) cpSync(join(folder, other), join(source, "version-2", other));
  const account = await salvage(discover([source]), target, options);
  const snapshot = account.files.find(({ file }) => file === as) as SnapshotAccount;
  const kept = snapshot.output === null ? [] : await nodesOf(join(target, snapshot.output));
  return { snapshot, whole: account.whole, kept, target };
}

function flipped(offset: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[offset] = (copy[offset] as number) ^ 1;
  return copy;
}

function contents(list: readonly NodeRecord[]): string[] {
  return list.map(({ content }) => content).sort();
}

const app = nodes.find(({ path }) => path.split("/").length > 3 && !path.startsWith("/zookeeper")) as NodeRecord;
const isBelow = (path: string, top: string): boolean => path.startsWith(`${top}/`);

describe("damage that the seal, or other files, make good", () => {
  test("a damaged header", async () => {
    const { snapshot, whole, target } = await run(flipped(2));
    expect(snapshot.fate).toBe("trimmed");
    expect(whole).toBe(true);
    expect(readFileSync(join(target, "version-2", name)).equals(bytes)).toBe(true);
  });

  test("bytes after the last seal", async () => {
    const { snapshot, whole, target } = await run(Buffer.concat([bytes, Buffer.from("and more")]));
    expect(snapshot).toMatchObject({ fate: "trimmed", lostBytes: [{ from: bytes.length, to: bytes.length + 8 }] });
    expect(whole).toBe(true);
    expect(readFileSync(join(target, "version-2", name)).equals(bytes)).toBe(true);
  });

  test("cut inside the trailers: the first seal proves every znode", async () => {
    const { snapshot, whole, kept } = await run(bytes.subarray(0, bytes.length - 20));
    expect(snapshot).toMatchObject({ fate: "trimmed", znodes: nodes.length });
    expect(whole).toBe(true);
    expect(contents(kept)).toEqual(contents(nodes));
  });

  test("older files rebuild what it was", async () => {
    const { snapshot, whole, target } = await run(flipped(app.dataAt), {}, [
      "snapshot.76c",
      "log.5de",
      "log.76d",
      "log.aa0",
    ]);
    expect(snapshot.fate).toBe("rebuilt");
    expect(whole).toBe(true);
    const point = { kind: "zxid" as const, zxid: 0xa9fn, text: "" };
    const state = await rebuild(discover([fixtureDir("3.8.6-standalone")]), { point, inclusive: true });
    const again = await rebuild(discover([join(target, "version-2", name)]));
    expect(again.digest.value).toBe(state.digest.value);
    expect(again.tree.sessions.sorted()).toEqual(state.tree.sessions.sorted());
  });
});

describe("what nothing makes good is kept apart, with an account", () => {
  test("a flipped bit in a value: all is there, nothing is proven", async () => {
    const { snapshot, whole, kept, target } = await run(flipped(app.dataAt));
    expect(snapshot).toMatchObject({ fate: "scavenged", znodes: nodes.length, lostBytes: [], orphans: [] });
    expect(snapshot.output).toBe(`suspect/${name}`);
    expect(existsSync(join(target, "version-2", name))).toBe(false);
    expect(whole).toBe(false);
    expect(kept.length).toBe(nodes.length);
  });

  test("…but a log that has the value puts it right", async () => {
    // Without an older snapshot or the beginning of the logs nothing can be rebuilt.
    const { snapshot, kept } = await run(flipped(await valueSetIn("log.76d")), {}, ["log.76d"]);
    expect(snapshot.fate).toBe("scavenged");
    expect(snapshot.corrected).toHaveLength(1);
    expect(snapshot.confirmed).toBeGreaterThan(20);
    expect(contents(kept)).toEqual(contents(nodes));
  });

  test("--keep-suspect puts it beside the logs", async () => {
    const { snapshot } = await run(flipped(app.dataAt), { keepSuspect: true });
    expect(snapshot.output).toBe(`version-2/${name}`);
  });

  test("a parent lost: its children are found, without a place", async () => {
    const parent = nodes.find(
      ({ path }) => path !== "" && nodes.some((each) => isBelow(each.path, path)),
    ) as NodeRecord;
    const damaged = Buffer.from(bytes);
    damaged.fill(0xff, parent.from, parent.to);
    const below = nodes.filter(({ path }) => isBelow(path, parent.path)).map(({ path }) => path);
    const { snapshot, kept, target } = await run(damaged);
    expect(snapshot.orphans.map(({ path }) => path)).toEqual(below);
    expect(snapshot.lostBytes).toEqual([{ from: parent.from, to: parent.to }]);
    expect(kept.map(({ path }) => path).sort()).toEqual(
      nodes
        .map(({ path }) => path)
        .filter((path) => path !== parent.path && !below.includes(path))
        .sort(),
    );
    const report = readFileSync(join(target, "lost+found", `${name}.ndjson`), "utf8")
      .trimEnd()
      .split("\n");
    expect(report.map((line) => JSON.parse(line).path)).toEqual(below);
    const made = await run(damaged, { makeParents: true });
    expect(made.snapshot.madeParents).toEqual([parent.path]);
    expect(made.kept.map(({ path }) => path).sort()).toEqual(nodes.map(({ path }) => path).sort());
  });

  test("a cut", async () => {
    const at = (nodes[40] as NodeRecord).from + 10;
    const { snapshot, kept } = await run(bytes.subarray(0, at));
    expect(snapshot.damagedParts.map(plain)).toContain("the end of the znodes and the seal");
    expect(kept.map(({ path }) => path).sort()).toEqual(
      nodes
        .slice(0, 40)
        .map(({ path }) => path)
        .sort(),
    );
    expect(snapshot.lostBytes).toEqual([{ from: (nodes[40] as NodeRecord).from, to: at }]);
  });

  test("a cut in a compressed file", async () => {
    const stored = gzipSync(bytes);
    const { snapshot } = await run(stored.subarray(0, stored.length >> 1), {}, [], `${name}.gz`);
    expect(snapshot.fate).toBe("scavenged");
    expect(snapshot.znodes).toBeGreaterThan(10);
    expect(snapshot.damagedParts.map(plain).join()).toContain("compressed");
  });

  test("garbage between two znodes, and inside one", async () => {
    const garbage = Buffer.from("/not/what was written here ".repeat(30));
    const victim = nodes.findLast(({ path }) => !nodes.some((each) => isBelow(each.path, path))) as NodeRecord;
    for (const [offset, lost] of [
      [victim.from, 0],
      [victim.from + 6, 1],
    ] as const) {
      const { snapshot, kept } = await run(Buffer.concat([bytes.subarray(0, offset), garbage, bytes.subarray(offset)]));
      expect(kept.length).toBe(nodes.length - lost);
      expect(snapshot.lostBytes).toHaveLength(1);
    }
  });

  test("a damaged ACL map: whose ACL is lost gets one that lets nobody in", async () => {
    const sessions = bytes.readInt32BE(16);
    const { snapshot, kept } = await run(flipped(20 + 12 * sessions + 4 + 8));
    expect(kept.length).toBe(nodes.length);
    expect(snapshot.withoutAcl.length).toBeGreaterThan(0);
    expect(snapshot.damagedParts.map(plain).join()).toContain("ACL map");
  });
});

test("whatever is destroyed, untouched znodes are kept or found, and none is invented", async () => {
  let seed = 4321;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  const first = (nodes[1] as NodeRecord).from;
  const original = new Map(nodes.map((each) => [each.path, each.content]));
  for (let round = 0; round < 40; round++) {
    const damaged = Buffer.from(bytes);
    for (let count = 1 + random(3); count > 0; count--) {
      const from = first + random(end - first);
      const to = Math.min(end, from + 1 + random(random(2) === 0 ? 8 : 2000));
      for (let at = from; at < to; at++) damaged[at] = random(3) === 0 ? 0 : random(256);
    }
    const untouched = nodes.filter(({ from, to }) => bytes.subarray(from, to).equals(damaged.subarray(from, to)));
    const { snapshot, kept } = await run(damaged);
    const found = new Map(kept.map((each) => [each.path, each.content]));
    const orphans = new Set(snapshot.orphans.map(({ path }) => path));
    let missed = 0;
    for (const { path, content } of untouched) {
      if (orphans.has(path)) continue;
      if (found.get(path) !== content) missed++;
    }
    // A length that was changed can swallow the znode behind it where what comes after makes sense again.
    expect(missed, `round ${round}`).toBeLessThanOrEqual(1);
    const touched = new Set(nodes.filter((each) => !untouched.includes(each)).map(({ path }) => path));
    const invented = kept.filter(({ path, content }) => original.get(path) !== content && !touched.has(path));
    expect(invented.length, `round ${round}`).toBeLessThanOrEqual(touched.size);
  }
});

/** The place of a value in the snapshot that a transaction of a log set last. */
async function valueSetIn(log: string): Promise<number> {
  const range = discover([join(folder, log)]);
  const first = range.logs[0]?.zxid ?? 0n;
  const victim = nodes.find(({ to, from, dataAt }) => {
    const stat = to - 60;
    return bytes.readBigInt64BE(stat + 8) > first && bytes.readInt32BE(dataAt - 4) > 8 && stat > from;
  });
  return (victim as NodeRecord).dataAt + 2;
}
