import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { crc32c } from "../../../src/checksum/index.js";
import type { Segment, StoredObject } from "../../../src/repository/link/link.js";
import { hashOf } from "../../../src/repository/names.js";
import { Objects } from "../../../src/repository/read/objects.js";
import { readSegment } from "../../../src/repository/read/segment-file.js";
import { initRepository } from "../../../src/repository/repository.js";
import { partsOf } from "../../../src/repository/segment/pieces.js";
import { S3Store } from "../../../src/repository/store/s3.js";
import { FakeServer, txnsAfter } from "../../repository/fake-server.js";
import { historyIn, ship } from "../../repository/shipping.js";
import { all, contractOf, namesIn, put } from "../../repository/store/contract.js";
import { FaultyProxy } from "./faulty-proxy.js";
import { ACCESS_KEY, freePort, S3Server, SECRET_KEY, useCredentials, type S3Kind } from "./s3-server.js";

let count = 0;

describe.each<S3Kind>(["versitygw", "s3proxy"])("%s", (kind) => {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-s3-"));
  let server: S3Server;

  beforeAll(async () => {
    useCredentials();
    server = await S3Server.start(kind, folder);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function store(endpoint = server.endpoint, prefix = `p${count++}`): S3Store {
    const made = new S3Store(`s3://backups/${prefix}?endpoint=${encodeURIComponent(endpoint)}`, { idle: 5000 });
    onTestFinished(() => made.close());
    return made;
  }

  contractOf(kind, () => Promise.resolve(store()));

  test("a large object keeps a checksum of all of it, and is read in pieces", async () => {
    const large = store();
    const bytes = randomBytes(20 << 20);
    await put(large, "base/0.end.gz", bytes);
    const info = await large.head("base/0.end.gz");
    expect(info?.size).toBe(bytes.length);
    if (kind === "versitygw") expect(info?.crc32c).toBe(crc32c(bytes));
    const read = await large.get("base/0.end.gz", { offset: 5 << 20, length: 1 << 20 });
    expect(Buffer.from(read ?? []).equals(bytes.subarray(5 << 20, 6 << 20))).toBe(true);
  });

  test("a record and a snapshot above 64 MiB are shipped, and read back as they were", async () => {
    const large = store();
    await initRepository(large);
    const server = new FakeServer(mkdtempSync(join(folder, "source-")), null);
    const data = randomBytes(70 << 20);
    server.append(...txnsAfter(0n, 3, "before"), { zxid: 4n, value: "", data });
    await ship(server, [large]);
    const [piece] = (await historyIn(large)).main;
    const segment = piece?.segment as Segment;
    expect(segment.size).toBeGreaterThan(70 << 20);
    const objects = new Objects([large], null);
    const run = await readSegment(segment, objects.plain([segment]));
    expect(run.fileOf(4n, 4n)[1]?.includes(data)).toBe(true);

    const parts: StoredObject[] = [];
    const content = hashOf(data);
    for await (const { bytes, ...part } of partsOf(once(data), { kind: "snapshot", zxid: 4n, content }, null)) {
      await put(large, part.name, Buffer.from(bytes));
      parts.push(part);
    }
    expect(parts).toHaveLength(2);
    const read = (await all(objects.plain(parts))).map((each) => Buffer.from(each));
    expect(gunzipSync(Buffer.concat(read)).equals(data)).toBe(true);
  }, 120_000);

  test("a listing goes over several pages", async () => {
    const many = store();
    const names = Array.from({ length: 1100 }, (_, index) => `log/${String(index).padStart(5, "0")}`);
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map((name) => put(many, name, Buffer.from("x"))));
    const before = many.requests.list;
    expect(await namesIn(many, "log/")).toEqual(names);
    expect(many.requests.list - before).toBe(2);
  });

  test("one request in five fails, bodies are cut, connections are dropped: nothing is lost, and nothing doubled", async () => {
    const proxy = await FaultyProxy.start(server.endpoint, 42);
    onTestFinished(() => proxy.stop());
    const faulty = store(proxy.endpoint);
    proxy.faults = { fail: 0.1, drop: 0.05, dropAnswer: 0.05, cut: 0.2, delay: 5 };
    const objects = new Map(Array.from({ length: 40 }, (_, index) => [`log/${index}`, randomBytes(20_000)]));
    for (const [name, bytes] of objects) expect(["stored", "exists"]).toContain(await put(faulty, name, bytes));
    for (const [name, bytes] of objects) {
      const read = await faulty.get(name);
      expect(Buffer.from(read ?? []).equals(bytes), name).toBe(true);
      expect((await faulty.head(name))?.size).toBe(bytes.length);
    }
    expect(await namesIn(faulty, "log/")).toEqual([...objects.keys()].sort());
    proxy.faults = { fail: 1 };
    await expect(new S3Store(faulty.location, { attempts: 2 }).get("log/1")).rejects.toThrow(
      /cannot read log\/1: the store is too busy, or down/,
    );
  });

  test("each trouble is one line that says what to do, and holds no credential", async () => {
    const said = async (
      location: string,
      work: (at: S3Store) => Promise<unknown> = (at) => put(at, "a", Buffer.from("x")),
    ) => {
      const at = new S3Store(location, { attempts: 2, idle: 2000 });
      const error: unknown = await work(at).catch((each: unknown) => each);
      at.close();
      expect(error).toMatchObject({ exitCode: 3 });
      const { message, hint = "" } = error as { message: string; hint?: string };
      expect(message).not.toContain("\n");
      expect(message + hint).not.toContain(SECRET_KEY);
      expect(message + hint).not.toContain("other-secret");
      return message;
    };
    const at = `?endpoint=${encodeURIComponent(server.endpoint)}`;
    for (const work of [undefined, (each: S3Store) => each.head("a"), (each: S3Store) => each.get("a")])
      expect(await said(`s3://nobucket/p${at}`, work)).toContain("there is no such bucket");
    const port = await freePort();
    expect(await said(`s3://backups/p?endpoint=http://127.0.0.1:${port}`)).toContain("connection was refused");
    expect(await said(`s3://backups/p?endpoint=${server.endpoint.replace("http:", "https:")}`)).toContain(
      "does not speak TLS",
    );

    process.env.AWS_SECRET_ACCESS_KEY = "other-secret";
    expect(await said(`s3://backups/p${at}`)).toMatch(/secret key is not the access key's|denies it/);
    process.env.AWS_ACCESS_KEY_ID = "nobody";
    expect(await said(`s3://backups/p${at}`)).toMatch(/does not know this access key|denies it/);
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    expect(await said(`s3://backups/p${at}`)).toContain("no credentials were found");
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET_KEY });

    const proxy = await FaultyProxy.start(server.endpoint);
    onTestFinished(() => proxy.stop());
    proxy.faults = { deny: ["DELETE", "HEAD"] };
    const through = `s3://backups/p?endpoint=${proxy.endpoint}`;
    expect(await said(through, (each) => each.delete("a"))).toContain("cannot delete a: the store denies it");
    expect(await said(through, (each) => each.head("a"))).toContain("cannot look for a: the store denies it");
  });
});

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
