import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Directory, isZkRewindError, openDirectory, ZkRewindError } from "../../src/index.js";
import { pull } from "../../src/api/pull.js";
import { fixtureDir } from "../fixtures/index.js";

const SOURCE = fixtureDir("3.8.6-standalone");
let directory: Directory;
let folder: string;
beforeAll(async () => {
  directory = await openDirectory(SOURCE);
  folder = mkdtempSync(join(tmpdir(), "zkrewind-api-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("a directory", () => {
  it("gives the tree at a point, in whatever form it is named", async () => {
    const { time } = await directory.at(0x400n);
    for (const point of ["0x400", "e0:1024", 0x400n]) expect((await directory.at(point)).zxid).toBe(0x400n);
    expect((await directory.at(0x400n, { before: true })).zxid).toBe(0x3ffn);
    const atTime = await directory.at(new Date(Number(time)));
    expect([atTime.time, atTime.exact, atTime.doubt]).toEqual([time, true, null]);
    expect((await directory.at()).zxid).toBe(0xf08n);
  });

  it("gives znodes by path, children, subtrees, and all of them", async () => {
    const state = await directory.at();
    expect(state.get("/counters/c7")).toMatchObject({ path: "/counters/c7", kind: "persistent" });
    expect(state.get("/")?.path).toBe("/");
    expect(state.get("/no/such")).toBeUndefined();
    const counters = [...state.childrenOf("/counters")].map(({ path }) => path);
    expect([...state.subtree("/counters")].map(({ path }) => path)).toEqual(["/counters", ...counters]);
    expect([...state.childrenOf("/no/such"), ...state.subtree("/no/such")]).toEqual([]);
    expect([...state]).toHaveLength(state.size);
    expect(state.sessions()).toHaveLength(13);
  });

  it("tells what differs between two states", async () => {
    const [before, after] = [await directory.at("0xe40", { before: true }), await directory.at("0xe40")];
    const changes = [...before.diff(after)];
    expect(changes.map(({ change }) => change).sort()).toEqual(["added", "added", "changed", "changed"]);
    const changed = changes.find(({ path }) => path === "/counters/c14");
    expect([changed?.before?.stat.version, changed?.after?.stat.version]).toEqual([10, 11]);
  });

  it("gives transactions as plain objects, in bounded memory, forwards and backwards", async () => {
    const list = await all(directory.transactions());
    expect(list).toHaveLength(3848);
    expect(list[0]).toMatchObject({ zxid: 1n, op: "createSession", file: "log.1", offset: 16, checksumOk: true });
    const some = await all(directory.transactions({ from: "0x10", before: "0x20" }));
    expect(some.map(({ zxid }) => zxid)).toEqual(Array.from({ length: 16 }, (_, index) => BigInt(0x10 + index)));
    const last = await all(directory.transactions({ reverse: true, limit: 2 }));
    expect(last.map(({ zxid }) => zxid)).toEqual([0xf08n, 0xf07n]);
  });

  it("gives a znode's history, and sessions", async () => {
    const changes = await all(directory.history("/counters/c7"));
    expect(changes.at(-1)?.after?.version).toBe((await directory.at()).get("/counters/c7")?.stat.version);
    expect((await directory.sessions()).some(({ end }) => end?.ending === "server")).toBe(true);
  });

  it("verifies, and restores what is asked for", async () => {
    expect((await directory.verify()).sound).toBe(true);
    const target = join(folder, "restored");
    const restored = await directory.restore(target, { at: "0x400", before: true, include: ["/counters/**"] });
    expect([restored.point, restored.zxid > 0xf08n]).toEqual([0x3ffn, true]);
    const paths = [...(await (await openDirectory(target)).at())].map(({ path }) => path);
    expect(paths.filter((path) => !/^\/(?:counters.*|zookeeper.*)?$/.test(path))).toEqual([]);
    await expect(directory.restore(join(SOURCE, "new"))).rejects.toMatchObject({ exitCode: 2 });
    await expect(directory.restore(target)).rejects.toMatchObject({ exitCode: 3 });
    await expect(directory.restore(join(folder, "other"), { release: "2" })).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(join(folder, "other"))).toBe(false);
  });

  it("reads servers as one history", async () => {
    const [first, second] = [1, 2].map((each) => join(fixtureDir("ensemble-lagging"), `server${each}`)) as [
      string,
      string,
    ];
    const both = await openDirectory(first, { nodes: [second] });
    const longest = Math.max(
      ...(await Promise.all(
        [first, second].map(async (each) => Number((await (await openDirectory(each)).at()).zxid)),
      )),
    );
    expect(Number((await both.at()).zxid)).toBe(longest);
  });

  it("throws what isZkRewindError knows", async () => {
    const error: unknown = await openDirectory(join(folder, "nothing")).catch((each: unknown) => each);
    expect([error instanceof ZkRewindError, isZkRewindError(error)]).toEqual([true, true]);
    expect(isZkRewindError(new Error("other"))).toBe(false);
    await expect(directory.at("14:05")).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe("pull", () => {
  it("makes the source wait, tells it when nobody takes any more, and throws what it throws", async () => {
    let made = 0;
    let ended = false;
    const source = () =>
      pull<number>(async (push) => {
        for (made = 0; made < 100 && !push.isDone(); ) {
          push.item(made++);
          if (made % 10 === 0) await push.pause();
        }
        ended = true;
      });
    for await (const item of source()) {
      expect(made - item).toBeLessThanOrEqual(10);
      if (item === 25) break;
    }
    expect([made, ended]).toEqual([30, true]);
    expect(await all(source())).toHaveLength(100);
    const failing = pull<number>(async (push) => {
      push.item(1);
      await push.pause();
      throw new Error("no more");
    });
    await expect(all(failing)).rejects.toThrow("no more");
  });
});
