import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { discover, parsePoint, rebuild, type State, verify } from "../../src/recovery/index.js";
import { freshTree, readZnode } from "../../src/tree/index.js";
import { plain } from "../../src/text/message.js";
import { writeLog } from "../cli/files.js";
import { fixtureDir } from "../fixtures/index.js";
import { encodeTxn, type NewTxn } from "../txn/encode.js";
import { Replay } from "./same-tree.js";

const END = 0x7fffffff;
const create = (path: string, parentCVersion: number): NewTxn & { type: 1 } => ({
  type: 1,
  path,
  data: null,
  acl: null,
  ephemeral: false,
  parentCVersion,
});

/** A tree in which /p has had as many creates as can be counted; with digests (of no meaning) or without. */
class Full {
  readonly tree = freshTree();
  private readonly replay = new Replay(this.tree);
  private readonly digests: boolean;
  private zxid = 0n;

  constructor(digests: boolean) {
    this.digests = digests;
    if (!digests) this.apply({ type: -11, paths: null });
    this.apply(create("/p", 1));
    this.apply(create("/p/a", END));
  }

  apply(txn: NewTxn, zxid = this.zxid + 1n): this {
    this.zxid = zxid;
    const digest = this.digests ? { version: 2, value: 0n } : undefined;
    this.replay.apply({ zxid, payload: encodeTxn({ session: 5n, cxid: 1, zxid, time: zxid }, txn, digest) });
    return this;
  }

  get stat(): [cversion: number, pzxid: bigint] {
    const { stat } = readZnode(this.tree, this.tree.znodes.findPath(Buffer.from("/p")));
    return [stat.cversion, stat.pzxid];
  }
}

describe("a cversion that comes to its end", () => {
  test("wraps up to 3.5", () => {
    const full = new Full(false);
    expect(full.stat).toEqual([END, 3n]);
    expect(full.apply(create("/p/b", -(2 ** 31))).stat).toEqual([-(2 ** 31), 4n]);
    expect(full.apply(create("/p/c", 1 - 2 ** 31)).stat).toEqual([1 - 2 ** 31, 5n]);
  });

  test("is not taken back by what a fuzzy snapshot holds already", () => {
    const full = new Full(false).apply(create("/p/b", -(2 ** 31)), 9n);
    expect(full.apply(create("/p/b", END), 8n).stat).toEqual([-(2 ** 31), 9n]);
    expect(full.apply(create("/p/c", -(2 ** 31)), 9n).stat).toEqual([-(2 ** 31), 9n]);
  });

  test("stays from 3.6 on, and pzxid with it", () => {
    const full = new Full(true).apply(create("/p/b", -(2 ** 31))).apply(create("/p/c", 1 - 2 ** 31));
    expect(full.stat).toEqual([END, 2n]);
    expect(full.apply({ type: 2, path: "/p/c" }).stat).toEqual([END, 5n]);
  });
});

describe("the digests of a server whose creates were under way", () => {
  /** The digest of a tree that is the same but for what was prepared of /p. */
  function prepared(cversion: number, zxid: bigint): [high: number, low: number] {
    const full = new Full(true).apply(create("/p/b", -(2 ** 31))).apply(create("/p/c", 1 - 2 ** 31));
    const { znodes } = full.tree;
    const slot = znodes.findPath(Buffer.from("/p"));
    const view = znodes.viewOf(slot);
    const stat = znodes.statOf(slot);
    view.setInt32(stat + 36, cversion);
    view.setBigInt64(stat + 52, zxid);
    znodes.refresh(slot);
    return [znodes.digestHigh, znodes.digestLow];
  }

  test("are explained by the cversion that they count on, and by no other", () => {
    const { tree } = new Full(true).apply(create("/p/b", -(2 ** 31))).apply(create("/p/c", 1 - 2 ** 31));
    const before = [tree.znodes.digestHigh, tree.znodes.digestLow];
    expect(tree.cversionEnds.explains(tree.znodes, ...prepared(1 - 2 ** 31, 4n))).toBe(true);
    expect(tree.cversionEnds.explains(tree.znodes, ...prepared(2 - 2 ** 31, 4n))).toBe(false);
    expect(tree.cversionEnds.explains(tree.znodes, ...prepared(1 - 2 ** 31, 5n))).toBe(false);
    expect([tree.znodes.digestHigh, tree.znodes.digestLow]).toEqual(before);
  });

  test("of a real one prove nothing, and speak against nothing", async () => {
    const directory = discover([fixtureDir("3.9.5-cversion-end")]);
    const codes = (await verify(directory)).findings.map(({ code }) => code);
    expect(codes).toEqual(["digest.cversion"]);
    const at = async (zxid: string): Promise<State> => rebuild(directory, { point: parsePoint(zxid), inclusive: true });
    expect(await at("0x9")).toMatchObject({ exact: true, digest: { verified: true } });
    expect(await at("0xa")).toMatchObject({ exact: true, digest: { verified: false } });
    expect(await at("0xd4")).toMatchObject({ exact: true });
  });
});

describe("where nothing tells the release", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "zkrewind-cversion-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function latest(name: string, more: NewTxn[]): Promise<State> {
    const version = join(folder, name);
    mkdirSync(version);
    await writeLog(version, 1n, [create("/p", 1), create("/p/a", END), create("/p/b", -(2 ** 31)), ...more]);
    return rebuild(discover([version]), undefined, { inexact: true });
  }

  const said = ({ findings }: State): string[] =>
    findings.filter(({ code }) => code === "replay.cversion").map(({ message }) => plain(message));

  test("it is said to have wrapped, with a warning", async () => {
    const state = await latest("unsure", []);
    expect(state.exact).toBe(true);
    expect(said(state)).toEqual([
      expect.stringMatching(/^the cversion of \/p has reached its maximum: it is assumed to have wrapped/),
    ]);
  });

  test("a closeSession that names nothing settles it", async () => {
    const state = await latest("before36", [{ type: -11, paths: null }]);
    expect(state.exact).toBe(true);
    expect(said(state)).toEqual([]);
  });

  test("one that names what it deletes shows that it stays, wherever it is", async () => {
    const state = await latest("from36", [{ type: -11, paths: [] }]);
    expect(state.exact).toBe(true);
    expect(said(state).length).toBe(0);
  });
});
