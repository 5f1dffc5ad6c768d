import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { adler32 } from "../../../src/checksum/index.js";
import { ndjsonOf, zkrewind } from "../../cli/run.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

interface Naive {
  version: number;
  sessions: Map<bigint, number>;
  acls: Map<bigint, string[]>;
  nodes: Map<string, { data: string | null; acl: bigint; owner: bigint; pzxid: bigint }>;
  /** What lies behind the path that ends the tree. */
  rest: Buffer;
}

/**
 * Reads a snapshot as those do that know one layout and no more, such as ClickHouse's keeper-converter
 * (ZooKeeperDataReader.cpp): header, sessions, ACLs, znodes until the path "/", each below one that was read before. What
 * follows it never looks at; it replays no log.
 */
function naively(bytes: Buffer): Naive {
  let at = 0;
  const int = (): number => bytes.readInt32BE((at += 4) - 4);
  const long = (): bigint => bytes.readBigInt64BE((at += 8) - 8);
  const text = (): string | null => {
    const length = int();
    return length < 0 ? null : bytes.toString("latin1", at, (at += length));
  };
  expect(bytes.toString("latin1", 0, 4)).toBe("ZKSN");
  at = 4;
  const version = int();
  long();
  const sessions = new Map<bigint, number>();
  for (let left = int(); left > 0; left--) sessions.set(long(), int());
  const acls = new Map<bigint, string[]>();
  for (let left = int(); left > 0; left--) {
    const id = long();
    const entries: string[] = [];
    for (let each = int(); each > 0; each--) entries.push(`${int()}:${text()}:${text()}`);
    acls.set(id, entries);
  }
  const nodes: Naive["nodes"] = new Map();
  for (let path = text() ?? ""; path !== "/"; path = text() ?? "") {
    expect(nodes.has(path)).toBe(false);
    if (path !== "") expect(nodes.has(path.slice(0, path.lastIndexOf("/"))), path).toBe(true);
    const data = text();
    const acl = long();
    // czxid, mzxid, ctime, mtime; version, cversion, aversion.
    at += 4 * 8 + 3 * 4;
    const owner = long();
    nodes.set(path, { data, acl, owner, pzxid: long() });
  }
  return { version, sessions, acls, nodes, rest: bytes.subarray(at) };
}

test.each(["3.9.5-standalone", "3.4.14-standalone"])("one whole snapshot of %s is what naive readers take", (name) => {
  const target = join(folder(), "restored");
  const how = ["--release", "3.5", "--extended-types"];
  expect(zkrewind(["restore", fixtureDir(name), "-o", target, ...how]).code).toBe(0);
  const files = readdirSync(join(target, "version-2")).filter((file) => /^(snapshot|log)\./.test(file));
  const [file = "", ...others] = files;
  expect(others).toEqual([]);
  const bytes = readFileSync(join(target, "version-2", file));
  const { version, sessions, acls, nodes, rest } = naively(bytes);
  expect(version).toBe(2);

  // A seal and no trailer: Adler-32 of all before it, and "/".
  expect(rest.length).toBe(8 + 5);
  expect(rest.readBigInt64BE()).toBe(BigInt(adler32(bytes.subarray(0, bytes.length - rest.length))));
  expect(rest.subarray(8)).toEqual(Buffer.from([0, 0, 0, 1, 0x2f]));

  const told = ndjsonOf(zkrewind(["export", fixtureDir(name), "--format", "ndjson", "--data", "base64"]).stdout);
  const exported = told.filter(({ type }) => type === "node") as unknown as {
    path: string;
    data: string | null;
    stat: { pzxid: string };
  }[];
  expect(nodes.size).toBe(exported.length);
  for (const { path, data, stat } of exported) {
    const node = nodes.get(Buffer.from(path === "/" ? "" : path).toString("latin1"));
    expect(node?.data ?? null, path).toBe(data === null ? null : Buffer.from(data, "base64").toString("latin1"));
    expect(node?.pzxid, path).toBe(BigInt(stat.pzxid));
  }
  // Nothing that it names is missing: not an ACL, not an ephemeral's session. Nothing is newer than its name: it is not fuzzy.
  const zxid = BigInt(`0x${file.slice("snapshot.".length)}`);
  for (const { acl, owner, pzxid } of nodes.values()) {
    expect(acl === -1n || acls.has(acl)).toBe(true);
    expect(owner <= 0n || sessions.has(owner)).toBe(true);
    expect(pzxid <= zxid).toBe(true);
  }
});
