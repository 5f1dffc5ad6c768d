import fc from "fast-check";
import { expect, test } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { fromHalves } from "../../src/storage/zxid.js";
import { ChildIndex, type DataTree, loadSnapshot, orphans, readZnode } from "../../src/tree/index.js";
import { TxnCursor } from "../../src/txn/index.js";
import { memoryFile } from "../fixtures/memory.js";
import { type CreateKind, type Logged, PlainServer, type Step } from "./plain-server.js";

const index = fc.nat({ max: 1000 });
const name = fc.nat({ max: 2 });
const session = fc.integer({ min: 1, max: 3 });
const kind = fc.constantFrom<CreateKind>("create", "create", "create2", "ephemeral", "container", "ttl");
const children = fc.nat({ max: 2 });
const create = fc.record({
  op: fc.constant("create" as const),
  under: index,
  name,
  size: fc.nat({ max: 40 }),
  acl: index,
  kind,
  session,
});
const remove = fc.record({ op: fc.constant("delete" as const), which: index });
const set = fc.record({ op: fc.constant("set" as const), which: index, size: fc.nat({ max: 40 }) });
const acl = fc.record({ op: fc.constant("acl" as const), which: index, acl: index });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: create },
  { weight: 4, arbitrary: remove },
  { weight: 3, arbitrary: set },
  { weight: 2, arbitrary: acl },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("session" as const), session }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("close" as const), session }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("multi" as const),
      members: fc.array(fc.oneof(create, remove, set), { minLength: 1, maxLength: 4 }),
      fails: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("renew" as const), which: index, children, kind, session }) },
);
const history = fc.record({
  before: fc.array(step, { minLength: 5, maxLength: 40 }),
  /** What comes while the snapshot is written; after each znode so many changes. */
  during: fc.array(step, { maxLength: 30 }),
  pace: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 12 }),
  after: fc.array(step, { maxLength: 15 }),
});

test.each([
  ["names", true],
  ["does not name", false],
])(
  "a replay over any fuzzy snapshot of a server whose closeSession %s its ephemerals gives its tree",
  async (_, names) => {
    await fc.assert(
      fc.asyncProperty(history, async ({ before, during, pace, after }) => {
        const server = new PlainServer(names);
        for (const each of before) run(server, each);
        // One that was deleted by a closeSession before the snapshot came to it, and that no closeSession names, is in no file
        // from the snapshot on: so there is none that is older.
        if (!names) for (const id of [1, 2, 3]) run(server, { op: "close", session: id });
        const from = server.zxid;
        const changes = allOf(server, during);
        let turn = 0;
        const snapshot = await server.snapshot(() => {
          for (let left = pace[turn++ % pace.length] as number; left > 0 && !changes.next().done; left--);
        });
        while (!changes.next().done);
        const { tree, sound } = await loadSnapshot(memoryFile("snapshot.0", snapshot).open());
        expect(sound).toBe(true);
        const replay = new Replay(tree);
        for (const each of server.log) if (each.zxid > from) replay.apply(each);
        expectSame(tree, server);
        for (const each of after) {
          const last = server.zxid;
          run(server, each);
          for (const logged of server.log) if (logged.zxid > last) replay.apply(logged);
          expectSame(tree, server);
        }
      }),
      { numRuns: 100 },
    );
  },
);

function run(server: PlainServer, step: Step): void {
  for (const _ of server.take(step));
}

function* allOf(server: PlainServer, steps: readonly Step[]): Generator<void> {
  for (const step of steps) yield* server.take(step);
}

class Replay {
  private readonly tree: DataTree;
  private readonly block = Block.create(1 << 16);
  private readonly cursor = new TxnCursor();

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  apply({ payload }: Logged): void {
    this.block.bytes.set(payload, this.block.start);
    expect(this.cursor.parse(this.block.view, this.block.start, this.block.start + payload.length)).toBe("ok");
    this.tree.apply(this.cursor, this.block);
  }
}

/** The same znodes with the same stats, found in the same lists of children, and the same digest. */
function expectSame(tree: DataTree, server: PlainServer): void {
  expect(walked(tree)).toEqual(listed(server, ""));
  expect(orphans(tree.znodes)).toEqual([]);
  expect(tree.znodes.size).toBe(server.nodes.size);
  const { digestHigh, digestLow } = tree.znodes;
  expect(BigInt.asUintN(64, fromHalves(digestHigh, digestLow))).toBe(server.digest());
  const sessions = [...server.sessions].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(tree.sessions.sorted()).toEqual(sessions);
}

function walked(tree: DataTree): object[] {
  return [...new ChildIndex(tree.znodes).walk()].map((slot) => {
    const { path, data, aclId, stat } = readZnode(tree, slot);
    const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner, numChildren } = stat;
    expect(tree.znodes.findPath(Buffer.from(path))).toBe(slot);
    return {
      path,
      data: data && data.toString("latin1"),
      acl: tree.acls.get(aclId)?.toString("latin1"),
      stat: [czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner, numChildren],
    };
  });
}

function listed(server: PlainServer, path: string): object[] {
  const node = server.nodes.get(path);
  if (!node) throw new Error(`${path} is in its parent's list, but not there`);
  const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner, children } = node;
  const self = {
    path: path || "/",
    data: node.data && node.data.toString("latin1"),
    acl: server.aclOf(node.acl).toString("latin1"),
    stat: [czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner, children.size],
  };
  return [self, ...[...children].sort().flatMap((child) => listed(server, `${path}/${child}`))];
}
