import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explain, ServerLog, summarize } from "../../../src/forensics/explain/explain.js";
import { explainCode } from "../../../src/forensics/explain/explain-code.js";
import { nearestMessages } from "../../../src/forensics/explain/nearest.js";

/** Lines as real servers logged them, on directories damaged for it or in ensembles; and what they are about. */
const LINES: readonly [line: string, id: string, facts?: Record<string, string>][] = [
  ["java.io.IOException: CRC check failed", "crc-check-failed"],
  ["java.io.IOException: Unreasonable length = 2130706540", "unreasonable-length", { length: "2130706540" }],
  ["ERROR [org.apache.zookeeper.server.persistence.Util] Last transaction was partial.", "last-transaction-partial"],
  [
    "WARN  [org.apache.zookeeper.server.persistence.FileTxnSnapLog] Highest txn zxid 0xe53 is not covering the snapshot digest zxid 0xe61, which might lead to inconsistent state",
    "digest-not-covered",
    { other: "e53", zxid: "e61" },
  ],
  [
    "java.io.IOException: Transaction log: /data/version-2/log.e40 has invalid magic number 1531661383 != 1514884167",
    "log-magic",
    { file: "/data/version-2/log.e40", magic: "1531661383" },
  ],
  ["java.io.EOFException", "eof"],
  [
    "WARN  [main:o.a.z.s.p.FileSnap@111] - problem reading snap file /data/version-2/snapshot.e3c",
    "problem-reading-snap",
    { file: "/data/version-2/snapshot.e3c" },
  ],
  ["java.io.IOException: CRC corruption", "crc-corruption"],
  [
    "java.io.IOException: CRC corruption in snapshot :  /data/version-2/snapshot.e3c",
    "crc-corruption",
    { file: "/data/version-2/snapshot.e3c" },
  ],
  [
    "java.io.IOException: mismatching magic headers 1531663182 !=  1514885966",
    "snapshot-magic",
    { magic: "1531663182" },
  ],
  ["java.io.IOException: Not able to find valid snapshots in /data/version-2", "no-valid-snapshots"],
  [
    "INFO  [org.apache.zookeeper.server.persistence.SnapStream] Invalid snapshot snapshot.e3c. len = 1818585132, byte = 51",
    "invalid-snapshot",
    { file: "snapshot.e3c" },
  ],
  ["java.io.IOException: No snapshot found, but there are log entries. Something is broken!", "no-snapshot"],
  [
    "No snapshot found, but there are log entries. This should only be allowed during upgrading.",
    "no-snapshot-trusted",
  ],
  [
    "WARN  [org.apache.zookeeper.server.DataTree] Message:Digests are not matching. Value is Zxid. Value:3648",
    "digests-not-matching",
    { zxidDecimal: "3648" },
  ],
  [
    "WARN  [12 times] Message: Digests are not matching. Value is Zxid. Last value:3660",
    "digests-not-matching",
    { zxidDecimal: "3660" },
  ],
  [
    "WARN DataTree: Message:The txn 0x{} of snapshot digest does not exist. Value:e61",
    "digest-txn-missing",
    { zxid: "e61" },
  ],
  [
    "ERROR [org.apache.zookeeper.server.DataTree] First digest mismatch on txn: 72057815179198475,13,3648,1795397685129,14",
    "first-digest-mismatch",
    { zxidDecimal: "3648" },
  ],
  [
    "First digest mismatch on txn: 72057657661587456,493,499,1795728665766,1, expected digest is 2, actual digest is 3",
    "first-digest-mismatch",
    { zxidDecimal: "499" },
  ],
  [
    "INFO  [org.apache.zookeeper.server.ReferenceCountedACLCache] Ignoring acl 9 as it does not exist in the cache",
    "acl-ignored",
    { acl: "9" },
  ],
  ["java.lang.RuntimeException: Failed to fetch acls for 9", "acl-not-fetched", { acl: "9" }],
  ["ERROR: ACL not available for long 17", "acl-not-fetched", { acl: "17" }],
  ["Delete empty tail log file to recover from corruption file: log.e40", "empty-log", { file: "log.e40" }],
  ["java.io.IOException: Unsupported Txn with type=%d21", "unsupported-txn", { type: "21" }],
  ["java.io.IOException: Unsupported Txn with type=99", "unsupported-txn", { type: "99" }],
  [
    "java.io.IOException: Invalid Datatree, unable to find parent /a/b of path /a/b/c",
    "unable-to-find-parent",
    { path: "/a/b/c" },
  ],
  ["4294967298(higestZxid) > 4294967297(next log) for type 1", "log-goes-back", { zxidDecimal: "4294967297" }],
  ["4294967298(highestZxid) > 4294967297(next log) for type -10", "log-goes-back", { type: "-10" }],
  [
    "java.io.IOException: The current epoch, 1, is older than the last zxid, 8589934593",
    "current-epoch",
    { epoch: "1", zxidDecimal: "8589934593" },
  ],
  ["java.io.IOException: The accepted epoch, 1 is less than the current epoch, 2", "accepted-epoch"],
  ["java.io.IOException: Found x in /data/version-2/currentEpoch", "epoch-unreadable"],
  ["java.io.IOException: Leaders epoch, 3 is less than accepted epoch, 4", "leaders-epoch", { epoch: "3", other: "4" }],
  ["Truncating log to get in sync with the leader 0x1000003ca", "truncating", { zxid: "1000003ca" }],
  [
    "Refusing session(0x100000000) request for client /127.0.0.1:4711 as it has seen zxid 0x200000010 our last zxid is 0x100000003 client must try another server",
    "refusing-session",
    { other: "200000010", zxid: "100000003" },
  ],
  [
    "Refusing session request for client /10.244.4.86:47054 as it has seen zxid 0xd00000000 our last zxid is 0xc00000004 client must try another server",
    "refusing-session",
    { other: "d00000000" },
  ],
  ["WARN Got zxid 0x100000007 expected 0x1", "got-zxid", { zxid: "100000007", other: "1" }],
  ["Unable to load database on disk", "unable-to-load"],
  ["Unexpected exception, exiting abnormally", "exiting-abnormally"],
  ["Got EOFException while reading the last processed zxid, likely due to reading an older snapshot.", "older-layout"],
  ["java.io.IOException: No space left on device", "disk-full"],
  ["java.io.IOException: Packet len 4194396 is out of range!", "packet-length", { length: "4194396" }],
  ["java.io.IOException: Len error 1048580", "packet-length", { length: "1048580" }],
  [
    "java.lang.IllegalStateException: Committed proposal cached out of order: 0x227 is not the next proposal of 0x209",
    "out-of-order",
    { zxid: "227", other: "209" },
  ],
  [
    "org.apache.zookeeper.server.persistence.FileTxnSnapLog$LogDirContentCheckException: Log directory has snapshot files. Check if dataLogDir and dataDir configuration is correct.",
    "log-dir-content",
  ],
  [
    "org.apache.zookeeper.server.persistence.FileTxnSnapLog$SnapDirContentCheckException: Snapshot directory has log files. Check if dataLogDir and dataDir configuration is correct.",
    "snap-dir-content",
  ],
  ["Current zxid 4294967301 is <= 4294967301 for setData", "zxid-not-rising", { zxidDecimal: "4294967301" }],
  [
    "fsync-ing the write ahead log in SyncThread:1 took 7743ms which will adversely effect operation latency.File size is 67108880 bytes. See the ZooKeeper troubleshooting guide",
    "fsync-slow",
    { milliseconds: "7743" },
  ],
  ["Could not delete empty snapshot file: /data/version-2/snapshot.3", "empty-snapshot-stays"],
  ["Incorrect format of InputArchive when deserialize DataTree - missing acls", "missing-acls"],
  ["Unable to find proposals from txnlog for zxid: 0x5", "log-gap", { zxid: "5" }],
  ["Unable to read txnlog from disk", "log-read-for-sync"],
  ["Unexpected extra paths under session [/a] which are not in txn 0x5", "extra-ephemerals", { zxid: "5" }],
  [
    "Ignoring NoNodeException for path /a while removing ephemeral for dead session 0x10000",
    "dead-session-node",
    { path: "/a", session: "10000" },
  ],
  ["Missing quota stat node /zookeeper/quota/a/zookeeper_stats", "quota-node-missing", { path: "/a" }],
  [
    "Missing node for stat /zookeeper/quota/a/zookeeper_stats",
    "quota-node-missing",
    { path: "/zookeeper/quota/a/zookeeper_stats" },
  ],
  ["zxid lower 32 bits have rolled over, forcing re-election, and therefore new epoch start", "zxid-rolled-over"],
  ["My id 3 not in the peer list", "myid-wrong", { id: "3" }],
  ["/data/myid file is missing", "myid-missing"],
  ["KeeperErrorCode = NoChildrenForEphemerals for /q/c/y", "no-children-for-ephemerals", { path: "/q/c/y" }],
];

describe("a server's line is told for what it is", () => {
  for (const [line, id, facts] of LINES) {
    test(line.slice(0, 90), () => {
      const found = explain(line);
      expect(found.map(({ answer }) => answer.id)).toContain(id);
      if (facts) expect(found.find(({ answer }) => answer.id === id)?.facts).toMatchObject(facts);
    });
  }

  test("lines of one kind are counted, with the times of the first and the last", () => {
    const lines = ["2026-11-26 10:00:00,001 [myid:1] - ERROR [main:X@1] - CRC check failed", "other", "and more"];
    const [first] = explain([...lines, "2026-11-26T10:05:00.123Z ERROR CRC check failed"].join("\n"));
    expect(first).toMatchObject({
      count: 2,
      line: lines[0],
      first: "2026-11-26 10:00:00,001",
      last: "2026-11-26T10:05:00.123Z",
    });
  });

  test("who says it, and in which releases, is what the jars say", () => {
    const [crc] = explain("CRC check failed");
    expect(crc?.speakers).toEqual([
      { class: "FileTxnLog$FileTxnIterator", level: "IOException", releases: "3.4.14-3.9.5" },
    ]);
    expect(explain("java.io.IOException: No space left on device")[0]?.speakers).toEqual([]);
  });

  test("several messages in one line are each explained", () => {
    const found = explain("ERROR Unexpected exception, exiting abnormally java.io.IOException: CRC check failed");
    expect(found.map(({ answer }) => answer.id)).toEqual(["crc-check-failed", "exiting-abnormally"]);
  });

  test("of a message inside a longer one, only the longer is told", () => {
    expect(explain("KeeperErrorCode = NoNode for /a").map(({ answer }) => answer.id)).toEqual(["no-node"]);
  });
});

describe("a lost connection is told from a damaged file", () => {
  const ids = (text: string): string[] => explain(text).map(({ answer }) => answer.id);

  test("by the stack", () => {
    const connection = [
      "java.io.EOFException",
      "\tat java.io.DataInputStream.readInt(DataInputStream.java:392)",
      "\tat org.apache.jute.BinaryInputArchive.readInt(BinaryInputArchive.java:63)",
      "\tat org.apache.zookeeper.server.quorum.QuorumPacket.deserialize(QuorumPacket.java:83)",
    ];
    expect(ids(connection.join("\n"))).toEqual(["eof-connection"]);
    const file = [
      ...connection.slice(0, 3),
      "\tat org.apache.zookeeper.server.persistence.FileHeader.deserialize(X.java:1)",
    ];
    expect(ids(file.join("\n"))).toEqual(["eof-file"]);
  });

  test("by the words around it", () => {
    expect(ids("WARN Exception when following the leader java.io.EOFException")).toEqual([
      "leader-lost",
      "eof-connection",
    ]);
    expect(ids("WARN Exception when following the leader\njava.io.EOFException")).toEqual([
      "leader-lost",
      "eof-connection",
    ]);
    expect(ids("ERROR Unexpected exception, exiting abnormally\njava.io.EOFException")).toEqual([
      "eof-file",
      "exiting-abnormally",
    ]);
  });

  test("and one that shows neither could be both", () => {
    expect(ids("java.io.EOFException")).toEqual(["eof"]);
  });

  test("a NullPointerException only where it comes from reading files", () => {
    expect(ids("java.lang.NullPointerException\n\tat com.example.Other.run(Other.java:1)")).toEqual([]);
    const stack = "\tat org.apache.zookeeper.server.persistence.Util.readTxnBytes(Util.java:159)";
    expect(ids(`java.lang.NullPointerException\n${stack}`)).toEqual(["negative-length"]);
  });
});

test("whatever zxids, sessions and paths a line has, they are read from it", () => {
  const long = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((value) => value.toString(16));
  const part = fc.stringMatching(/^[A-Za-z0-9._-]+$/);
  const path = fc.array(part, { minLength: 1 }).map((parts) => `/${parts.join("/")}`);
  fc.assert(
    fc.property(long, long, long, path, (session, seen, last, node) => {
      const refused = `Refusing session(0x${session}) request for client /10.0.0.1:1 as it has seen zxid 0x${seen} our last zxid is 0x${last} client must try another server`;
      expect(explain(`2026-11-26 10:00:00,001 INFO ZooKeeperServer: ${refused}`)[0]?.facts).toEqual({
        session,
        other: seen,
        zxid: last,
      });
      const dead = `WARN DataTree: Ignoring NoNodeException for path ${node} while removing ephemeral for dead session 0x${session}`;
      expect(explain(dead)[0]?.facts).toMatchObject({ path: node });
    }),
  );
});

test("no text makes it fail", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      expect(summarize(text.split("\n")).lines).toBeGreaterThanOrEqual(0);
      expect(nearestMessages(text).length).toBeLessThanOrEqual(3);
    }),
  );
});

describe("a whole log", () => {
  test("the first cause comes first, what follows from it later, what means no harm last", () => {
    const { explanations, others, lines, unknown } = summarize([
      "2026-11-26 10:00:00,001 INFO FileSnap: Reading snapshot /data/version-2/snapshot.5",
      "2026-11-26 10:00:00,002 ERROR QuorumPeerMain: Unexpected exception, exiting abnormally",
      "java.lang.RuntimeException: Unable to run quorum server ",
      "\tat org.apache.zookeeper.server.quorum.QuorumPeer.loadDataBase(QuorumPeer.java:1207)",
      "Caused by: java.io.IOException: CRC check failed",
      "\tat org.apache.zookeeper.server.persistence.FileTxnLog$FileTxnIterator.next(FileTxnLog.java:800)",
      "2026-11-26 10:00:01,000 INFO X509Util: Default TLS protocol is TLSv1.3, supported TLS protocols are all",
      "",
      "2026-11-26 10:00:02,000 INFO what nobody knows",
    ]);
    expect(explanations.map(({ answer }) => answer.id)).toEqual([
      "crc-check-failed",
      "exiting-abnormally",
      "unable-to-load",
      "snapshot-normal",
    ]);
    expect(explanations[0]?.first).toBe("2026-11-26 10:00:00,002");
    expect([...others]).toEqual([
      [
        "Default TLS protocol is {}, supported TLS protocols are {}",
        { count: 1, speakers: [{ class: "X509Util", level: "info", releases: "3.9.2-3.9.5" }] },
      ],
    ]);
    expect({ lines, unknown }).toEqual({ lines: 8, unknown: 1 });
  });

  test("of lines that differ in everything no more is kept than of one", () => {
    const log = new ServerLog();
    for (let index = 0; index < 30_000; index++)
      log.add(`INFO letters ${index.toString(36).replace(/\d/g, "q")} go by`);
    expect(log.end()).toMatchObject({ explanations: [], lines: 30_000, unknown: 30_000 });
  });
});

test("for what is not known, the nearest that are", () => {
  expect(nearestMessages("Transaction log has an invalid magic")[0]).toBe(
    "Transaction log: … has invalid magic number … != …",
  );
  expect(nearestMessages("qwertz")).toEqual([]);
});

test("a finding's own code is explained too", () => {
  expect(explainCode("log.crc")?.server).toContain("CRC check failed");
  expect(explainCode("no.such")).toBeNull();
  expect(explainCode("toString")).toBeNull();
});
