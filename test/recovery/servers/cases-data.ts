import { base, LAST, NEWEST_LOG } from "./base.js";
import type { ServerCase } from "./cases.js";
import {
  change,
  created,
  DATA,
  type Files,
  fixtureFiles,
  OPEN,
  payloads,
  remove,
  type SmallZnode,
  smallSnapshot,
  withRecords,
} from "./files.js";
import type { NewTxn } from "../../txn/encode.js";

const CONTAINER: NewTxn = { type: 19, path: "/container", data: Buffer.alloc(0), acl: OPEN, parentCVersion: 1 };
const TTL: NewTxn = { type: 21, path: "/ttl", data: Buffer.alloc(0), acl: OPEN, parentCVersion: 1, ttl: 60_000n };

const ZNODES: readonly SmallZnode[] = [
  { path: "/container", owner: -0x8000000000000000n },
  { path: "/container/child" },
  { path: "/ephemeral", owner: 0x1234n },
  { path: "/lost-ephemeral", owner: 0x5678n },
  { path: "/plain" },
  { path: "/ttl", owner: -0x0100000000000000n + 60_000n },
];
const SESSIONS = [{ id: 0x1234n, timeout: 40_000 }];

export const DATA_CASES: readonly ServerCase[] = [
  { name: "create2", title: "a create2 (type 15)", files: () => following([created(15, "/create2")]) },
  { name: "container", title: "a container's creation (type 19)", files: () => following([CONTAINER]) },
  { name: "ttl", title: "a TTL znode's creation (type 21)", files: () => following([TTL]) },
  {
    name: "ttl-extended",
    title: "a TTL znode's creation, -Dzookeeper.extendedTypesEnabled=true",
    files: () => following([TTL]),
    extendedTypes: true,
  },
  {
    name: "delete-container",
    title: "a container's removal (type 20)",
    files: () => following([created(1, "/gone"), { type: 20, path: "/gone" }]),
  },
  {
    name: "reconfig",
    title: "a reconfiguration (type 16)",
    files: () => following([{ type: 16, path: "/zookeeper/config", data: Buffer.from("server.1=a"), version: 1 }]),
  },
  {
    name: "check",
    title: "a check outside of a multi (type 13)",
    files: () => following([{ type: 13, path: "/", version: -1 }]),
  },
  {
    name: "multi-create2-first",
    title: "a multi that begins with a create2",
    files: () => following([{ type: 14, members: [created(15, "/a"), created(1, "/b")] }]),
  },
  {
    name: "multi-create2-second",
    title: "a multi whose second member is a create2",
    files: () => following([{ type: 14, members: [created(1, "/a"), created(15, "/b"), created(1, "/c")] }]),
  },
  {
    name: "multi-container",
    title: "a multi with a container's creation",
    files: () => following([{ type: 14, members: [created(1, "/a"), CONTAINER] }]),
  },
  {
    name: "multi-failed-create2",
    title: "a failed multi with a create2",
    files: () => following([{ type: 14, members: [created(15, "/a"), { type: -1, error: -110 }] }]),
  },
  {
    name: "owners",
    title: "a container, a TTL znode, ephemerals of a session that is there and of one that is not",
    files: async () => new Map([[`${DATA}snapshot.10`, await smallSnapshot(ZNODES, SESSIONS)]]),
  },
  {
    name: "owners-extended",
    title: "the same, -Dzookeeper.extendedTypesEnabled=true",
    files: async () => new Map([[`${DATA}snapshot.10`, await smallSnapshot(ZNODES, SESSIONS)]]),
    extendedTypes: true,
  },
  {
    name: "close-session-digest",
    title: "closeSessions written with -Dzookeeper.closeSessionTxn.enabled=false, with digests",
    files: () => fixtureFiles("3.8.6-closesessiontxn-off", (name) => /^(snapshot\.(0|33a)|log\.(2e0|337))$/.test(name)),
  },
  {
    name: "close-session-digest-replayed",
    title: "the same, with such a closeSession to replay",
    files: () =>
      fixtureFiles("3.8.6-closesessiontxn-off", (name) => /^(snapshot\.(0|2d3)|log\.(259|2e0|337))$/.test(name)),
  },
  {
    name: "record-over-3.4",
    title: "a record of 1.2 MB",
    files: () => following([created(1, "/large", 1_200_000)]),
  },
  {
    name: "record-over-limit",
    title: "a closeSession of 2.1 MB, of a session with 2,600 ephemerals",
    files: () => following([closing(2600)]),
  },
  {
    name: "record-over-limit-raised",
    title: "the same, -Djute.maxbuffer=4194304",
    files: () => following([closing(2600)]),
    juteMaxbuffer: 4_194_304,
  },
  {
    name: "record-over-lowered",
    title: "a record of 8,000 bytes, -Djute.maxbuffer=2048",
    files: () => following([created(1, "/eight-thousand", 8000)]),
    juteMaxbuffer: 2048,
  },
  {
    name: "counter-overflow",
    title: "a standalone server's counter that ran over: from 0x1ffffffff to 0x200000000",
    files: async () => {
      const bytes = withRecords(
        Buffer.concat([Buffer.from("5a4b4c47000000020000000000000000", "hex"), Buffer.alloc(64)]),
        payloads(0x1fffffffen, [created(1, "/a"), created(1, "/b"), created(1, "/c"), created(1, "/d")]),
      );
      return new Map([
        [`${DATA}snapshot.1fffffffd`, await smallSnapshot([])],
        [`${DATA}log.1fffffffe`, bytes],
      ]);
    },
  },
  {
    name: "epoch-skips",
    title: "the next epoch begins at a counter other than 1",
    files: () => change(base(), NEWEST_LOG, (bytes) => withRecords(bytes, payloads(0x300000007n, [created(1, "/a")]))),
  },
  ...["3.5.10", "3.6.4", "3.7.2", "3.8.6", "3.9.5"].map((release) => ({
    name: `written-by-${release}`,
    title: `what a server of ${release} wrote under load: newest snapshot and logs after it`,
    files: () => newest(`${release}-standalone`),
  })),
];

/** Transactions after the base's last one, and one more. */
function following(txns: readonly (NewTxn & { session?: bigint })[]): Files {
  return change(base(), NEWEST_LOG, (bytes) =>
    withRecords(bytes, payloads(LAST + 1n, [...txns, created(1, "/behind")])),
  );
}

function closing(paths: number): NewTxn & { session: bigint } {
  const name = "x".repeat(800);
  return { type: -11, session: 0x1234n, paths: Array.from({ length: paths }, (_, index) => `/${name}${index}`) };
}

/** The newest two snapshots and the newest three logs. */
function newest(fixture: string): Files {
  const files = fixtureFiles(fixture);
  const byZxid = (kind: string): string[] =>
    [...files.keys()]
      .map((path) => path.slice(DATA.length))
      .filter((name) => name.startsWith(kind))
      .sort((a, b) => Number.parseInt(a.slice(kind.length), 16) - Number.parseInt(b.slice(kind.length), 16));
  return remove(files, ...byZxid("snapshot.").slice(0, -2), ...byZxid("log.").slice(0, -3));
}
