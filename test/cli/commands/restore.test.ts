import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { ndjsonOf, zkrewind } from "../run.js";

const SOURCE = fixtureDir("3.8.6-standalone");
const ENSEMBLE = join(fixtureDir("ensemble-divergent"), "server1");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-restore-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;

interface Written {
  target: string;
  stderr: string;
  json: {
    zxid: string;
    point: string;
    epoch: number;
    sessions: number;
    warnings: string[];
    changes: { change: string; count: number; paths?: string[] }[];
  };
}

function restore(source: string, ...args: string[]): Written {
  const target = join(folder, String(++made));
  const { code, stdout, stderr } = zkrewind(["restore", source, "-o", target, "--json", ...args]);
  expect(code, stderr).toBe(0);
  return { target, stderr, json: JSON.parse(stdout) };
}

function refused(source: string, ...args: string[]): { code: number | null; stderr: string } {
  const target = join(folder, String(++made));
  const { code, stderr } = zkrewind(["restore", source, "-o", target, ...args]);
  expect(existsSync(target)).toBe(false);
  return { code, stderr };
}

/** The znodes of an export, without its header. */
function nodesOf(source: string, ...args: string[]): string[] {
  const { stdout } = zkrewind(["export", source, "--format", "ndjson", "--data", "base64", ...args]);
  return ndjsonOf(stdout)
    .filter(({ type }) => type === "node")
    .map((node) => JSON.stringify(node));
}

function epochFiles({ target }: Written): string[] {
  return ["currentEpoch", "acceptedEpoch"].map((name) => readFileSync(join(target, "version-2", name), "utf8"));
}

describe("an epoch that is raised", () => {
  test("changes the zxid everywhere, and nothing in the tree", () => {
    const written = restore(ENSEMBLE, "--bump-epoch");
    expect(written.json).toMatchObject({ zxid: "0x1200000000", point: "0x20000014f", epoch: 18 });
    expect(readdirSync(join(written.target, "version-2")).sort()).toEqual([
      "acceptedEpoch",
      "currentEpoch",
      "snapshot.1200000000",
    ]);
    expect(epochFiles(written)).toEqual(["18", "18"]);
    expect(nodesOf(written.target)).toEqual(nodesOf(ENSEMBLE));
    const { snapshots } = JSON.parse(zkrewind(["info", written.target, "--json"]).stdout);
    expect(snapshots[0]).toMatchObject({ zxid: "0x1200000000" });
    expect(zkrewind(["verify", written.target]).code).toBe(0);
  });

  test("drops sessions and their ephemerals where it goes back; --keep-sessions keeps them and says what that means", () => {
    const back = restore(ENSEMBLE, "--at", "0x100000100", "--bump-epoch=40", "--extended-types");
    expect(back.json).toMatchObject({ zxid: "0x2800000000", epoch: 40, sessions: 0, warnings: [] });
    expect(back.json.changes.map(({ change }) => change)).toContain("sessions.dropped");
    expect(nodesOf(back.target).filter((node) => node.includes('"kind":"ephemeral"'))).toEqual([]);
    const kept = restore(ENSEMBLE, "--at", "0x100000100", "--bump-epoch", "--keep-sessions");
    expect(kept.json.sessions).toBeGreaterThan(0);
    expect(kept.json.warnings.join()).toContain("does not learn which znodes were set back");
    expect(nodesOf(kept.target)).toEqual(nodesOf(ENSEMBLE, "--at", "0x100000100"));
  });

  test("is refused where the files show as much, and is warned of where it is no leap", () => {
    expect(refused(ENSEMBLE, "--bump-epoch", "2")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("epoch 2 is not above 2, the highest that the files show"),
    });
    expect(restore(ENSEMBLE, "--bump-epoch", "3").json.warnings.join()).toContain("only 1 above 2");
    expect(refused(ENSEMBLE, "--bump-epoch", "many").code).toBe(2);
  });
});

test("says of TTL znodes that not every server keeps them, unless all servers do", () => {
  const warned = restore(ENSEMBLE, "--at", "latest").json.warnings.join();
  expect(warned).toMatch(/servers without zookeeper\.extendedTypesEnabled=true delete \d+ TTL znodes/);
  expect(restore(ENSEMBLE, "--at", "latest", "--extended-types").json.warnings).toEqual([]);
});

describe("an epoch that is not raised", () => {
  test("leaves the highest one seen in the epoch files, and says which clients are refused", () => {
    const written = restore(ENSEMBLE, "--at", "0x100000100", "--extended-types");
    expect(written.json).toMatchObject({ zxid: "0x100000100", point: "0x100000100", epoch: 2 });
    expect(epochFiles(written)).toEqual(["2", "2"]);
    expect(written.json.warnings).toEqual([
      expect.stringMatching(
        /refuse clients that have seen a zxid above their own: .* go up to 0x20000014f; .* --bump-epoch lets all clients in at once, and drops sessions$/,
      ),
    ]);
    expect(restore(ENSEMBLE, "--extended-types").json.warnings).toEqual([]);
  });

  test.each([
    ["--exclude", "/busy/**"],
    ["--include", "/busy/**"],
    ["--drop-sessions"],
    ["--drop-ephemerals"],
    ["--make-persistent"],
  ])("is refused for a changed tree: %s", (...args) => {
    expect(refused(SOURCE, ...args, "--no-bump-epoch")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("a changed tree cannot have its old zxid"),
    });
    expect(restore(SOURCE, ...args).json.zxid).toBe("0x1000000000");
  });
});

describe("--before-delete", () => {
  test("takes the state before the last deletion of a znode", () => {
    const written = restore(SOURCE, "--before-delete", "/busy/f1-0-24-0000000016");
    expect(written.json.point).toBe("0x5b1");
    expect(written.stderr).toContain("/busy/f1-0-24-0000000016 was deleted by 0x5b2 (2026-11-23T01:34:35.494Z");
  });

  test("or of one up to a point; where there is none, nothing is written", () => {
    expect(refused(SOURCE, "--before-delete", "/busy/f1-0-24-0000000016@0x5b1")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("no log shows that /busy/f1-0-24-0000000016 was deleted up to 0x5b1"),
    });
    expect(refused(SOURCE, "--before-delete", "busy").code).toBe(2);
    expect(refused(SOURCE, "--before-delete", "/x", "--at", "0x5").code).toBe(2);
  });
});

describe("what other servers may not have", () => {
  test("TTL znodes are refused for a release unless it is said that the servers have them, or made persistent", () => {
    expect(refused(SOURCE, "--release", "3.9.5")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there are 24 TTL znodes: /ttl/lease-600001-1-"),
    });
    restore(SOURCE, "--release", "3.9.5", "--extended-types");
    const { json, target } = restore(SOURCE, "--release", "3.9.5", "--make-persistent");
    expect(json.changes).toEqual([expect.objectContaining({ change: "ttl.persistent", count: 24 })]);
    expect(nodesOf(target).filter((node) => node.includes('"kind":"ttl"'))).toEqual([]);
  });

  test("3.4 has neither containers nor TTL znodes: they are refused, whatever is said of extended types, or made persistent", () => {
    for (const args of [[], ["--extended-types"]])
      expect(refused(SOURCE, "--release", "3.4.14", ...args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("3.4 knows neither containers nor TTL znodes, and the tree has 35 such znodes"),
      });
    const { target, json } = restore(SOURCE, "--release", "3.4", "--make-persistent");
    expect(json.changes.map(({ change, count }) => [change, count])).toEqual([
      ["containers.persistent", 11],
      ["ttl.persistent", 24],
    ]);
    expect(nodesOf(target).filter((node) => /"kind":"(ttl|container)"/.test(node))).toEqual([]);
    expect(refused(SOURCE, "--release", "3.5.10", "--compress", "gzip").code).toBe(2);
    expect(refused(SOURCE, "--release", "4.0").code).toBe(2);
  });

  test("containers that lose their last child are named, or made persistent", () => {
    const named = restore(SOURCE, "--exclude", "/containers/*/*").json.changes;
    const [emptied] = named.filter(({ change }) => change === "containers.emptied");
    expect(emptied).toMatchObject({ count: 11 });
    const kept = restore(SOURCE, "--exclude", "/containers/*/*", "--make-persistent");
    const [persistent] = kept.json.changes.filter(({ change }) => change === "containers.persistent");
    expect(persistent?.paths).toEqual(emptied?.paths);
  });
});

test("the manifest has what became of the tree", () => {
  const { target, json } = restore(SOURCE, "--drop-ephemerals", "--at", "0x600");
  const manifest = JSON.parse(readFileSync(join(target, "zkrewind-manifest.json"), "utf8"));
  expect(manifest).toMatchObject({ at: { zxid: "0x600" }, zxid: "0x1000000000", epoch: 16 });
  expect(manifest.changes).toEqual(json.changes);
});

describe("choosing what is in the tree", () => {
  const without = (nodes: string[], path: string): string[] =>
    nodes.filter((node) => !node.includes(`"path":"${path}`));

  test("a graft brings a subtree back as it was, and leaves the rest as it is now", () => {
    const { target, json, stderr } = restore(SOURCE, "--graft", "/counters@0x400");
    expect(stderr).toMatch(/^graft 0x400 /m);
    expect(json).toMatchObject({ zxid: "0x1000000000", point: "0xf08", sessions: 0 });
    const then = nodesOf(SOURCE, "--at", "0x400").filter((node) => node.includes('"path":"/counters/'));
    expect(then.length).toBeGreaterThan(3);
    expect(nodesOf(target).filter((node) => node.includes('"path":"/counters/'))).toEqual(then);
    const persistent = (nodes: string[]): string[] =>
      without(nodes, "/counters").filter((node) => !node.includes('"kind":"ephemeral"') && !node.includes("/busy"));
    const rest = (nodes: string[]): string[] => persistent(nodes).map((node) => JSON.parse(node).path);
    expect(rest(nodesOf(target))).toEqual(rest(nodesOf(SOURCE)));
    expect(zkrewind(["verify", target]).code).toBe(0);
  });

  test("a graft from another source", () => {
    const { target } = restore(SOURCE, "--graft", "/app", "--graft-from", ENSEMBLE);
    const app = (nodes: string[]): string[] =>
      nodes
        .filter((node) => node.includes('"path":"/app/') && !node.includes('"kind":"ephemeral"'))
        .map((node) => JSON.parse(node).path);
    expect(app(nodesOf(ENSEMBLE)).length).toBeGreaterThan(50);
    expect(app(nodesOf(target))).toEqual(app(nodesOf(ENSEMBLE)));
  });

  test("a rename, values from files, ACLs", () => {
    const file = join(folder, "value");
    writeFileSync(file, "from a file");
    const { target, json } = restore(
      SOURCE,
      "--rename",
      "/counters=/numbers",
      "--set",
      "/numbers/c14",
      file,
      "/acl",
      file,
      "--reset-acl",
      "/acl",
      "--map-acl",
      "world:anyone=sasl:all",
    );
    expect(zkrewind(["cat", target, "/numbers/c14"]).stdout).toBe("from a file");
    expect(zkrewind(["cat", target, "/acl"]).stdout).toBe("from a file");
    expect(zkrewind(["cat", target, "/counters"]).code).toBe(1);
    expect(nodesOf(target).join()).not.toContain('"id":"anyone"');
    expect(json.changes.map(({ change }) => change)).toEqual(
      expect.arrayContaining(["renamed", "values.set", "acls.mapped"]),
    );
  });

  test.each([
    [["--graft", "/counters"], "--graft /counters names no point"],
    [["--graft", "/@0x400"], "/ cannot be grafted"],
    [["--graft", "/zookeeper/quota@0x400"], "/zookeeper/quota cannot be grafted"],
    [["--merge"], "there is nothing to graft"],
    [["--rename", "/a"], "there is no = between from and to"],
    [["--rename", "/zookeeper=/a"], "must stay where servers expect it"],
    [["--set", "/acl"], "--set takes a znode's path and a file"],
    [["--map-acl", "a=b"], "not an identity of an ACL"],
  ])("%j is refused", (args, message) => {
    expect(refused(SOURCE, ...args)).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  test("what is not there is refused", () => {
    expect(refused(SOURCE, "--graft", "/nowhere@0x400").code).toBe(1);
    expect(refused(SOURCE, "--rename", "/nowhere=/x").code).toBe(1);
    expect(refused(SOURCE, "--set", "/acl", join(folder, "nowhere")).code).toBe(3);
    expect(refused(SOURCE, "--graft", "/acl@0x400", "--no-bump-epoch").code).toBe(2);
  });
});
