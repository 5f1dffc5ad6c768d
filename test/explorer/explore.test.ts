import { once } from "node:events";
import { expect, test } from "vitest";
import { start, zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";

const SOURCE = fixtureDir("3.8.6-standalone");

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  const [piece] = (await once(stream as NodeJS.ReadableStream, "data")) as [Buffer];
  return piece.toString();
}

test("prints its address alone, serves the page, and ends with Ctrl-C", async () => {
  const started = start(["explore", SOURCE, "--node", fixtureDir("3.8.6-digest-off")]);
  const address = (await textOf(started.stdout)).trim();
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
  const welcome = await fetch(address, { redirect: "manual" });
  const cookie = welcome.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = await fetch(new URL("/", address), { headers: { cookie } });
  expect(await page.text()).toContain('<div id="app">');
  const script = await fetch(new URL("/page.js", address), { headers: { cookie } });
  expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect((await script.text()).length).toBeGreaterThan(10_000);
  const summary = await fetch(new URL("/api/summary", address), { headers: { cookie } });
  expect(await summary.json()).toMatchObject({ type: "summary", sources: [SOURCE, fixtureDir("3.8.6-digest-off")] });
  started.kill("SIGINT");
  expect(await once(started, "exit")).toEqual([0, null]);
});

test("a port that is taken is said to be, and is no port", async () => {
  const started = start(["explore", SOURCE]);
  const { port } = new URL((await textOf(started.stdout)).trim());
  const { code, stdout, stderr } = zkrewind(["explore", SOURCE, "--port", port]);
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toContain(`cannot listen on port ${port}: EADDRINUSE`);
  started.kill("SIGTERM");
  expect(await once(started, "exit")).toEqual([0, null]);
  expect(zkrewind(["explore", SOURCE, "--port", "65536"]).code).toBe(2);
  expect(zkrewind(["explore", "/nowhere"]).code).toBe(3);
});
