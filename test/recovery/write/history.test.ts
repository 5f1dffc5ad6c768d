import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  AS_IT_IS,
  carryOut,
  discover,
  parsePoint,
  rebuild,
  releaseNamed,
  type Restored,
  type RestoreOptions,
  type RestorePlan,
  restore,
  verify,
} from "../../../src/recovery/index.js";
import { eachRecord } from "../../../src/recovery/scan/each-record.js";
import { readHistoryBack } from "../../../src/recovery/write/read-back-history.js";
import { OpCode } from "../../../src/txn/index.js";
import { writeLog, writeSnapshot } from "../../cli/files.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

interface Made {
  target: string;
  restored: Restored;
  /** The digest and the sessions that the point has by the source. */
  digest: bigint;
  sessions: bigint[];
}

async function withLogs(
  source: string,
  point: string,
  plan: Partial<RestorePlan> = {},
  options: Partial<RestoreOptions> = {},
): Promise<Made> {
  const directory = discover([source]);
  const state = await rebuild(directory, { point: parsePoint(point), inclusive: true });
  const { digest, layout } = state;
  const sessions = state.tree.sessions.sorted().map(([id]) => id);
  const target = join(folder(), "out");
  const made = await carryOut(state, directory, { ...AS_IT_IS, now: 0, withLogs: true, ...plan });
  const restored = await restore(made, target, { layout, ...options });
  return { target, restored, digest: digest.value, sessions };
}

interface Txn {
  zxid: bigint;
  /** With its checksum. */
  record: string;
}

async function txnsOf(source: string): Promise<Txn[]> {
  const txns: Txn[] = [];
  for (const log of discover([source]).logs)
    await eachRecord(log, (txn, _, reader) => {
      const { bytes } = reader.window.block;
      txns.push({ zxid: txn.zxid, record: bytes.subarray(reader.record, reader.payloadEnd + 1).toString("hex") });
    });
  return txns;
}

const namesIn = (target: string, prefix: string): string[] =>
  readdirSync(join(target, "version-2")).filter((name) => name.startsWith(prefix));
const zxidIn = (name: string): bigint => BigInt(`0x${name.slice(name.indexOf(".") + 1)}`);

const CASES: [fixture: string, point: string][] = [
  ["3.3-v0-create", "0x280"],
  ["3.4.14-standalone", "0x900"],
  ["3.5.10-standalone", "0xa00"],
  ["3.8.6-standalone", "0x5c1"],
  ["3.8.6-digest-off", "0x200"],
  ["ensemble-divergent/server1", "0x100000100"],
];

describe("an unchanged snapshot, and the logs from there to the point", () => {
  test.each(CASES)("of %s at %s", async (fixture, point) => {
    const [name = "", server = "."] = fixture.split("/");
    const source = join(fixtureDir(name), server);
    const { target, restored, digest, sessions } = await withLogs(source, point);
    const to = BigInt(point);
    const [base = "", ...others] = namesIn(target, "snapshot.");
    expect(others).toEqual([]);
    const from = zxidIn(base);
    const original = discover([source]).snapshots.find((each) => each.name === base);
    expect(readFileSync(join(target, "version-2", base)).equals(readFileSync(original?.path ?? ""))).toBe(true);

    // Exactly what the source has after the snapshot, up to the point, byte for byte.
    const kept = await txnsOf(target);
    expect(kept).toEqual((await txnsOf(source)).filter(({ zxid }) => zxid > from && zxid <= to));
    expect(kept.length).toBe(restored.history?.transactions);
    const logs = discover([target]).logs;
    expect(restored.history?.logs.map((path) => path.slice(path.lastIndexOf("/") + 1))).toEqual(
      logs.map((log) => log.name),
    );
    for (const log of logs) {
      let first: bigint | null = null;
      let end = 0;
      await eachRecord(log, (txn, _, reader) => {
        first ??= txn.zxid;
        end = reader.window.offset;
      });
      expect(log.zxid).toBe(first);
      expect(
        readFileSync(log.path)
          .subarray(end)
          .every((byte) => byte === 0),
      ).toBe(true);
      // As its server had preallocated it.
      expect(discover([source]).logs.map(({ size }) => size)).toContain(log.size);
    }

    const { sound, startable, exact } = await verify(discover([target]));
    expect([sound, startable.zxid, startable.lost]).toEqual([true, to, []]);
    expect(exact?.at(-1)?.to).toBe(to);
    const state = await rebuild(discover([target]));
    expect([state.zxid, state.exact, state.digest.value]).toEqual([to, true, digest]);
    expect(state.tree.sessions.sorted().map(([id]) => id)).toEqual(sessions);
    expect(restored).toMatchObject({ zxid: to, point: to, znodes: state.tree.znodes.size, digest });
  });

  test("a point that a snapshot is of has no log: none of 0 bytes, or of nothing", async () => {
    const { target, restored } = await withLogs(fixtureDir("3.9.5-first-start"), "latest");
    expect(restored.history?.logs).toEqual([]);
    expect(namesIn(target, "log.")).toEqual([]);
  });

  test("logs from the beginning get the empty tree's snapshot, without which most servers do not start", async () => {
    const source = join(folder(), "source/version-2");
    mkdirSync(source, { recursive: true });
    const open = { type: OpCode.createSession, timeout: 4000 } as const;
    await writeLog(source, 1n, [open, { type: OpCode.error, error: -101 }]);
    const { target } = await withLogs(source, "0x1");
    expect(namesIn(target, "snapshot.")).toEqual(["snapshot.0"]);
    for (const release of ["3.4.14", "3.5.10", "3.9.5"]) {
      const { startable } = await verify(discover([target]), { server: { release } });
      expect([release, startable.zxid]).toEqual([release, 1n]);
    }
  });

  test.each(["3.8.6-standalone", "3.5.10-standalone", "3.4.14-standalone"])(
    "of %s with a raised epoch: as history below the snapshot that servers load",
    async (fixture) => {
      const { target, restored, digest } = await withLogs(fixtureDir(fixture), "0x400", { epoch: 40 });
      const [loaded, base] = namesIn(target, "snapshot.").sort((a, b) => (zxidIn(a) < zxidIn(b) ? 1 : -1));
      expect(loaded).toBe("snapshot.2800000000");
      expect(restored.history?.snapshot).toBe(join(target, "version-2", base as string));
      const { sound, startable, exact, later } = await verify(discover([target]));
      expect([exact?.at(-1)?.to, later]).toEqual([0x2800000000n, null]);
      expect([sound, startable.snapshot, startable.zxid]).toEqual([true, loaded, 0x2800000000n]);
      expect(exact?.some(({ from, to }) => from <= 0x400n && to >= 0x400n)).toBe(true);
      const back = await rebuild(discover([target]), { point: parsePoint("0x400"), inclusive: true });
      expect([back.exact, back.digest.value]).toEqual([true, digest]);
    },
  );
});

describe("what is refused", () => {
  test.each<[string, Partial<RestorePlan>]>([
    ["a part of the tree", { chosen: () => true }],
    ["dropped sessions", { sessions: "drop" }],
    ["persistent containers", { makePersistent: true }],
    ["a value", { values: [{ path: "/queue", data: Buffer.alloc(1) }] }],
    ["a renamed subtree", { renamings: [{ from: "/queue", to: "/other" }] }],
    ["opened ACLs", { resetAcls: ["/"] }],
  ])("whatever changes the tree, with a raised epoch too: %s", async (_, plan) => {
    const refused = withLogs(fixtureDir("3.8.6-standalone"), "0x400", { ...plan, epoch: "leap" });
    await expect(refused).rejects.toMatchObject({ exitCode: 2 });
    expect(readdirSync(folder())).toEqual([]);
  });

  test("an inexact state, whose snapshot may be ahead of it", async () => {
    const source = join(folder(), "source/version-2");
    mkdirSync(source, { recursive: true });
    await writeSnapshot(source, 0x10n, [{ path: "", data: null }]);
    await writeLog(source, 0x20n, [{ type: OpCode.createSession, timeout: 4000 }]);
    const directory = discover([source]);
    const state = await rebuild(directory, undefined, { inexact: true });
    expect(state.exact).toBe(false);
    const made = carryOut(state, directory, { ...AS_IT_IS, now: 0, withLogs: true });
    await expect(made).rejects.toMatchObject({ exitCode: 4 });
  });

  test("transactions that servers of the release would stop at, or leave out", async () => {
    const source = join(folder(), "source/version-2");
    mkdirSync(source, { recursive: true });
    await writeSnapshot(
      source,
      0n,
      ["", "/zookeeper", "/zookeeper/quota"].map((path) => ({ path, data: null })),
    );
    const create = { path: "/a", data: null, acl: [], ephemeral: false, parentCVersion: -1 };
    await writeLog(source, 1n, [
      { type: OpCode.createSession, timeout: 4000 },
      { type: OpCode.create2, ...create },
      { type: OpCode.multi, members: [{ type: OpCode.create2, ...create, path: "/b" }] },
    ]);
    const for_ = (release: string, point: string): Promise<Made> =>
      withLogs(source, point, { release: releaseNamed(release) }, { release: releaseNamed(release) });
    await expect(for_("3.4.14", "0x2")).rejects.toMatchObject({ exitCode: 2 });
    await expect(for_("3.6.4", "0x3")).rejects.toMatchObject({ exitCode: 2 });
    await expect(for_("3.5.10", "0x3")).rejects.toMatchObject({ exitCode: 2 });
    expect(readdirSync(folder())).toEqual(["source"]);
    await for_("3.7.2", "0x3");
  });
});

describe("what was written is read back", () => {
  test.each<[string, (log: string) => void]>([
    [
      "a byte of a log is another",
      (log) => {
        const bytes = readFileSync(log);
        bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
        writeFileSync(log, bytes);
      },
    ],
    ["a log is cut", (log) => truncateSync(log, 1000)],
    ["a log is empty", (log) => truncateSync(log, 0)],
  ])("it is found where %s", async (_, damage) => {
    const { target, restored, digest, sessions } = await withLogs(fixtureDir("3.8.6-standalone"), "0x400");
    const directory = discover([target]);
    const { base, layout, zxid: to } = await rebuild(directory);
    const history = { base, layout, logs: directory.logs, to, digest, sessions };
    expect(await readHistoryBack(target, history, to, null)).toEqual([]);
    for (const other of [{ digest: digest ^ 1n }, { sessions: [...sessions, 1n] }])
      await expect(readHistoryBack(target, { ...history, ...other }, to, null)).rejects.toMatchObject({ exitCode: 3 });
    damage(restored.history?.logs.at(-1) ?? "");
    await expect(readHistoryBack(target, history, to, null)).rejects.toThrow();
  });
});
