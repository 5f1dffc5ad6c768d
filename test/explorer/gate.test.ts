import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { Client } from "./client.js";

let client: Client;
beforeAll(async () => {
  client = await Client.of(fixtureDir("3.8.6-standalone"));
});
afterAll(() => client.close());

const token = (): string => new URL(client.serving.address).searchParams.get("token") ?? "";

describe("the token", () => {
  test("becomes a cookie that no script reads and no other site's request carries, and leaves the address", async () => {
    const { status, headers } = await client.raw(`/?token=${token()}`, {});
    expect(status).toBe(303);
    expect(headers["location"]).toBe("/");
    expect(String(headers["set-cookie"])).toMatch(/^zkrewind-\d+=[\w-]{32}; HttpOnly; SameSite=Strict; Path=\/$/);
  });

  test.each(["/", "/page.js", "/api/summary", "/api/node?path=/", "/api/search?text=a"])(
    "without it, as another user of the machine has none, %s is refused",
    async (path) => {
      for (const cookie of [
        "",
        `zkrewind-${client.serving.port}=`,
        `zkrewind-${client.serving.port}=${"a".repeat(32)}`,
      ]) {
        const { status, text } = await client.raw(path, cookie === "" ? {} : { cookie });
        expect(status).toBe(403);
        expect(text).toContain("open the address that zkrewind has printed");
      }
    },
  );

  test("a wrong one is refused, and gives no cookie", async () => {
    const { status, headers } = await client.raw("/?token=wrong", {});
    expect([status, headers["set-cookie"]]).toEqual([403, undefined]);
  });

  test("is not taken by other addresses than the page's", async () => {
    expect((await client.raw(`/api/summary?token=${token()}`, {})).status).toBe(403);
  });
});

test.each(["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example:1", "169.254.1.1"])(
  "a Host header of %j, as DNS rebinding sends it, is refused even with the cookie",
  async (host) => {
    expect((await client.get("/api/summary", { host })).status).toBe(421);
  },
);

test.each(["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:9", "LOCALHOST", "bastion.example:8080"])(
  "a Host header of %j is this machine, wherever its port is forwarded from",
  async (host) => {
    expect((await client.get("/api/summary", { host })).status).toBe(200);
  },
);

test.each([
  { origin: "https://evil.example" },
  { origin: "http://127.0.0.1:1" },
  { origin: "null" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
])("a page of another origin is refused even with the cookie: %j", async (headers) => {
  expect((await client.get("/api/summary", headers as Record<string, string>)).status).toBe(403);
});

test("our own page is answered", async () => {
  const origin = `http://127.0.0.1:${client.serving.port}`;
  expect((await client.get("/api/summary", { "sec-fetch-site": "same-origin", origin })).status).toBe(200);
});

test.each(["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])("%s is not answered", async (method) => {
  const { status, headers } = await client.raw("/", {}, method);
  expect(status).toBe(405);
  expect(headers["access-control-allow-origin"]).toBe(undefined);
});

test("everything says what the browser may load: nothing from elsewhere", async () => {
  for (const path of ["/", "/page.js", "/page.css", "/api/summary", "/none", "/?token=wrong"]) {
    const { headers } = await client.get(path);
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|http|data:/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["access-control-allow-origin"]).toBe(undefined);
  }
});

test("it listens on this machine alone", () => {
  expect(client.serving.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
});
