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
  fc.integer({ min: 0, max: 50 }).map((n) => `node-${String(n).padStart(10, "0")}`),
);

test("siblings are in byte order of their names, however many share their first bytes", () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 120 }), fc.constantFrom("", "/some/parent"), (names, parent) => {
      const { tree, slot } = treeOf(parent, names);
      const children = [...new ChildIndex(tree.znodes).of(slot)].map((each) => pathOf(tree, each));
      const sorted = [...children].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(children).toEqual(sorted);
      expect(children.length).toBe(names.length + (parent === "" ? 1 : 0));
    }),
    { numRuns: 60 },
  );
});
