import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { explain, explainCode, findEvidence, SERVER_MESSAGES } from "../../../src/forensics/explain/explain.js";
import { discover } from "../../../src/recovery/index.js";
import { FINDINGS } from "../../../src/findings/codes.js";
import { fixtureDir } from "../../fixtures/index.js";

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-explain-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Lines as real servers logged them, on directories damaged for it or in ensembles; and what they are about. */
const LINES: readonly [line: string, id: string, facts?: Record<string, string>][] = [
  ["java.io.IOException: CRC check failed", "crc-check-failed"],
  ["java.io.IOException: Unreasonable length = 2130706540", "unreasonable-length", { length: "2130706540" }],
  ["ERROR [org.apache.zookeeper.server.persistence.Util] Last transaction was partial.", "last-transaction-partial"],
  [
    "WARN  [org.apache.zookeeper.server.persistence.FileTxnSnapLog] Highest txn zxid 0xe53 is not covering the snapshot digest zxid 0xe61, which might lead to inconsistent state",
    "digest-not-covered",
    { after: "e53", zxid: "e61" },
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
  ['java.lang.NullPointerException: Cannot read the array length because "bytes" is null', "null-pointer"],
  [
    "WARN  [org.apache.zookeeper.server.DataTree] Message:Digests are not matching. Value is Zxid. Value:3648",
    "digests-not-matching",
    { zxidDecimal: "3648" },
  ],
  [
    "ERROR [org.apache.zookeeper.server.DataTree] First digest mismatch on txn: 72057815179198475,13,3648,1795397685129,14",
    "first-digest-mismatch",
    { zxidDecimal: "3648" },
  ],
  [
    "INFO  [org.apache.zookeeper.server.ReferenceCountedACLCache] Ignoring acl 9 as it does not exist in the cache",
    "ignoring-acl",
    { acl: "9" },
  ],
  ["java.lang.RuntimeException: Failed to fetch acls for 9", "failed-to-fetch-acls", { acl: "9" }],
  ["Delete empty tail log file to recover from corruption file: log.e40", "empty-log", { file: "log.e40" }],
  ["java.io.IOException: Unsupported Txn with type=%d21", "unsupported-txn", { type: "21" }],
  ["java.io.IOException: Unsupported Txn with type=99", "unsupported-txn", { type: "99" }],
  [
    "java.io.IOException: Invalid Datatree, unable to find parent /a/b of path /a/b/c",
    "unable-to-find-parent",
    { after: "/a/b", path: "/a/b/c" },
  ],
  ["4294967298(higestZxid) > 4294967297(next log) for type 1", "highest-zxid", { zxidDecimal: "4294967297" }],
  ["4294967298(highestZxid) > 4294967297(next log) for type -10", "highest-zxid", { type: "-10" }],
  [
    "java.io.IOException: The current epoch, 1, is older than the last zxid, 8589934593",
    "current-epoch",
    { epoch: "1", zxidDecimal: "8589934593" },
  ],
  ["java.io.IOException: The accepted epoch, 1 is less than the current epoch, 2", "accepted-epoch"],
  ["java.io.IOException: Found x in /data/version-2/currentEpoch", "epoch-unreadable"],
  ["java.io.IOException: Leaders epoch, 3 is less than accepted epoch, 4", "leaders-epoch", { epoch: "3", after: "4" }],
  ["Truncating log to get in sync with the leader 0x1000003ca", "truncating", { zxid: "1000003ca" }],
  [
    "Refusing session(0x100000000) request for client /127.0.0.1:4711 as it has seen zxid 0x200000010 our last zxid is 0x100000003 client must try another server",
    "refusing-session",
    { after: "200000010", zxid: "100000003" },
  ],
  ["WARN Got zxid 0x100000007 expected 0x1", "got-zxid", { zxid: "100000007", after: "1" }],
  ["Unable to load database on disk", "unable-to-load"],
  ["Unexpected exception, exiting abnormally", "exiting-abnormally"],
  ["Got EOFException while reading the last processed zxid, likely due to reading an older snapshot.", "older-layout"],
  ["java.io.IOException: No space left on device", "disk-full"],
  ["java.io.IOException: Packet len 4194396 is out of range!", "packet-length", { length: "4194396" }],
  ["java.io.IOException: Len error 1048580", "packet-length", { length: "1048580" }],
];

describe("a server's line is told for what it is", () => {
  for (const [line, id, facts] of LINES) {
    test(line.slice(0, 90), () => {
      const found = explain(line);
      expect(found.map(({ message }) => message.id)).toContain(id);
      if (facts) expect(found.find(({ message }) => message.id === id)?.facts).toMatchObject(facts);
    });
  }

  test("lines that mean no harm are left alone", () => {
    expect(
      explain("INFO  binding to port 0.0.0.0/0.0.0.0:2181\nINFO Snapshotting: 0x0 to /data/version-2/snapshot.0"),
    ).toEqual([]);
    expect(explain("Got EOFException while reading the last processed zxid").map(({ message }) => message.id)).toEqual([
      "older-layout",
    ]);
  });

  test("lines of one kind are counted", () => {
    const [first] = explain("CRC check failed\nother\nCRC check failed");
    expect(first).toMatchObject({ count: 2, line: "CRC check failed" });
  });
});

test("every code that a message names is a finding, and ids are not used twice", () => {
  for (const { codes } of SERVER_MESSAGES) for (const code of codes) expect(FINDINGS).toHaveProperty([code]);
  expect(new Set(SERVER_MESSAGES.map(({ id }) => id)).size).toBe(SERVER_MESSAGES.length);
});

test("a finding's own code is explained too", () => {
  expect(explainCode("log.crc")?.server).toContain("CRC check failed");
  expect(explainCode("no.such")).toBeNull();
});

describe("in the files", () => {
  test("a damaged record is found", async () => {
    const damaged = join(scratch, "crc");
    cpSync(fixtureDir("3.8.6-standalone"), damaged, { recursive: true });
    const path = join(damaged, "version-2", "log.e40");
    const bytes = readFileSync(path);
    bytes[5000] = (bytes[5000] as number) ^ 1;
    writeFileSync(path, bytes);
    const [evidence] = await findEvidence(discover([damaged]), explain("CRC check failed"));
    expect(evidence?.findings.map(({ code, file }) => [code, file])).toEqual([["log.crc", path]]);
  });

  test("a zxid in decimal leads to its transaction", async () => {
    const line = "Message:Digests are not matching. Value is Zxid. Value:1001";
    const [evidence] = await findEvidence(discover([fixtureDir("3.8.6-standalone")]), explain(line));
    expect(evidence?.transaction?.txn.zxid).toBe(1001n);
    expect(evidence?.findings).toEqual([]);
    expect(evidence?.notes.join()).toContain("0x3e9");
  });

  test("what is not there is said to be not there", async () => {
    const [evidence] = await findEvidence(discover([fixtureDir("3.8.6-standalone")]), explain("CRC check failed"));
    expect(evidence?.findings).toEqual([]);
    expect(evidence?.notes.join()).toContain("nothing of the kind");
  });
});
