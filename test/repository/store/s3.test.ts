import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { S3Store } from "../../../src/repository/store/s3.js";
import { s3Location } from "../../../src/repository/store/s3-location.js";
import { all, put } from "./contract.js";

Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIDUNIT", AWS_SECRET_ACCESS_KEY: "unit-secret" });

/** A store that answers as it is told. */
async function scripted(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<S3Store> {
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const store = new S3Store(`s3://bucket/pre?endpoint=http://127.0.0.1:${port}&region=x`, { attempts: 2, idle: 2000 });
  onTestFinished(() => {
    store.close();
    server.closeAllConnections();
    server.close();
  });
  return store;
}

function failing(status: number, code: string, message = "") {
  return scripted((_, response) => {
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  });
}

const page = (names: string[], more = "") =>
  `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more !== ""}</IsTruncated>${more && `<NextContinuationToken>${more}</NextContinuationToken>`}${names.map((name) => `<Contents><Key>${name}</Key><Size>1</Size></Contents>`).join("")}</ListBucketResult>`;

test("a repository's name says where it is, and never holds a credential", () => {
  expect(s3Location("s3://bucket")).toMatchObject({ bucket: "bucket", prefix: "", isPathStyle: true });
  expect(s3Location("s3://bucket/a/b/")).toMatchObject({ bucket: "bucket", prefix: "a/b/" });
  expect(s3Location("s3://b.c-d/p?endpoint=https%3A%2F%2Fh%3A9000&region=eu-1&profile=x&style=virtual")).toMatchObject({
    prefix: "p/",
    endpoint: "https://h:9000",
    region: "eu-1",
    profile: "x",
    isPathStyle: false,
  });
  for (const wrong of ["s3://", "s3://B", "s3://b/../c", "s3://bucket/a b", "s3://bucket?x=1", "s3://bucket?style=odd"])
    expect(() => s3Location(wrong), wrong).toThrow(expect.objectContaining({ exitCode: 2 }));
  for (const secret of ["s3://key:hush@bucket/p", "s3://hush@bucket", "s3://bucket/p?endpoint=https://key:hush@host"]) {
    expect(() => s3Location(secret)).toThrow(/no credential/);
    expect(() => s3Location(secret)).not.toThrow(/hush/);
  }
});

test.each([
  [403, "RequestTimeTooSkewed", "this machine's clock is too far from the store's"],
  [403, "SignatureDoesNotMatch", "the secret key is not the access key's"],
  [403, "InvalidAccessKeyId", "the store does not know this access key"],
  [403, "AccessDenied", "the store denies it: the credentials lack the right"],
  [400, "ExpiredToken", "the session token has expired"],
  [404, "NoSuchBucket", "there is no such bucket"],
  [400, "AuthorizationHeaderMalformed", "the bucket is in another region"],
  [503, "SlowDown", "the store is too busy, or down"],
  [507, "QuotaExceeded", "the store is full, or its quota is used up"],
  [400, "BadDigest", "the bytes changed on their way: the store computed another checksum"],
])("HTTP %i %s in words", async (status, code, words) => {
  await expect((await failing(status, code)).get("a")).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(new RegExp(`cannot read a: ${words}$`)) as string,
  });
});

test("an error that nobody knows is repeated on one line, without the credentials", async () => {
  const store = await failing(418, "Teapot", "the key AKIDUNIT\nand unit-secret are short and stout");
  await expect(store.get("a")).rejects.toThrow(/Teapot: the key … and … are short and stout \(HTTP 418\)$/);
});

test("a body that breaks off is read on from there; one that changes on the way is refused", async () => {
  const bytes = Buffer.from("0123456789");
  const ranges: (string | undefined)[] = [];
  const store = await scripted(({ headers: { range } }, response) => {
    ranges.push(range);
    const from = Number(range?.match(/\d+/)?.[0] ?? 0);
    const rest = bytes.subarray(from);
    const status = range === undefined ? {} : { "content-range": `bytes ${from}-9/10` };
    response.writeHead(range === undefined ? 200 : 206, { "content-length": rest.length, etag: '"e"', ...status });
    // Four bytes at a time, and then the line is dead.
    if (rest.length <= 4) response.end(rest);
    else response.write(rest.subarray(0, 4), () => response.destroy());
  });
  expect(Buffer.from((await store.get("a")) ?? []).toString()).toBe("0123456789");
  expect(ranges).toEqual([undefined, "bytes=4-", "bytes=8-"]);
});

test("a store that ignores a range gives it all the same", async () => {
  const store = await scripted((_, response) => response.end("0123456789"));
  expect(Buffer.from((await store.get("a", { offset: 3, length: 4 })) ?? []).toString()).toBe("3456");
});

test("other bytes than were sent are no success, whatever the store answers", async () => {
  const answering = (headers: Record<string, string>) =>
    scripted(({ method, url = "" }, response) => {
      if (method === "HEAD") response.writeHead(404).end();
      else if (url.includes("list-type")) response.writeHead(200).end(page([]));
      else response.writeHead(200, headers).end(method === "GET" ? "y" : undefined);
    });
  const other = await answering({ etag: '"e"', "x-amz-checksum-crc32c": "AAAAAA==" });
  await expect(put(other, "a", Buffer.from("x"))).rejects.toThrow("the store keeps other bytes than it was given");
  // One that keeps no checksum is asked for the bytes.
  const weak = await answering({ etag: '"none"' });
  await expect(put(weak, "a", Buffer.from("x"))).rejects.toThrow("the store keeps other bytes than it was given");
});

test("a listing out of order, or one that does not end, is refused; names that are none are not ours", async () => {
  const names = async (body: string) => {
    const store = await scripted((_, response) =>
      response.writeHead(200, { "content-type": "application/xml" }).end(body),
    );
    return (await all(store.list(""))).map(({ name }) => name);
  };
  expect(await names(page(["pre/../x", "pre/.b", "pre/a", "pre/b//c", "pre/c d", "prefix/z"]))).toEqual(["a"]);
  await expect(names(page(["pre/b", "pre/a"]))).rejects.toThrow(/order of their names/);
  await expect(names(page([], "again"))).rejects.toThrow(/order of their names/);
});

test("a body without an end is not taken into memory", async () => {
  const store = await scripted((_, response) => {
    const chunk = Buffer.alloc(1 << 20);
    const write = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once("drain", write);
    };
    write();
  });
  await expect(store.get("a")).rejects.toThrow(/larger than any object/);
});

test("an object above 64 MiB is read; more than was asked for is not taken", async () => {
  const bytes = Buffer.alloc(65 << 20, "x");
  const store = await scripted((_, response) => response.writeHead(200).end(bytes));
  expect((await store.get("a"))?.length).toBe(bytes.length);
  const lying = await scripted((_, response) =>
    response.writeHead(206, { "content-range": "bytes 0-9/10" }).end("more than ten bytes"),
  );
  await expect(lying.get("a", { offset: 0, length: 10 })).rejects.toThrow("sends more than it was asked for");
});
