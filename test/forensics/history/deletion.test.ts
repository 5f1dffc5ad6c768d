import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lastDeletion } from "../../../src/forensics/history/deletion.js";
import { discover } from "../../../src/recovery/index.js";
import { LogWriter } from "../../../src/storage/log-writer.js";
import { PlainFile } from "../../cli/files.js";
import { encodeTxn, type NewTxn } from "../../txn/encode.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-deletion-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
const create = (path: string, ephemeral = false): NewTxn => ({
  type: 1,
  path,
  data: null,
  acl,
  ephemeral,
  parentCVersion: 1,
});
const del = (path: string): NewTxn => ({ type: 2, path });

/** What is found of /p in a log with these transactions, each of a session, from zxid 1 on. */
async function found(
  name: string,
  txns: readonly [session: bigint, txn: NewTxn][],
  upTo: bigint | null = null,
): ReturnType<typeof lastDeletion> {
  const version = join(folder, name, "version-2");
  mkdirSync(version, { recursive: true });
  const writer = new LogWriter(new PlainFile(join(version, "log.1")));
  await writer.begin();
  for (const [at, [session, txn]] of txns.entries())
    writer.add(encodeTxn({ session, cxid: at, zxid: BigInt(at + 1), time: BigInt(at + 1000) }, txn));
  await writer.finish();
  return lastDeletion(discover([version]), "/p", upTo);
}

test("a deletion begins where its client began to delete what is below", async () => {
  const deletion = await found("run", [
    [1n, create("/p")],
    [1n, create("/p/a")],
    [2n, create("/p/b")],
    [2n, del("/p/b")],
    [1n, create("/p/c")],
    [1n, create("/q")],
    [1n, del("/p/c")],
    [3n, del("/q")],
    [1n, del("/p/a")],
    [1n, del("/p")],
  ]);
  expect(deletion).toEqual({ zxid: 10n, time: 1009n, session: 1n, begin: 7n, below: 2 });
});

test("of several the last, or the last up to a point", async () => {
  const txns: [bigint, NewTxn][] = [
    [1n, create("/p")],
    [1n, del("/p")],
    [1n, create("/p")],
    [1n, create("/p/x")],
    [2n, { type: 14, members: [del("/p/x"), del("/p")] }],
    [2n, create("/pp")],
    [2n, del("/pp")],
  ];
  expect(await found("several", txns)).toMatchObject({ zxid: 5n, begin: 5n });
  expect(await found("earlier", txns, 4n)).toMatchObject({ zxid: 2n, begin: 2n, below: 0 });
  expect(await found("none", txns, 1n)).toBeNull();
});

test("an ephemeral was deleted when its session ended, which old logs do not say", async () => {
  const txns: [bigint, NewTxn][] = [
    [1n, { type: -10, timeout: 4000 }],
    [1n, create("/p", true)],
    [1n, { type: -11, paths: null }],
  ];
  expect(await found("ephemeral", txns)).toMatchObject({ zxid: 3n, begin: 3n, below: 0 });
});
