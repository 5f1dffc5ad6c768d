import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { S3Store } from "../../../src/repository/store/s3.js";
import { fixtureDir } from "../../fixtures/index.js";
import { zkrewind } from "../zkrewind.js";
import { FaultyProxy } from "./faulty-proxy.js";
import { S3Server, useCredentials } from "./s3-server.js";

const folder = mkdtempSync(join(tmpdir(), "zkrewind-sync-interop-"));
const servers: S3Server[] = [];

beforeAll(async () => {
  useCredentials();
  for (const kind of ["versitygw", "s3proxy"] as const) {
    mkdirSync(join(folder, kind));
    servers.push(await S3Server.start(kind, join(folder, kind)));
  }
});
afterAll(async () => {
  for (const each of servers) await each.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("two stores of different makers, one in five requests failing: level, healed, and restored from either", async () => {
  const source = fixtureDir("3.8.6-standalone");
  const proxies = [];
  for (const [index, { endpoint }] of servers.entries()) proxies.push(await FaultyProxy.start(endpoint, 7 + index));
  try {
    const at = (endpoint: string) => `s3://backups/sync?endpoint=${encodeURIComponent(endpoint)}`;
    const [a, b] = proxies.map(({ endpoint }) => at(endpoint)) as [string, string];
    await zkrewind("backup", "init", a);
    await zkrewind("backup", "init", b);
    for (const proxy of proxies) proxy.faults = { fail: 0.1, drop: 0.05, dropAnswer: 0.05, cut: 0.2, delay: 10 };
    await zkrewind("backup", "run", source, "--repo", a);
    await zkrewind("backup", "sync", a, b);
    // One object less in the first, another in the second.
    const direct = servers.map(({ endpoint }) => new S3Store(at(endpoint)));
    const names: string[] = [];
    for await (const { name } of (direct[0] as S3Store).list("")) if (/^(log|snapshot)\//.test(name)) names.push(name);
    await direct[0]?.delete(names[0] as string);
    await direct[1]?.delete(names.at(-1) as string);
    for (const each of direct) each.close();
    expect(await zkrewind("backup", "sync", a, b, "--deep")).toMatch(/1 object copied[\s\S]*1 object copied/);
    for (const [index, each] of [a, b].entries()) {
      const restored = join(folder, `restored-${index}`);
      await zkrewind("restore", each, "--at", "0xf08", "-o", restored);
      expect(await zkrewind("diff", restored, source)).toContain("nothing differs");
    }
  } finally {
    for (const proxy of proxies) proxy.stop();
  }
});
