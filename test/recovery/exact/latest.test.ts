import { mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { discover, rebuild, type RebuildOptions, type State, verify } from "../../../src/recovery/index.js";
import { Copy, recordOf, reseal } from "./damaged.js";

const latest = (copy: Copy, options: RebuildOptions = {}): Promise<State> =>
  rebuild(discover([copy.folder]), undefined, options);

const ranges = async (copy: Copy): Promise<string[]> => {
  const { exact } = await verify(discover([copy.folder]));
  return (exact ?? []).map(({ from, to, unproven }) => {
    const text = `0x${from.toString(16)}-0x${to.toString(16)}`;
    return unproven.length === 0 ? text : `${text} but ${unproven.join(", ")}`;
  });
};

const NOT_IN_DIGEST = "but sessions, acls, /zookeeper";
const refused = { exitCode: 4 };

describe("the latest state is the newest that the files give evidence of", () => {
  test("snapshots alone, without digests: not the empty first one", async () => {
    using copy = new Copy("3.5.10-standalone");
    const { logs } = discover([copy.folder]);
    copy.remove(...logs.map(({ name }) => name));
    await expect(latest(copy)).rejects.toMatchObject(refused);
    const newest = discover([copy.folder]).snapshots.at(-1)?.zxid;
    expect(await latest(copy, { inexact: true })).toMatchObject({ zxid: newest, exact: false });
    expect(await latest(copy, { newestExact: true })).toMatchObject({ zxid: 0n, exact: true });
    expect(await ranges(copy)).toEqual(["0x0-0x0"]);
  });

  test("snapshots alone: one that proves itself is exact, one that transactions ran into is not", async () => {
    using copy = new Copy("3.8.6-standalone");
    const { logs } = discover([copy.folder]);
    copy.remove(...logs.map(({ name }) => name));
    await expect(latest(copy)).rejects.toMatchObject(refused);
    const { zxid, exact, unproven } = await latest(copy, { newestExact: true });
    expect({ zxid, exact, unproven }).toEqual({
      zxid: 0xa9fn,
      exact: true,
      unproven: ["sessions", "acls", "/zookeeper"],
    });
    copy.remove("snapshot.e3c");
    expect((await latest(copy)).zxid).toBe(0xa9fn);
  });

  test("a snapshot newer than the logs", async () => {
    using copy = new Copy("3.8.6-standalone");
    copy.remove("log.e40").edit("log.aa0", (bytes) => bytes.subarray(0, recordOf(bytes, 0xd00n).start + 20));
    await expect(latest(copy)).rejects.toMatchObject(refused);
    expect((await latest(copy, { newestExact: true })).zxid).toBe(0xcffn);
    expect((await latest(copy, { inexact: true })).zxid).toBe(0xe3cn);
    expect(await ranges(copy)).toEqual(["0x0-0xcff"]);
  });

  test("garbage behind the last sound record is later than all that can be had", async () => {
    using copy = new Copy("3.8.6-standalone");
    copy.edit("log.e40", (bytes) => Buffer.from(bytes).fill(0xa5, recordOf(bytes, 0xf00n).start));
    await expect(latest(copy)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("the latest state, later than 0xeff, cannot be rebuilt exactly"),
    });
    expect((await latest(copy, { newestExact: true })).zxid).toBe(0xeffn);
  });

  test("a snapshot newer than the logs that proves itself", async () => {
    using copy = new Copy("3.8.6-standalone");
    copy.remove("log.e40", "log.aa0", "snapshot.e3c");
    copy.edit("log.76d", (bytes) => bytes.subarray(0, recordOf(bytes, 0x900n).start + 20));
    const { zxid, exact } = await latest(copy);
    expect({ zxid, exact }).toEqual({ zxid: 0xa9fn, exact: true });
    expect(await ranges(copy)).toEqual(["0x0-0x8ff", `0xa9f-0xa9f ${NOT_IN_DIGEST}`]);
  });

  test("a damaged snapshot newer than the logs is evidence by its name", async () => {
    using copy = new Copy("3.8.6-standalone");
    copy.remove("log.e40").edit("log.aa0", (bytes) => bytes.subarray(0, recordOf(bytes, 0xd00n).start));
    truncateSync(copy.path("snapshot.e3c"), 50_000);
    await expect(latest(copy)).rejects.toMatchObject(refused);
    const { later } = await verify(discover([copy.folder]));
    expect(later).toMatchObject({ zxid: 0xe3cn });
    expect(await latest(copy, { newestExact: true })).toMatchObject({ zxid: 0xcffn, exact: true });
  });

  test("a missing log: its follower's name, and what it holds", async () => {
    using copy = new Copy("3.8.6-standalone");
    copy.remove("log.aa0", "snapshot.e3c");
    await expect(latest(copy)).rejects.toMatchObject(refused);
    expect(await latest(copy, { inexact: true })).toMatchObject({ zxid: 0xf08n, exact: false });
    expect(await latest(copy, { newestExact: true })).toMatchObject({ zxid: 0xa9fn, exact: true });
    writeFileSync(copy.path("log.e40"), "");
    await expect(latest(copy)).rejects.toMatchObject(refused);
    expect((await verify(discover([copy.folder]))).later).toMatchObject({ zxid: 0xe3fn });
  });

  test("an empty log in the middle is a loss", async () => {
    using copy = new Copy("3.8.6-standalone");
    writeFileSync(copy.path("log.76d"), "");
    const { findings } = await verify(discover([copy.folder]));
    expect(findings.find(({ code }) => code === "file.empty")?.severity).toBe("error");
    expect((await latest(copy)).zxid).toBe(0xf08n);
  });

  test("an empty last log, and one torn in its first record, are none", async () => {
    using copy = new Copy("3.8.6-standalone");
    writeFileSync(copy.path("log.f09"), "");
    expect(await latest(copy)).toMatchObject({ zxid: 0xf08n, exact: true, later: null });
    copy.edit("log.f09", () => {
      const log = Buffer.alloc(4096);
      log.writeInt32BE(0x5a4b4c47, 0);
      log.writeInt32BE(2, 4);
      log.writeInt32BE(0x12345678, 20);
      log.writeInt32BE(100, 24);
      return log;
    });
    expect(await latest(copy)).toMatchObject({ zxid: 0xf08n, exact: true, later: null });
  });

  test("names that are swapped or wrong, and another's content", async () => {
    using swapped = new Copy("3.9.5-lastzxid-only").swap("snapshot.1c2", "snapshot.31a");
    expect(await latest(swapped)).toMatchObject({ zxid: 0x376n, exact: true });
    using old = new Copy("3.9.5-lastzxid-off");
    const newest = discover([old.folder]).snapshots.at(-1)?.name ?? "";
    old.replace(newest, "snapshot.0");
    const state = await latest(old);
    expect(state).toMatchObject({ zxid: 0x379n, exact: true });
    expect(state.tree.znodes.size).toBeGreaterThan(100);
    expect((await verify(discover([old.folder]))).sound).toBe(false);
  });

  test.each(["3.3-v0-create", "3.4.14-standalone", "3.8.6-digest-off", "3.9.5-lastzxid-off", "3.9.5-standalone"])(
    "%s: another's content is found",
    async (fixture) => {
      using copy = new Copy(fixture);
      const { snapshots } = discover([copy.folder]);
      const truth = await latest(copy);
      copy.replace(snapshots.at(-1)?.name ?? "", snapshots[1]?.name ?? "");
      const state = await latest(copy);
      expect(state).toMatchObject({ zxid: truth.zxid, exact: true, digest: truth.digest });
      expect((await verify(discover([copy.folder]))).sound).toBe(false);
    },
  );

  test("logs without a beginning: what their transactions show, and only if that is asked for", async () => {
    using copy = new Copy("3.5.10-standalone");
    const { snapshots, logs } = discover([copy.folder]);
    copy.remove(...snapshots.map(({ name }) => name), logs[0]?.name ?? "");
    await expect(latest(copy)).rejects.toMatchObject(refused);
    const partial = await latest(copy, { inexact: true });
    expect(partial).toMatchObject({ zxid: 0xf01n, exact: false, partial: true });
    expect(partial.tree.znodes.size).toBeGreaterThan(100);
  });

  test("a lone snapshot is what it holds", async () => {
    using copy = new Copy("3.5.10-standalone");
    const snapshot = discover([copy.folder]).snapshots.at(-1);
    const { findings, sound } = await verify(discover([snapshot?.path ?? ""]));
    expect(sound).toBe(true);
    expect(findings.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(await rebuild(discover([snapshot?.path ?? ""]))).toMatchObject({ zxid: snapshot?.zxid, exact: false });
  });

  test("a lone snapshot without a zxid in its name stands at its digest's", async () => {
    using copy = new Copy("3.8.6-standalone");
    const folder = mkdtempSync(join(tmpdir(), "zkrewind-exact-"));
    const path = join(folder, "admin-download");
    copy.edit("snapshot.a9f", (bytes) => writeFileSync(path, bytes));
    const { zxid, exact } = await rebuild(discover([path]));
    expect({ zxid, exact }).toEqual({ zxid: 0xa9fn, exact: true });
    expect((await verify(discover([path]))).sound).toBe(true);
  });
});

describe("damage counts where it matters", () => {
  test("a record below the base does not", async () => {
    using copy = new Copy("3.8.6-standalone");
    copy.editTransaction("log.aa0", 0xc00n, (payload) => void (payload[40] = (payload[40] ?? 0) ^ 1), false);
    expect(await latest(copy)).toMatchObject({ zxid: 0xf08n, exact: true });
    expect(await ranges(copy)).toEqual(["0x0-0xbff", `0xe5d-0xf08 ${NOT_IN_DIGEST}`]);
    const last = { point: { kind: "zxid" as const, zxid: 0xbffn, text: "" }, inclusive: true };
    expect(await rebuild(discover([copy.folder]), last)).toMatchObject({ zxid: 0xbffn, exact: true });
  });

  test("what follows a transaction that is not the server's is not exact", async () => {
    using copy = new Copy("3.8.6-standalone");
    const { bytes, offset } = valueIn(copy, "log.e40");
    copy.editTransaction("log.e40", bytes, (payload) => void (payload[offset] = (payload[offset] ?? 0) ^ 1));
    const { exact, sound } = await verify(discover([copy.folder]));
    expect(sound).toBe(false);
    expect(exact?.at(-1)?.to).toBe(bytes - 1n);
    await expect(latest(copy)).rejects.toMatchObject(refused);
    expect(await latest(copy, { newestExact: true })).toMatchObject({ zxid: bytes - 1n, exact: true });
  });

  test("a log whose header is gone still holds its records, or is evidence of them", async () => {
    using copy = new Copy("3.8.6-standalone");
    copy.edit("log.e40", (bytes) => void bytes.fill(0, 0, 16));
    const outcome = await latest(copy).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toMatchObject(refused);
    else expect(outcome).toMatchObject({ zxid: 0xf08n, exact: true });
  });
});

describe("two bases that differ, without digests", () => {
  const at = (copy: Copy, zxid: bigint): Promise<State> =>
    rebuild(discover([copy.folder]), { point: { kind: "zxid", zxid, text: "" }, inclusive: true });

  test("a third tells that a snapshot is wrong", async () => {
    using copy = new Copy("3.5.10-standalone");
    const before = await at(copy, 0xa00n);
    copy.edit("snapshot.9e7", changeValue);
    expect(await ranges(copy)).toEqual(["0x0-0xf01"]);
    const { findings } = await verify(discover([copy.folder]));
    expect(findings.find(({ code }) => code === "tree.mismatch")?.file).toBe(copy.path("snapshot.9e7"));
    expect(await at(copy, 0xa00n)).toMatchObject({ exact: true, digest: { value: before.digest.value } });
  });

  test("of the last two none is right: exact back to where the earlier one agreed with another", async () => {
    using copy = new Copy("3.5.10-standalone");
    copy.edit("snapshot.e85", changeValue);
    await expect(latest(copy)).rejects.toMatchObject(refused);
    const { exact } = await verify(discover([copy.folder]));
    const newest = exact?.at(-1)?.to ?? -1n;
    expect(newest).toBeLessThan(0xe85n);
    expect(await latest(copy, { newestExact: true })).toMatchObject({ zxid: newest, exact: true });
    await expect(at(copy, newest + 1n)).rejects.toMatchObject(refused);
  });
});

describe("what digests do not cover", () => {
  test.each([
    ["3.8.6-standalone", "3.6"],
    ["3.4.14-standalone", "3.4"],
  ] as const)("%s: a forged session is found, and not called proven", async (fixture, layout) => {
    using copy = new Copy(fixture);
    const name = discover([copy.folder]).snapshots.at(-1)?.name ?? "";
    copy.edit(name, (bytes) => {
      for (let session = 0; session < bytes.readInt32BE(16); session++) bytes.writeInt32BE(7, 28 + 12 * session);
      return reseal(bytes, layout);
    });
    const { findings } = await verify(discover([copy.folder]));
    expect(findings.map(({ code }) => code)).toContain("session.mismatch");
    const state = await latest(copy);
    const forged = state.tree.sessions.sorted().some(([, timeout]) => timeout === 7);
    expect(forged && state.exact && !state.unproven.includes("sessions")).toBe(false);
  });
});

describe("what speaks against a base that is sound by itself", () => {
  const found = async (copy: Copy, code: string): Promise<string | undefined> =>
    (await verify(discover([copy.folder]))).findings.find((each) => each.code === code)?.file;

  test("a digest that was changed alone: the states are exact all the same", async () => {
    using copy = new Copy("3.9.5-lastzxid-off");
    copy.edit("snapshot.1d3", (bytes) => {
      bytes.writeUInt32BE(bytes.readUInt32BE(bytes.length - 17) ^ 1, bytes.length - 17);
      return reseal(bytes, "3.6");
    });
    expect(await found(copy, "snapshot.digest")).toBe(copy.path("snapshot.1d3"));
    expect(await ranges(copy)).toEqual(await ranges(new Copy("3.9.5-lastzxid-off")));
  });

  test("a znode below /zookeeper that is lost: no more than that is not proven", async () => {
    using copy = new Copy("3.9.5-lastzxid-off");
    copy.edit("snapshot.1d3", (bytes) => reseal(without(bytes, "/zookeeper/quota/busy/zookeeper_limits"), "3.6"));
    expect(await found(copy, "tree.mismatch")).toBe(copy.path("snapshot.1d3"));
    expect((await ranges(copy)).filter((each) => /acls|sessions/.test(each))).toEqual([]);
    expect((await latest(copy)).exact).toBe(true);
  });

  test.each(["mtime", "owner"] as const)("the %s of a znode, at the end of logs without digests", async (what) => {
    using copy = new Copy("3.4.14-standalone");
    copy.edit("snapshot.cd3", (bytes) => {
      const { stat } = znodeAt(bytes, "/zookeeper");
      bytes.writeInt32BE(0x55, stat + (what === "mtime" ? 28 : 48));
      return reseal(bytes, "3.4");
    });
    expect(await found(copy, "tree.mismatch")).toBe(copy.path("snapshot.cd3"));
  });

  test("what does not fit ends what is exact from each base before it, proven or not", async () => {
    using copy = new Copy("3.5.10-standalone").remove("snapshot.e85");
    const { bytes: zxid, offset } = valueIn(copy, "log.c7f");
    copy.editTransaction("log.c7f", zxid, (payload) => {
      const version = offset + payload.readInt32BE(offset - 4);
      payload.writeInt32BE(payload.readInt32BE(version) + 1000, version);
    });
    const { exact } = await verify(discover([copy.folder]));
    expect(exact?.at(-1)?.to).toBe(zxid - 1n);
  });

  test("sessions that a snapshot lacks before they are closed are not proven until then", async () => {
    using copy = new Copy("3.9.5-lastzxid-only");
    copy.edit("snapshot.7e", (bytes) => {
      const count = bytes.readInt32BE(16);
      const fewer = Buffer.concat([bytes.subarray(0, 20), bytes.subarray(32)]);
      fewer.writeInt32BE(count - 1, 16);
      return reseal(fewer, "3.9 without digest");
    });
    const { exact } = await verify(discover([copy.folder]));
    const inside = exact?.find(({ from, to }) => from <= 0x80n && 0x80n <= to);
    expect(inside?.unproven).toEqual(["sessions"]);
    const point = { point: { kind: "zxid" as const, zxid: 0x80n, text: "" }, inclusive: true };
    expect((await rebuild(discover([copy.folder]), point)).unproven).toEqual(["sessions"]);
    expect(exact?.at(-1)?.unproven).toEqual([]);
  });
});

/** Where a znode begins and ends in an uncompressed snapshot, and its stat. */
function znodeAt(bytes: Buffer, path: string): { at: number; stat: number; end: number } {
  const head = Buffer.alloc(4 + path.length);
  head.writeInt32BE(path.length);
  head.write(path, 4);
  const at = bytes.indexOf(head);
  if (at < 0) throw new Error(`no ${path}`);
  const data = at + head.length;
  const stat = data + 4 + Math.max(bytes.readInt32BE(data), 0) + 8;
  return { at, stat, end: stat + 60 };
}

function without(bytes: Buffer, path: string): Buffer {
  const { at, end } = znodeAt(bytes, path);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
}

/** Changes a byte of a value in a snapshot without digests, and seals it again. */
function changeValue(bytes: Buffer): Buffer {
  const name = Buffer.from('{"');
  const value = bytes.indexOf(name);
  if (value < 0) throw new Error("no value to change");
  bytes[value] = 0x5b;
  return reseal(bytes, "3.4");
}

/** The last setData of a log: its zxid, and where its data lies in the payload. */
function valueIn(copy: Copy, name: string): { bytes: bigint; offset: number } {
  let found: { bytes: bigint; offset: number } | null = null;
  copy.edit(name, (bytes) => {
    for (let start = 16; bytes.readInt32BE(start + 8) > 0; start += 13 + bytes.readInt32BE(start + 8)) {
      const payload = bytes.subarray(start + 12);
      if (payload.readInt32BE(28) !== 5) continue;
      found = { bytes: payload.readBigInt64BE(12), offset: 32 + 4 + payload.readInt32BE(32) + 4 };
    }
  });
  if (!found) throw new Error(`no setData in ${name}`);
  return found;
}
