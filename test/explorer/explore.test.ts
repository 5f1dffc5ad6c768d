import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("--open gives the browser the address in a file that only the user can read, and takes it away", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-browser-"));
  const browser = join(folder, process.platform === "darwin" ? "open" : "xdg-open");
  const seen = join(folder, "seen");
  // What a browser would do: it reads the file that it is given.
  const script = `#!/bin/sh\nfile="\${1#file://}"\n{ echo "$*"; ls -l "$file"; cat "$file"; } > "${seen}.new"\nmv "${seen}.new" "${seen}"\n`;
  writeFileSync(browser, script);
  chmodSync(browser, 0o755);
  const started = start(["explore", SOURCE, "--open"], { PATH: `${folder}:${process.env["PATH"]}` });
  const address = (await textOf(started.stdout)).trim();
  while (!existsSync(seen)) await new Promise((resolve) => setTimeout(resolve, 20));
  const [given = "", mode = "", ...page] = readFileSync(seen, "utf8").split("\n");
  expect(given).toMatch(/^file:\/\/\/\S+\.html$/);
  expect(mode).toMatch(/^-rw------- /);
  expect(page.join("\n")).toContain(`url=${address}"`);
  const [, token = ""] = address.split("token=");
  expect(given).not.toContain(token);
  started.kill("SIGINT");
  expect(await once(started, "exit")).toEqual([0, null]);
  expect(existsSync(given.slice("file://".length))).toBe(false);
  rmSync(folder, { recursive: true, force: true });
});
