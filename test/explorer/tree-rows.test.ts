import fc from "fast-check";
import { expect, test } from "vitest";
import type { Answers, Change, Children, Data, Diff, Params, Point, Znode } from "../../page/src/data/model.js";
import type { Row } from "../../page/src/tree/branch.js";
import { Marks } from "../../page/src/tree/marks.js";
import { TreeRows } from "../../page/src/tree/rows.js";
import { above, childOf, idOf, parentOf, pathOf } from "../../page/src/tree/znode-id.js";

/** Paths of a tree, in the order of a walk: all that is above each is there. */
type Tree = readonly string[];

function walk(paths: Iterable<string>): Tree {
  const all = new Set([...paths].flatMap((path) => [...above(path), path]));
  return [...all].toSorted((a, b) => {
    const [left, right] = [a.split("/"), b.split("/")];
    const at = left.findIndex((name, index) => name !== right[index]);
    if (a === "/" || at < 0) return -1;
    return b === "/" || right[at] === undefined ? 1 : (left[at] ?? "") < right[at] ? -1 : 1;
  });
}

function childrenOf(tree: Tree, path: string): Znode[] {
  return tree.filter((each) => each !== "/" && parentOf(each) === path).map((each) => ({ path: each }));
}

interface Query {
  at: string;
  path: string;
  offset: number;
  limit: number;
  filter?: string;
  find?: string[];
  keep?: string[];
}

/** Answers for children alone, of the trees of two points. */
function dataOf(trees: Record<string, Tree>): Data {
  const ask = async (_: string, params: Params = {}): Promise<Answers["children"]> => {
    const { at, path, offset, limit, filter = "", find = [], keep = [] } = params as unknown as Query;
    const tree = trees[at] as Tree;
    const all = childrenOf(tree, path);
    const list = all.filter((each) => each.path.includes(filter) || keep.includes(each.path));
    const places = find.map((each) => {
      const place = list.filter((other) => other.path < each).length;
      return list[place]?.path === each ? place : -1 - place;
    });
    const nodes = list.slice(offset, offset + limit);
    return {
      at: { zxid: at } as Point,
      path,
      total: all.length,
      matched: list.length,
      offset,
      places,
      nodes,
    } satisfies Children;
  };
  return { isLive: true, has: () => true, ask: ask as unknown as Data["ask"], search: () => Promise.resolve() };
}

function diffOf(before: Tree, after: Tree): Diff {
  const change = (path: string, which: string): Change => ({ type: "change", change: which, path });
  const changes = [
    ...before.filter((path) => !after.includes(path)).map((path) => change(path, "removed")),
    ...after.filter((path) => !before.includes(path)).map((path) => change(path, "added")),
  ];
  const count = (which: string): number => changes.filter((each) => each.change === which).length;
  const counts = { added: count("added"), removed: count("removed"), changed: 0 };
  return { from: { zxid: "a" }, to: { zxid: "b" }, changes, counts } as Diff;
}

/** What is to be seen, made the simple way. */
function expected(tree: Tree, gone: Tree, open: ReadonlySet<string>): string[] {
  const all = walk([...tree, ...gone]);
  return all.filter((path) => path === "/" || above(path).every((each) => each === "/" || open.has(each)));
}

const name = fc.constantFrom("a", "b", "c", "ab", "z");
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join("/")}`);
const paths = fc.array(path, { minLength: 1, maxLength: 25 });

test("rows are those of a walk, whatever is open and whatever is gone, and each is found by its znode", async () => {
  await fc.assert(
    fc.asyncProperty(paths, paths, fc.array(path), async (before, after, opened) => {
      const trees = { a: walk(before), b: walk(after) };
      const marks = new Marks(diffOf(trees.a, trees.b));
      const open = new Set(opened.flatMap((each) => [...above(each), each]));
      const data = dataOf(trees);
      const rows = await TreeRows.of(data, { at: "b", filter: "", marks }, open, null, () => {});
      const seen = Array.from({ length: rows.count }, (_, index) => rows.row(index));
      const gone = trees.a.filter((each) => !trees.b.includes(each));
      expect(seen.map(({ id }) => id)).toEqual(expected(trees.b, gone, open));
      for (const [index, row] of seen.entries()) {
        const { id, level, isGone, isOpen } = row as Row & { id: string };
        expect(rows.indexOf(id)).toBe(index);
        expect([level, isGone]).toEqual([above(id).length + 1, gone.includes(id)]);
        expect(isOpen).toBe(
          id === "/" || (open.has(id) && [...trees.a, ...trees.b].some((each) => parentOf(each) === id)),
        );
      }
      // Opened and closed by hand, it is the same again.
      const closed = await TreeRows.of(data, { at: "b", filter: "", marks }, new Set(), null, () => {});
      for (const each of expected(trees.b, gone, open)) if (open.has(each)) await closed.open(each);
      expect(Array.from({ length: closed.count }, (_, index) => closed.row(index).id)).toEqual(
        seen.map(({ id }) => id),
      );
    }),
    { numRuns: 150 },
  );
});

test("of very many children only those in sight are asked for, and a name is found among them", async () => {
  const many = ["/", "/m", ...Array.from({ length: 5000 }, (_, index) => `/m/c${String(index).padStart(4, "0")}`)];
  const data = dataOf({ b: many });
  const asked: unknown[] = [];
  const watched = {
    ...data,
    ask: (...args: Parameters<typeof data.ask>) => (asked.push(args[1]?.["offset"]), data.ask(...args)),
  };
  const rows = await TreeRows.of(
    watched as Data,
    { at: "b", filter: "", marks: null },
    new Set(["/m"]),
    null,
    () => {},
  );
  expect(rows.count).toBe(5002);
  expect(rows.row(4000).id).toBe(null);
  rows.want(3990, 4010);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(rows.row(4000).id).toBe("/m/c3998");
  expect(asked).toEqual([0, 0, 3800, 4000]);
  const branch = rows.branch("/m");
  expect(branch && (await rows.beginning(branch, "c29"))).toBe("/m/c2900");
  expect(branch && (await rows.beginning(branch, "d"))).toBe(null);
  expect(await rows.reveal("/m/c4321")).toBe(true);
  expect(rows.indexOf("/m/c4321")).toBe(4323);
  expect(await rows.reveal("/m/none")).toBe(false);
});

test("a path that is not UTF-8 is named by its bytes", () => {
  const id = idOf({ path: "/n\ufffd/x", pathBase64: Buffer.from([0x2f, 0x6e, 0xff, 0x2f, 0x78]).toString("base64") });
  expect(pathOf(id)).toBe("/n\ufffd/x");
  expect(parentOf(id)).toBe(`base64:${Buffer.from([0x2f, 0x6e, 0xff]).toString("base64")}`);
  expect(above(id)).toEqual(["/", parentOf(id)]);
  expect(childOf(parentOf(id), "x")).toBe(id);
});

test("what has no mark and no row is counted", () => {
  const gone = Array.from({ length: 503 }, (_, index) => `/many/${index}`);
  const diff = diffOf(walk(["/many", ...gone]), walk(["/many"]));
  const whole = new Marks(diff);
  expect([whole.gone("/many").length, whole.unlisted("/many"), whole.unmarked]).toEqual([500, 3, 0]);
  const cut = new Marks({ ...diff, changes: diff.changes.slice(0, 100) });
  expect([cut.gone("/many").length, cut.unlisted("/many"), cut.unmarked]).toEqual([100, 0, 403]);
});
