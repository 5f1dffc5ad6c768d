import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixtureDir, fixtures } from "../fixtures/index.js";
import { complaints } from "./complaints.js";
import type { Properties } from "./java.js";
import { pointInside } from "./points.js";
import { scratchFolder, serve } from "./scratch.js";
import { asTold, byPath, parseExport } from "./tree.js";
import { zkrewind } from "./zkrewind.js";

interface Case {
  fixture: string;
  /** The release whose server starts on it, if not the fixture's own. */
  on?: string;
  /** More arguments of restore; POINT stands for a point inside a fuzzy snapshot's window, where there is one. */
  args?: readonly string[];
  settings?: Properties;
}

const TTL = "--extended-types";
const TRIMMED = ["--exclude", "/busy/**", "--exclude", "/queue"];
const ONLY = ["--include", "/containers/**", "--include", "/acl"];

const OWN_RELEASE: Case[] = ["3.4.14", "3.5.10", "3.6.4", "3.7.2", "3.8.6", "3.9.5"].flatMap((version) =>
  [[], ["--at", "POINT"], ["--before", "POINT"], TRIMMED, [...ONLY, "--at", "POINT"]].map((args) => ({
    fixture: `${version}-standalone`,
    args,
  })),
);

const LAYOUTS: Case[] = [
  { fixture: "3.8.6-standalone", args: ["--release", "3.5.10", TTL] },
  { fixture: "3.8.6-standalone", args: ["--release", "3.5.10", TTL], on: "3.5.10" },
  { fixture: "3.9.5-standalone", args: ["--release", "3.5.10", TTL] },
  { fixture: "3.9.5-standalone", args: ["--release", "3.6.4", TTL] },
  { fixture: "3.9.5-standalone", args: ["--release", "3.6.4", TTL], on: "3.8.6" },
  {
    fixture: "3.9.5-standalone",
    args: ["--release", "3.9.5", "--no-digest", TTL],
    settings: { "zookeeper.digest.enabled": false },
  },
  { fixture: "3.9.5-standalone", args: ["--release", "3.4.14", "--make-persistent"], on: "3.4.14" },
  { fixture: "3.6.4-standalone", args: ["--release", "3.9", "--at", "POINT", TTL], on: "3.9.5" },
  { fixture: "3.4.14-standalone", args: ["--release", "3.6.4", TTL], on: "3.6.4" },
  { fixture: "3.4.14-standalone", args: ["--release", "3.9", ...TRIMMED], on: "3.9.5" },
  { fixture: "3.5.10-standalone", args: ["--release", "3.9", "--compress", "gzip", TTL], on: "3.9.5" },
];

const COMPRESSED: Case[] = ["3.6.4", "3.8.6", "3.9.5"].flatMap((version) =>
  ["gzip", "snappy"].map((codec) => ({
    fixture: `${version}-standalone`,
    args: ["--compress", codec, "--at", "POINT"],
  })),
);

const ENSEMBLES: Case[] = [
  { fixture: "ensemble-divergent/server1" },
  { fixture: "ensemble-divergent-3.4/server2", on: "3.4.14" },
  { fixture: "ensemble-reconfig/server2" },
  { fixture: "ensemble-lagging/server1" },
];

describe("a real server starts on what is restored and serves what is exported of it", () => {
  for (const each of [...OWN_RELEASE, ...LAYOUTS, ...COMPRESSED, ...ENSEMBLES]) {
    const [name = "", server = "."] = each.fixture.split("/");
    const fixture = fixtures.find((one) => one.name === name);
    const on = each.on ?? fixture?.version ?? "";
    test([each.fixture, ...(each.args ?? []), `on ${on}`].join(" "), async () => {
      if (fixture === undefined) throw new Error(`there is no fixture ${name}`);
      const point = pointInside(fixture, server);
      const args = (each.args ?? []).map((arg) => (arg === "POINT" ? point : arg));
      const source = join(fixtureDir(name), server);
      const target = join(scratchFolder(), "restored");
      await zkrewind("restore", source, "-o", target, ...args);
      // Before the server is there: it writes into the directory.
      const exported = parseExport(await zkrewind("export", target, "--format", "ndjson", "--data", "base64"));
      expectAt(exported.zxid, args);

      const running = await serve(on, { dataDir: target }, each.settings);
      const served = await running.read();
      if (upgraded(fixture.version, on)) served.nodes.delete("/zookeeper/config");
      expect(byPath(served.nodes)).toEqual(asTold(exported.nodes));
      expect(served.sessions.sort()).toEqual(exported.sessions.sort());
      // Its client's session and znode are the next two transactions.
      expect(served.written).toBe(exported.zxid + 2n);
      expect(complaints(running.log())).toEqual([]);
      expect(readdirSync(join(target, "version-2")).some((file) => file.startsWith("log."))).toBe(true);
    });
  }
});

function expectAt(zxid: bigint, args: readonly string[]): void {
  if (["--include", "--exclude", "--make-persistent"].some((each) => args.includes(each))) {
    // Another tree than the point's has a zxid of its own, at the beginning of an epoch.
    expect(zxid & 0xffffffffn).toBe(0n);
    return;
  }
  const at = args.indexOf("--at");
  if (at >= 0) expect(zxid).toBe(BigInt(args[at + 1] ?? ""));
  const before = args.indexOf("--before");
  if (before >= 0) expect(zxid).toBe(BigInt(args[before + 1] ?? "") - 1n);
}

/** A server from 3.5 on makes /zookeeper/config where an older one has left none. */
function upgraded(from: string, to: string): boolean {
  return from.startsWith("3.4.") && !to.startsWith("3.4.");
}
