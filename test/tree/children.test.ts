import fc from "fast-check";
import { expect, test } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { ChildIndex, freshTree, pathOf, ROOT } from "../../src/tree/index.js";

/** A tree with these names below one znode. */
function treeOf(parent: string, names: readonly string[]): { tree: ReturnType<typeof freshTree>; slot: number } {
  const tree = freshTree();
  const block = Block.create(1 << 16);
  const add = (path: string, above: number): number => {
    const bytes = Buffer.from(path);
    block.bytes.set(bytes, block.start);
    return tree.znodes.create(block, block.start, bytes.length, block.start, 0, above);
  };
  const slot = parent === "" ? ROOT : add(parent, ROOT);
  for (const name of names) add(`${parent}/${name}`, slot);
  return { tree, slot };
}

const name = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "0", "-", "é", "界"), minLength: 1, maxLength: 14 }),
  fc.string({ unit: fc.constantFrom("\0", "a"), minLength: 1, maxLength: 10 }),
  fc.integer({ min: 0, max: 50 }).map((n) => `node-${String(n).padStart(10, "0")}`),
  fc.nat().map((n) => `instance-${String(n).padStart(10, "0")}`),
);

function sortedNames(names: readonly string[], parent: string): { children: string[]; sorted: string[] } {
  const { tree, slot } = treeOf(parent, names);
  const children = [...new ChildIndex(tree.znodes).of(slot)].map((each) => pathOf(tree, each));
  return { children, sorted: [...children].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))) };
}

test("siblings are in byte order of their names, however many share their first bytes", () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 120 }), fc.constantFrom("", "/some/parent"), (names, parent) => {
      const { children, sorted } = sortedNames(names, parent);
      expect(children).toEqual(sorted);
      expect(children.length).toBe(names.length + (parent === "" ? 1 : 0));
    }),
    { numRuns: 60 },
  );
});

test("many siblings that only end differently, or each a little later", () => {
  const zeros = Array.from({ length: 60 }, (_, index) => `x${"\0".repeat(index)}`);
  const longer = Array.from({ length: 5000 }, (_, index) => "a".repeat(index + 1));
  const later = Array.from({ length: 5000 }, (_, index) => `${"a".repeat(index * 4)}b`);
  const shuffled = (names: string[]): string[] =>
    names.map((_, index) => names[(index * 7919) % names.length] as string);
  for (const names of [zeros, longer, later]) {
    const { children, sorted } = sortedNames(shuffled(names), "/p");
    expect(children.length).toBe(names.length);
    expect(children).toEqual(sorted);
  }
});

test("a walk tells each znode before its children, and these in their order", () => {
  const trees = fc.array(fc.tuple(fc.nat(), fc.constantFrom("a", "b", "0", "-")), { maxLength: 200 });
  fc.assert(
    fc.property(trees, (steps) => {
      const tree = freshTree();
      const block = Block.create(1 << 16);
      const slots = [ROOT];
      for (const [above, name] of steps) {
        const parent = slots[above % slots.length] as number;
        const bytes = Buffer.from(`${parent === ROOT ? "" : pathOf(tree, parent)}/${name}`);
        block.bytes.set(bytes, block.start);
        if (tree.znodes.find(block, block.start, bytes.length) >= 0) continue;
        slots.push(tree.znodes.create(block, block.start, bytes.length, block.start, 0, parent));
      }
      const index = new ChildIndex(tree.znodes);
      const below = (slot: number): number[] => [slot, ...[...index.of(slot)].flatMap(below)];
      for (const slot of slots) expect([...new ChildIndex(tree.znodes).walk(slot)]).toEqual(below(slot));
    }),
  );
});
