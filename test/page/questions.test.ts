import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { Explorer, launch, Watched } from "./browser.js";

/**
 * What people ask after an accident, answered as someone does who sees the page for the first time: by what is written on
 * it, beginning where it opens. Each counts what the hand does (clicks, drags, texts typed), and what the same takes on the
 * command line.
 */

const SOURCE = fixtureDir("3.8.6-standalone");
const json = (...args: string[]) => JSON.parse(zkrewind([...args, "--json"]).stdout);

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

let explorer: Explorer;
let watched: Watched;
let steps = 0;
async function look(...args: string[]): Promise<void> {
  explorer = await Explorer.of(...args);
  watched = await Watched.of(browser, explorer.address);
  steps = 0;
}
afterEach(async () => {
  await watched.close();
  await explorer.end();
});

async function click(selector: string): Promise<void> {
  steps++;
  await watched.page.locator(selector).first().click();
}

/** Types into a field, and presses Enter. */
async function type(selector: string, text: string): Promise<void> {
  steps++;
  await watched.page.fill(selector, text);
  await watched.page.press(selector, "Enter");
}

test("who deleted it, and what was in it", async () => {
  // Something that someone has deleted, of whose path one remembers a part.
  const { changes } = json("history", SOURCE, "/", "-r") as {
    changes: { change: string; path: string; zxid: string; session: string; before: { data: string } | null }[];
  };
  const there = new Set(json("ls", SOURCE, "/", "-R").nodes.map(({ path }: { path: string }) => path));
  const lost = changes.findLast(
    ({ change, path, session, before }) =>
      change === "delete" && session !== "0x0" && !there.has(path) && (before?.data ?? "").length > 3,
  );
  if (!lost) throw new Error("nothing was deleted");
  await look(SOURCE);
  await type("input[name=search]", lost.path.slice(-12));
  await watched.sees("#gone li", lost.path);
  await click(`#gone >> text="${lost.path}"`);
  await watched.sees("#deleted", lost.zxid);
  expect(await watched.text("#deleted")).toContain(lost.session);
  // What was in it stands in its history; its stat and its ACL a click further.
  expect(await watched.text("#history li:first-child")).toContain(lost.before?.data.slice(0, 20));
  await click("#deleted >> text=show it as it was before");
  await watched.sees("#encoding", "bytes");
  await watched.sees("#data", lost.before?.data ?? "");
  // On the command line: log --path GLOB (or find at an earlier point), history PATH, cat PATH --before ZXID.
  expect(steps).toBeLessThanOrEqual(3);
});

test("what changed at that time", async () => {
  await look(SOURCE);
  const { page } = watched;
  const box = await page.locator(".chart").boundingBox();
  if (!box) throw new Error("no chart");
  // A drag over the time on the axis.
  steps++;
  await page.mouse.move(box.x + box.width * 0.7, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 30);
  await page.mouse.move(box.x + box.width * 0.8, box.y + 30);
  await page.mouse.up();
  await page.waitForFunction(() => location.hash.includes("zoom="));
  await click("#what-changed");
  await watched.sees("#changes", "znodes added");
  const [from = "", to = ""] = await page.locator("#changes p .link.mono").allInnerTexts();
  const { counts, changes } = json("diff", SOURCE, "--from", from, "--to", to);
  await watched.sees("#changes", `${counts.added} znodes added, ${counts.removed} removed, ${counts.changed} changed`);
  expect(await watched.text("#changes")).toContain(changes[0].by[0].session);
  await watched.sees("#znodes .row .diff", /[+−~·]/);
  // On the command line: info (for the times), then diff --from TIME --to TIME, both written out.
  expect(steps).toBe(2);
});

test("what fills the snapshot", async () => {
  await look(SOURCE);
  await click("nav.tabs >> text=Space");
  const { total, patterns, largest } = json("du", SOURCE);
  await watched.sees("#space-total", `${total.znodes.toLocaleString("en")} znodes`);
  expect(await watched.text("#patterns")).toContain(patterns[0].pattern);
  expect(await watched.text("#largest")).toContain(largest[0].path);
  await watched.sees(".cell", /%|kB|bytes/);
  // On the command line: du, and du again for each level below.
  expect(steps).toBe(1);
});

test("why the replicas differ", async () => {
  const servers = [1, 2, 3].map((each) => join(fixtureDir("ensemble-divergent"), `server${each}`));
  const [first = "", ...others] = servers;
  await look(first, ...others.flatMap((each) => ["--node", each]));
  await click("nav.tabs >> text=Ensemble");
  const { divergence, tails, best } = json("compare", ...servers);
  await watched.sees("#fork", divergence.zxid);
  await watched.sees(".lane", `${tails[0].count} transactions`);
  for (const reason of best.reasons) await watched.sees("#best", reason);
  // On the command line: compare, then log on each server from the fork on.
  expect(steps).toBe(1);
});

test("which client makes so many ephemerals", async () => {
  await look(SOURCE);
  await click("nav.tabs >> text=Sessions");
  const { sessions } = json("sessions", SOURCE, "--all") as { sessions: { id: string; ephemeralsMade: number }[] };
  const most = Math.max(...sessions.map(({ ephemeralsMade }) => ephemeralsMade));
  await watched.sees(".session", `${most} ephemerals made`);
  const id = await watched.text(".session .mono");
  expect(sessions.find((each) => each.id === id)?.ephemeralsMade).toBe(most);
  await click(".session");
  await watched.sees("#session h3", id);
  const { ephemeralZnodes, end } = json("session", SOURCE, id);
  await watched.sees("#session", ephemeralZnodes[0].path);
  if (end) await watched.sees("#session", end.zxid);
  // On the command line: sessions --all, sorted, then session ID.
  expect(steps).toBe(2);
});
