import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { passSnapshot, passTree } from "../../../src/forensics/inspect/depth-first.js";
import { DiskUsage, type DuReport } from "../../../src/forensics/inspect/du.js";
import { growth } from "../../../src/forensics/inspect/growth.js";
import { Largest } from "../../../src/forensics/inspect/largest.js";
import { NcduWriter } from "../../../src/forensics/inspect/ncdu.js";
import { JuteWriter } from "../../../src/jute/index.js";
import { discover, rebuild } from "../../../src/recovery/index.js";
import { loadSnapshot, pathOf, readZnode } from "../../../src/tree/index.js";
import { sampled } from "../../fixtures/index.js";

const ALL = { depth: 100, most: 1e6, patterns: true };

interface Node {
  path: string;
  length: number;
  values: number;
  records: number;
}

/** The same, added up in the simplest way. */
function plainly(
  nodes: readonly Node[],
  top: string,
): Map<string, { znodes: number; records: number; values: number }> {
  const sums = new Map<string, { znodes: number; records: number; values: number }>();
  for (const { path, values, records } of nodes) {
    if (path !== top && !path.startsWith(top === "/" ? "/" : `${top}/`)) continue;
    for (let each = path; ; each = each.slice(0, each.lastIndexOf("/")) || "/") {
      const sum = sums.get(each) ?? { znodes: 0, records: 0, values: 0 };
      sums.set(each, { znodes: sum.znodes + 1, records: sum.records + records, values: sum.values + values });
      if (each === top) break;
    }
  }
  return sums;
}

function check(report: DuReport, nodes: readonly Node[], top: string): void {
  const expected = plainly(nodes, top);
  expect(
    new Map(report.subtrees.map(({ path, znodes, records, values }) => [path, { znodes, records, values }])),
  ).toEqual(expected);
  expect(report.total).toEqual(expected.get(top));
  const values = nodes.filter((each) => expected.has(each.path) && each.values > 0);
  expect(report.largest.map((each) => each.values)).toEqual(values.map((each) => each.values).sort((a, b) => b - a));
  for (const list of [report.depths, report.patterns]) {
    expect(list.reduce((sum, each) => sum + each.records, 0)).toBe(report.total.records);
    expect(list.reduce((sum, each) => sum + each.znodes, 0)).toBe(report.total.znodes);
  }
  for (const { path, children, names } of report.children) {
    const inside = path === "/" ? "/" : `${path}/`;
    const own = nodes.filter(
      (each) => each.path !== "/" && each.path.startsWith(inside) && !each.path.slice(inside.length).includes("/"),
    );
    expect(children, path).toBe(own.length);
    expect(names, path).toBe(4 + own.reduce((sum, each) => sum + 4 + each.length - Buffer.byteLength(inside), 0));
  }
}

describe.each(sampled)("du of $title", ({ path, logDir }) => {
  const directory = discover([path], logDir === undefined ? {} : { logDir });

  test("a tree, and a snapshot as it streams", async () => {
    const { tree } = await rebuild(directory, undefined, { inexact: true });
    const nodes = nodesOf(tree);
    for (const top of [
      "/",
      nodes.find((each) => each.path.split("/").length === 3)?.path.replace(/\/[^/]*$/, "") ?? "/",
    ]) {
      const usage = new DiskUsage({ top, ...ALL });
      await passTree(tree, top === "/" ? 0 : tree.znodes.findPath(Buffer.from(top)), usage);
      expect(usage.inOrder).toBe(true);
      check(usage.report(), nodes, top);
    }
    const file = directory.snapshots.at(-1);
    if (!file) return;
    const source = file.open();
    const loaded = await loadSnapshot(source);
    source.close();
    const streamed = new DiskUsage({ top: "/", ...ALL });
    expect((await passSnapshot(file, streamed)).filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(streamed.inOrder).toBe(true);
    check(streamed.report(), nodesOf(loaded.tree), "/");
  });

  test("ncdu's format has every znode once, in its place", async () => {
    const { tree } = await rebuild(directory, undefined, { inexact: true });
    const writer = new NcduWriter("/", { name: "zkrewind", version: "0" }, 0);
    await passTree(tree, 0, writer);
    const [major, , , top] = JSON.parse(writer.takeText()) as [number, number, object, NcduDirectory];
    expect(major).toBe(1);
    const seen = new Map<string, number>();
    collect(top, "", seen);
    expect(seen).toEqual(new Map(nodesOf(tree).map((each) => [each.path, each.values])));
  });
});

interface NcduEntry {
  name: string;
  asize: number;
}
type NcduDirectory = [NcduEntry, ...(NcduEntry | NcduDirectory)[]];

function collect(entry: NcduEntry | NcduDirectory, above: string, seen: Map<string, number>): void {
  const [info, ...inside] = Array.isArray(entry) ? entry : [entry];
  const path = info.name === "/" ? "/" : `${above === "/" ? "" : above}/${info.name}`;
  seen.set(path, info.asize);
  for (const each of inside) collect(each, path, seen);
}

function nodesOf(tree: Parameters<typeof readZnode>[0]): Node[] {
  const nodes: Node[] = [];
  for (let slot = 0; slot < tree.znodes.slots; slot++) {
    if (!tree.znodes.exists(slot)) continue;
    const { data, pathBytes } = readZnode(tree, slot);
    const length = slot === 0 ? 0 : pathBytes.length;
    const values = data?.length ?? 0;
    nodes.push({ path: pathOf(tree, slot), length, values, records: 4 + length + 4 + values + 68 });
  }
  return nodes;
}

test("znodes that do not come depth first are noticed, not added up wrongly", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-du-"));
  try {
    const writer = new JuteWriter(1024);
    writer.int(0x5a4b534e).int(2);
    for (let index = 0; index < 4; index++) writer.int(index < 2 ? -1 : 0);
    for (const path of ["", "/a", "/b", "/a/c"]) {
      writer.string(path).int(-1);
      for (let index = 0; index < 17; index++) writer.int(index < 2 ? -1 : 0);
    }
    writer.string("/");
    const file = join(folder, "snapshot.1");
    writeFileSync(file, writer.bytes);
    const usage = new DiskUsage({ top: "/", ...ALL });
    const found = discover([file]).snapshots[0];
    if (!found) throw new Error("no snapshot");
    await passSnapshot(found, usage);
    expect(usage.inOrder).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("growth tells what came, went, grew and shrank, the most first", () => {
  const usage = (path: string, records: number): DuReport["subtrees"][number] => ({
    path,
    depth: 1,
    znodes: 1,
    records,
    values: 0,
  });
  const list = growth(
    [usage("/a", 5), usage("/b", 9), usage("/c", 1)],
    [usage("/a", 6), usage("/c", 1), usage("/d", 3)],
  );
  expect(list.map(({ path, before, after }) => [path, after.records - before.records])).toEqual([
    ["/b", -9],
    ["/d", 3],
    ["/a", 1],
  ]);
});

test("the largest of many", () => {
  const largest = new Largest<number>(5);
  const sizes = Array.from({ length: 500 }, (_, index) => (index * 7919) % 503);
  for (const size of sizes) largest.add(size, size);
  expect(largest.sorted()).toEqual(sizes.toSorted((a, b) => b - a).slice(0, 5));
  const none = new Largest<number>(0);
  none.add(1, 1);
  expect(none.sorted()).toEqual([]);
});
