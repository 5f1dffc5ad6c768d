import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Evidence, findEvidence } from "../../../src/forensics/explain/evidence.js";
import { explain } from "../../../src/forensics/explain/explain.js";
import { LOOKS } from "../../../src/forensics/explain/looks/index.js";
import { ANSWERS } from "../../../src/forensics/explain/answers/index.js";
import { discover } from "../../../src/recovery/index.js";
import { plain } from "../../../src/text/message.js";
import { writeLog, writeSnapshot } from "../../cli/files.js";
import { fixtureDir } from "../../fixtures/index.js";

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-looks-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const STANDALONE = fixtureDir("3.8.6-standalone");

async function evidenceOf(line: string, folder = STANDALONE): Promise<Evidence> {
  const [evidence] = await findEvidence(discover([folder]), explain(line), folder);
  return evidence as Evidence;
}

/** Each line, and what is seen about it in a directory that a real server wrote. */
const SEEN: readonly [line: string, look: string, severity: string, message: string | RegExp][] = [
  [
    "WARN Quota exceeded: /busy [current count=5, hardCountLimit=3]",
    "quota",
    "note",
    /^the quota of \/busy: limits count=100000,bytes=50000000\S+, stats count=626,bytes=16147$/,
  ],
  [
    "KeeperErrorCode = NoChildrenForEphemerals for /containers/job1795397679046-0/x",
    "owner",
    "note",
    /^\/containers\/job1795397679046-0 is a container, which 3\.4 treats as an ephemeral \(owner 0x8000000000000000\)/,
  ],
  [
    "Invalid session 0x10000337d0c0015 for client /127.0.0.1:4711, probably expired",
    "session",
    "note",
    /opened with 0xebf 2026-\S+, closed with 0xeeb 2026-\S+ by the server: it expired, most probably; it still has 0 ephemerals/,
  ],
  [
    "zxid lower 32 bits have rolled over, forcing re-election, and therefore new epoch start",
    "rollover",
    "note",
    "the last zxid in these files: 0 % of the zxids of epoch 0 are used",
  ],
  ["java.lang.OutOfMemoryError: Java heap space", "tree-size", "note", /^1,819 znodes in 221,072 bytes/],
  [
    "Truncating log to get in sync with the leader 0xe40",
    "after-zxid",
    "note",
    "after it these logs hold 200 transactions, up to 0xf08",
  ],
  [
    "Truncating log to get in sync with the leader 0xf08",
    "after-zxid",
    "note",
    "these logs hold no transaction after it",
  ],
  [
    "Refusing session request for client /1 as it has seen zxid 0xf00 our last zxid is 0xe00 client must try another server",
    "client-zxid",
    "note",
    "these files hold what the client saw: the server had not caught up",
  ],
  [
    "Refusing session request for client /1 as it has seen zxid 0xf0a our last zxid is 0xe00 client must try another server",
    "client-zxid",
    "note",
    "the client saw this, 2 transactions beyond the last zxid in these files, 0xf08",
  ],
  ["My id 3 not in the peer list", "myid", "warning", "there is no such file"],
  [
    "KeeperErrorCode = NoNode for /busy",
    "path",
    "note",
    /^\/busy exists in the latest state; created with 0x3 \S+, a create of session 0x10000334bce0000$/,
  ],
  [
    "KeeperErrorCode = NoNode for /never",
    "path",
    "note",
    "/never is not in these files, and no transaction here created or deleted it",
  ],
  [
    "Unsupported Txn with type=%d19",
    "type",
    "error",
    /^a transaction of type 19 \(createContainer\), the first of \d+$/,
  ],
  [
    "Ignoring acl 28 as it does not exist in the cache",
    "acl",
    "note",
    /^ACL 28, which the snapshot's map lacks, is the ACL of \//,
  ],
];

describe("what is seen in files that real servers wrote", () => {
  for (const [line, look, severity, message] of SEEN) {
    test(line.slice(0, 80), async () => {
      const { seen } = await evidenceOf(line);
      const told = seen.filter((each) => each.look === look).map((each) => [each.severity, plain(each.message)]);
      expect(told).toContainEqual([severity, typeof message === "string" ? message : expect.stringMatching(message)]);
    });
  }

  test("nothing is seen where there is nothing", async () => {
    for (const line of [
      "Invalid session 0x77 for client /127.0.0.1:4711, probably expired",
      "Unsupported Txn with type=99",
      "Invalid ephemeralOwner. [1]",
      "Len error 1048580",
      "Committed proposal cached out of order: 0x20 is not the next proposal of 0x10",
      "ERROR: ACL not available for long 999",
    ]) {
      const { seen, damaged } = await evidenceOf(line);
      expect(seen, line).toEqual([]);
      expect(damaged, line).toBe(false);
    }
  });
});

test("in a whole log, nothing is looked for behind what means no harm", async () => {
  const found = explain("KeeperErrorCode = NoNode for /busy");
  const [evidence] = await findEvidence(discover([STANDALONE]), found, STANDALONE, { whole: true });
  expect(evidence).toMatchObject({ seen: [], notes: [], damaged: false });
});

describe("what is seen in directories made for it", () => {
  test("the number in myid is the one that the line names", async () => {
    const folder = join(scratch, "myid");
    cpSync(STANDALONE, folder, { recursive: true });
    writeFileSync(join(folder, "myid"), "3\n");
    const line = "java.lang.RuntimeException: My id 3 not in the peer list";
    const { seen, damaged } = await evidenceOf(line, folder);
    expect(seen).toMatchObject([{ look: "myid", severity: "error", file: join(folder, "myid") }]);
    expect(damaged).toBe(true);
    writeFileSync(join(folder, "myid"), "server.3\n");
    expect(plain((await evidenceOf(line, folder)).seen[0]?.message ?? { parts: [] })).toBe(
      'it holds "server.3", which is not a number',
    );
  });

  test("a value over the limit, in the snapshot that a server loads", async () => {
    const folder = join(scratch, "large", "version-2");
    mkdirSync(folder, { recursive: true });
    const data = Buffer.alloc(1_500_000, 0x41);
    await writeSnapshot(folder, 5n, [
      { path: "", data: Buffer.alloc(0), children: 1 },
      { path: "/large", data },
    ]);
    const { seen, steps } = await evidenceOf("java.io.IOException: Len error 1500120", folder);
    expect(seen).toMatchObject([{ look: "over-limit", path: "/large" }]);
    expect(plain(seen[0]?.message ?? { parts: [] })).toContain("a value of 1500000 bytes at /large");
    expect(steps.map(({ say }) => plain(say))[0]).toContain("-Djute.maxbuffer=1501024");
  });

  test("a hole between the two transactions that a line names, and none where there are others between", async () => {
    const folder = join(scratch, "hole", "version-2");
    mkdirSync(folder, { recursive: true });
    const txns = [{ type: -10 as const, timeout: 4000 }];
    await writeLog(folder, 1n, txns);
    await writeLog(folder, 5n, [...txns, ...txns]);
    const line = "Committed proposal cached out of order: 0x5 is not the next proposal of 0x1";
    const { seen } = await evidenceOf(line, folder);
    expect(seen).toMatchObject([
      { look: "hole", severity: "error", file: join(folder, "log.5"), offset: 16, zxid: 5n },
    ]);
    expect(plain(seen[0]?.message ?? { parts: [] })).toBe(
      `3 transactions between 0x1 (${join(folder, "log.1")} at byte 16) and this one: in none of these logs`,
    );
    expect((await evidenceOf(line.replace("0x5", "0x6"), folder)).seen).toEqual([]);
  });

  test("snapshots and logs in each other's folders", async () => {
    const mixed = async (name: string, files: Record<string, string>): Promise<[string | undefined, string][]> => {
      const root = join(scratch, name);
      for (const folder of ["data", "logs"]) mkdirSync(join(root, folder, "version-2"), { recursive: true });
      for (const [to, from] of Object.entries(files)) cpSync(join(STANDALONE, "version-2", from), join(root, to));
      const directory = discover([join(root, "data")], { logDir: join(root, "logs") });
      const line =
        "LogDirContentCheckException: Log directory has snapshot files. Check if dataLogDir and dataDir configuration is correct.";
      const [evidence] = await findEvidence(directory, explain(line), root);
      return (evidence?.findings ?? []).map(({ file, message }) => [file?.slice(root.length), plain(message)]);
    };
    const [snapshot, log] = ["snapshot.e3c", "log.e40"];
    expect(await mixed("right", { [`data/version-2/${snapshot}`]: snapshot, [`logs/version-2/${log}`]: log })).toEqual(
      [],
    );
    expect(
      await mixed("interchanged", { [`logs/version-2/${snapshot}`]: snapshot, [`data/version-2/${log}`]: log }),
    ).toEqual([[undefined, "dataDir holds the logs and dataLogDir the snapshots: the two are interchanged"]]);
    expect(
      await mixed("both", {
        [`data/version-2/${snapshot}`]: snapshot,
        [`data/version-2/${log}`]: log,
        [`logs/version-2/${snapshot}`]: snapshot,
        [`logs/version-2/${log}`]: log,
      }),
    ).toEqual([
      [`/data/version-2/${log}`, "1 log in dataDir"],
      [`/logs/version-2/${snapshot}`, "1 snapshot in dataLogDir"],
    ]);
  });

  test("a quota of which a half is missing", async () => {
    const folder = join(scratch, "quota", "version-2");
    mkdirSync(folder, { recursive: true });
    const empty = Buffer.alloc(0);
    await writeSnapshot(folder, 5n, [
      { path: "", data: empty, children: 2 },
      { path: "/zookeeper", data: empty, children: 1 },
      { path: "/zookeeper/quota", data: empty, children: 1 },
      { path: "/zookeeper/quota/a", data: empty, children: 1 },
      { path: "/zookeeper/quota/a/zookeeper_limits", data: Buffer.from("count=3,bytes=-1") },
      { path: "/a", data: empty },
    ]);
    const { seen } = await evidenceOf("WARN Missing quota stat node /zookeeper/quota/a/zookeeper_stats", folder);
    expect(seen.map(({ severity, path, message }) => [severity, path, plain(message)])).toEqual([
      ["warning", "/zookeeper/quota/a", "the quota of /a has no zookeeper_stats: limits count=3,bytes=-1, stats none"],
    ]);
  });
});

test("every look is asked for by an answer", () => {
  const asked = new Set(ANSWERS.flatMap(({ looks = [] }) => looks));
  expect(Object.keys(LOOKS).filter((name) => !asked.has(name as keyof typeof LOOKS))).toEqual([]);
});
