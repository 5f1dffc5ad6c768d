import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { classPath } from "../java.js";
import { scratchFolder } from "../scratch.js";
import { zkrewind } from "../zkrewind.js";
import { s3ForTest } from "./s3-server.js";

test("an encrypted, signed backup in S3 is drilled: a real server starts on it and serves the same", async () => {
  const [folder, server] = [scratchFolder(), await s3ForTest("versitygw")];
  const repository = `s3://backups/drill?endpoint=${encodeURIComponent(server.endpoint)}`;
  const [identity, recipients, key, metrics] = ["id", "recipients", "key", "metrics"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  execFileSync("age-keygen", ["-o", identity], { stdio: "ignore" });
  execFileSync("age-keygen", ["-y", "-o", recipients, identity]);
  const trust = (await zkrewind("backup", "keygen", key)).trim();
  await zkrewind("backup", "init", repository);
  const source = fixtureDir("3.8.6-standalone");
  await zkrewind("backup", "run", source, "--repo", repository, "--signing-key", key, "--recipients-file", recipients);
  const read = ["--identity", identity, "--trust", trust];
  const start = ["--start-server", classPath("3.9.5"), "--metrics", metrics, "--at", "latest"];
  expect(await zkrewind("backup", "drill", repository, ...read, ...start)).toMatch(/a server of 3\.9\.5 started on it/);
  expect(readFileSync(metrics, "utf8")).toContain('phase="start a server"');
  // Without the identity, or with another trusted key, nothing is read.
  await expect(zkrewind("backup", "drill", repository, "--at", "latest")).rejects.toThrow(/encrypted/);
  const other = (await zkrewind("backup", "keygen", `${key}-2`)).trim();
  const untrusted = zkrewind("backup", "drill", repository, "--identity", identity, "--trust", other);
  await expect(untrusted).rejects.toThrow(/signed by another key/);
});
