import fc from "fast-check";
import { expect, test } from "vitest";
import { loadSnapshot } from "../../src/tree/index.js";
import { memoryFile } from "../fixtures/memory.js";
import { PlainServer } from "./plain-server.js";
import { allOf, expectSame, Replay, run } from "./same-tree.js";
import { history } from "./steps.js";

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
