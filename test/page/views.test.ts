import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { Explorer, launch, Watched } from "./browser.js";

const SOURCE = fixtureDir("3.8.6-standalone");
const json = (...args: string[]) => JSON.parse(zkrewind([...args, "--json"]).stdout);

let browser: Browser;
let explorer: Explorer;
let watched: Watched;
beforeAll(async () => {
  browser = await launch();
  explorer = await Explorer.of(SOURCE);
  watched = await Watched.of(browser, explorer.address);
});
afterAll(async () => {
  await watched.close();
  await explorer.end();
  await browser.close();
});

const names = (which: string): Promise<string[]> => watched.page.locator(`#znodes .row${which} .name`).allInnerTexts();

test("the token leaves the address, and no script can read it", async () => {
  expect(watched.page.url()).not.toContain("token");
  expect(await watched.page.evaluate(() => document.cookie)).toBe("");
});

test("the verdict is that of verify, and each finding says what it means", async () => {
  const { sound, exact, startable, findings } = json("verify", SOURCE);
  expect(await watched.text("#sound")).toBe(sound ? "Sound" : "Not sound");
  expect(await watched.text("#start")).toContain(`A server of ${startable.release} would start, at ${startable.zxid}.`);
  for (const { from, to } of exact) expect(await watched.text("#exact")).toContain(`${from} to ${to}`);
  await watched.page.click("#findings > summary");
  await watched.page.click("#findings li summary");
  expect(await watched.text("#findings")).toContain(findings[0].code);
  expect(await watched.text("#findings")).toContain(findings[0].meaning);
  await watched.page.click("#findings > summary");
});

test("the timeline counts all transactions, by kind", async () => {
  await watched.show({ view: "tree" });
  const ops = Object.fromEntries(
    json("log", SOURCE, "--stats").ops.map(({ op, count }: { op: string; count: number }) => [op, count]),
  );
  await watched.sees(".legend", "multi");
  expect(await watched.text(".legend")).toContain(`multi ${ops.multi}`);
  expect(await watched.text("#files > summary")).toContain("3,848 transactions");
  expect(await watched.page.locator(".chart .mark-snapshot").count()).toBe(6);
});

describe("the tree", () => {
  test("lists the children that ls lists, at the point", async () => {
    for (const at of ["0x400", "0xf08"]) {
      await watched.show({ at, path: "/counters" });
      await watched.sees("#zxid", at);
      const expected = json("ls", SOURCE, "/counters", "--at", at).nodes.map(({ path }: { path: string }) =>
        path.slice(10),
      );
      await watched.sees("#total", `${expected.length} children`);
      const shown = await names("[aria-level='3']");
      expect(shown.every((name) => expected.includes(name))).toBe(true);
      expect(shown[0]).toBe(expected[0]);
    }
  });

  test("shows a znode's stat, ACL, value and history, and who did it", async () => {
    const path = "/counters/c7";
    await watched.show({ at: "0xf08", path });
    await watched.sees("#znode h3", path);
    await watched.sees("#encoding", "19 bytes");
    const { stat } = json("stat", SOURCE, path, "--at", "0xf08");
    const text = await watched.text("#znode");
    for (const value of [stat.czxid, stat.mzxid, stat.ctime.replace("T", " ").replace("Z", " UTC")])
      expect(text).toContain(value);
    expect(text).toContain("anyone may do everything");
    const { changes } = json("history", SOURCE, path);
    await watched.sees("#history", `${changes.length} changes`);
    const last = changes.at(-1);
    const first = await watched.text("#history li:first-child");
    for (const value of [last.zxid, last.session]) expect(first).toContain(value);
    await watched.page.click(`#history li:first-child >> text=${last.session}`);
    await watched.sees("#session h3", last.session);
  });

  test("follows the keyboard, as a tree does", async () => {
    await watched.show({ at: "0xf08", path: "/" });
    await watched.sees("#total", "13 children");
    const { page } = watched;
    const chosen = () => page.locator("#znodes .row.selected");
    await page.focus("#znodes [role=tree]");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await watched.sees("#znodes .row.selected", "busy");
    expect(await chosen().getAttribute("aria-expanded")).toBe("false");
    await page.keyboard.press("ArrowRight");
    await watched.sees("#total", "393 children");
    expect(await chosen().getAttribute("aria-expanded")).toBe("true");
    await page.keyboard.press("ArrowRight");
    await watched.sees("#znode h3", json("ls", SOURCE, "/busy").nodes[0].path);
    expect(await chosen().getAttribute("aria-level")).toBe("3");
    expect(await chosen().getAttribute("aria-setsize")).toBe("393");
    expect(await page.getAttribute("[role=tree]", "aria-activedescendant")).toBe(await chosen().getAttribute("id"));
    await page.keyboard.press("ArrowLeft");
    await watched.sees("#znode h3", /^\/busy$/);
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => document.querySelector("#znodes .selected[aria-expanded=false]"));
    await page.keyboard.press("End");
    await watched.sees("#znode h3", json("ls", SOURCE, "/").nodes.at(-1).path);
    await page.keyboard.press("Home");
    await watched.sees("#znode h3", /^\/$/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.type("cou");
    await watched.sees("#znode h3", "/counters");
  });

  test("filters, and searches all of it", async () => {
    await watched.show({ at: "0xf08", path: "/wide" });
    await watched.sees("#total", "1,000 children");
    await watched.page.fill("input[name=filter]", "99");
    await watched.sees("#total", "19 match");
    await watched.page.fill("input[name=search]", "item-");
    await watched.page.click("#search button[type=submit]");
    const found = json("find", SOURCE, "--path", "/**/*item-*").nodes.length;
    await watched.sees("#searched", `${found} hits; all 1,839 znodes searched`);
  });

  test("marks what differs from another point, with who made it so", async () => {
    await watched.show({ at: "0xe3c", against: "0xa9f", path: "/" });
    const { counts, changes } = json("diff", SOURCE, "--from", "0xa9f", "--to", "0xe3c");
    await watched.sees(
      "#changes",
      `${counts.added} znodes added, ${counts.removed} removed, ${counts.changed} changed`,
    );
    expect(await watched.text("#changes")).toContain(changes[0].by[0].session);
    await watched.sees("#znodes .row .diff", "~");
    await watched.show({ at: "0xe3c", path: "/" });
  });
});

test("steps by transaction, there and back, with buttons and arrows", async () => {
  const { transactions } = json("log", SOURCE, "--from", "0xe3d", "-n", "4");
  const zxids = transactions.map(({ zxid }: { zxid: string }) => zxid);
  await watched.show({ at: zxids[0] });
  await watched.sees("#zxid", zxids[0]);
  for (const zxid of zxids.slice(1)) {
    await watched.page.click("text=next →");
    await watched.sees("#zxid", zxid);
  }
  await watched.page.focus(".chart");
  for (const zxid of zxids.slice(0, -1).toReversed()) {
    await watched.page.keyboard.press("ArrowLeft");
    await watched.sees("#zxid", zxid);
  }
  await watched.page.locator("body").press(".");
  await watched.sees("#zxid", zxids[1]);
});

test("a click on the timeline sets the point, and a zoom is in the address", async () => {
  await watched.show({ at: "latest" });
  await watched.sees("#zxid", "0xf08");
  const box = await watched.page.locator(".chart").boundingBox();
  if (!box) throw new Error("no chart");
  await watched.page.mouse.click(box.x + box.width / 4, box.y + 20);
  await watched.page.waitForFunction(() => document.querySelector("#zxid")?.textContent !== "0xf08");
  expect(watched.page.url()).toMatch(/#at=0x[0-9a-f]+/);
  await watched.page.click("[aria-label='zoom in']");
  await watched.page.waitForFunction(() => location.hash.includes("zoom="));
  await watched.sees(".timeline .bar", /[45](\.\d)? s shown/);
  await watched.page.click(".timeline >> text=all");
});

/** Where a share of the chart's width is, over the bars or on the strip below. */
async function onChart(share: number, strip = false): Promise<[number, number]> {
  const box = await watched.page.locator(".chart").boundingBox();
  if (!box) throw new Error("no chart");
  return [box.x + box.width * share, box.y + (strip ? box.height - 6 : 20)];
}

const zoomed = (): number[] =>
  (new URLSearchParams(watched.page.url().split("#")[1]).get("zoom") ?? "").split("~").map(Number);

test("a drag over the timeline zooms into what it passes, and a drag of the point moves that", async () => {
  const { page } = watched;
  await watched.show({ at: "latest" });
  await watched.sees("#zxid", "0xf08");
  const { transactions } = json("log", SOURCE) as { transactions: { time: string; zxid: string }[] };
  const [begin, end] = [transactions[0], transactions.at(-1)].map((each) => Date.parse(each?.time ?? ""));
  await page.mouse.move(...(await onChart(0.25)));
  await page.mouse.down();
  await page.mouse.move(...(await onChart(0.4)));
  await page.mouse.move(...(await onChart(0.5)));
  await page.mouse.up();
  await page.waitForFunction(() => location.hash.includes("zoom="));
  const [from = 0, to = 0] = zoomed();
  const whole = (end ?? 0) - (begin ?? 0);
  expect((from - (begin ?? 0)) / whole).toBeCloseTo(0.25, 1);
  expect((to - (begin ?? 0)) / whole).toBeCloseTo(0.5, 1);
  // The point has stayed.
  expect(await watched.text("#zxid")).toBe("0xf08");
  await page.mouse.move(...(await onChart(0.9, true)));
  await page.mouse.down();
  await page.mouse.move(...(await onChart(0.6, true)));
  await page.mouse.move(...(await onChart(0.5, true)));
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector("#zxid")?.textContent !== "0xf08");
  const at = await watched.text("#zxid");
  // The last one before the place, as far as the bars are apart.
  const [early, late] = [0.45, 0.55].map((share) => from + share * (to - from));
  const near = transactions.filter(({ time }) => Date.parse(time) <= (late ?? 0));
  const least = near.findLast(({ time }) => Date.parse(time) <= (early ?? 0))?.zxid ?? "";
  expect(Number(at)).toBeGreaterThanOrEqual(Number(least));
  expect(near.map(({ zxid }) => zxid)).toContain(at);
  expect(zoomed()).toEqual([from, to]);
});

test("wheel and keys zoom from all there is to a single transaction, and back", async () => {
  const { page } = watched;
  await watched.show({ at: "0xe3d" });
  await watched.sees("#zxid", "0xe3d");
  await page.mouse.move(...(await onChart(0.5)));
  await page.mouse.wheel(0, -400);
  await page.waitForFunction(() => location.hash.includes("zoom="));
  const [from = 0, to = 0] = zoomed();
  await page.mouse.wheel(0, -400);
  await page.waitForFunction((before) => !location.hash.includes(before), `zoom=${from}`);
  const [finer = 0, finest = 0] = zoomed();
  expect(finest - finer).toBeLessThan(to - from);
  // At all there is, the wheel scrolls the page.
  await page.mouse.wheel(0, 3000);
  await page.waitForFunction(() => !location.hash.includes("zoom="));
  // One that no other shares its millisecond with.
  const { transactions } = json("log", SOURCE, "--from", "0xe00") as { transactions: { time: string; zxid: string }[] };
  const alone = transactions.find(({ time }) => transactions.filter((each) => each.time === time).length === 1);
  const { time, zxid } = alone ?? { time: "", zxid: "" };
  await watched.show({ at: zxid });
  await watched.sees("#zxid", zxid);
  await page.focus("#app .chart");
  for (let times = 0; times < 40 && !(await watched.text(".timeline .bar")).includes("2 ms shown"); times++)
    await page.keyboard.press("+");
  const [first = 0, last = 0] = zoomed();
  expect(last - first).toBe(2);
  expect(Date.parse(time)).toBeGreaterThanOrEqual(first);
  await page.waitForFunction(() => document.querySelectorAll(".chart g title").length <= 4);
  const titles = await page.locator(".chart g:not(.mark) title").allTextContents();
  expect(titles.join()).toContain(`${time.replace("T", " ").replace("Z", " UTC")}: 1 transaction,`);
  await page.keyboard.press("0");
  await page.waitForFunction(() => !location.hash.includes("zoom="));
});

test("transactions are those of log, filtered as there, with multis folded", async () => {
  await watched.show({ view: "transactions", filter: "op=multi&from=0xe00&to=0xf00" });
  const { transactions } = json("log", SOURCE, "--op", "multi", "--from", "0xe00", "--to", "0xf00");
  await watched.sees("#transactions", `${transactions.length} transactions`);
  const list = watched.page.locator(".transactions > li");
  expect(await list.count()).toBe(transactions.length);
  expect(await list.first().innerText()).toContain(transactions[0].zxid);
  await list.first().locator("summary").first().click();
  expect(await list.first().innerText()).toContain(transactions[0].members[0].op);
});

test("sessions are bars, with how each ended", async () => {
  await watched.show({ view: "sessions", at: "0xf08", session: "0x10000337d0c0015" });
  const { sessions } = json("sessions", SOURCE, "--all");
  await watched.sees("#sessions", `${sessions.length} sessions, 13 open at the point`);
  expect(await watched.page.locator(".session").count()).toBe(sessions.length);
  const life = json("session", SOURCE, "0x10000337d0c0015");
  await watched.sees("#session", life.end.zxid);
  for (const { path } of life.ephemeralZnodes) expect(await watched.text("#session")).toContain(path);
});

test("space is what du adds up", async () => {
  await watched.show({ view: "space", at: "0xf08", path: "/" });
  const { total, patterns } = json("du", SOURCE);
  await watched.sees("#space-total", `${total.znodes.toLocaleString("en")} znodes`);
  expect(await watched.text("#patterns")).toContain(patterns[0].pattern);
  await watched.page.locator(".cell", { hasText: "busy" }).first().click();
  await watched.sees("#space bdi", "/busy");
});

test("a link leads to the same point, path and view; back goes back", async () => {
  const other = await Watched.of(browser, explorer.address);
  await other.page.goto(`${watched.page.url().split("#")[0]}#at=0xe3d&path=%2Fcounters%2Fc19&view=tree`);
  await other.sees("#zxid", "0xe3d");
  await other.sees("#znode h3", "/counters/c19");
  await other.sees("#znodes .row.selected", "c19");
  await other.page.click("nav.tabs >> text=Space");
  await other.sees("#space h2", "What takes the space");
  await other.page.goBack();
  await other.sees("#znode h3", "/counters/c19");
  await other.close();
});

test.each([
  [1280, false],
  [390, true],
])("axe finds nothing, and all fits, at %i pixels, dark: %s", async (width, dark) => {
  const other = await Watched.of(browser, explorer.address, { width, dark });
  for (const [view, ready] of [
    ["tree", "#encoding"],
    ["transactions", ".transactions li"],
    ["sessions", ".session"],
    ["space", ".cell"],
    ["ensemble", "#ensemble"],
  ] as const) {
    await other.show({
      view,
      path: view === "tree" ? "/counters/c14" : "/",
      at: "0xe3d",
      against: view === "tree" ? "0xa9f" : "",
    });
    await other.page.waitForSelector(ready);
    if (view === "tree") await other.page.waitForSelector("#changes li");
    await other.axe(`${view} ${width}`);
    await other.fits();
    await other.shot(`${view}-${width}-${dark ? "dark" : "light"}`);
  }
  await other.close();
});

test("an ensemble's servers lie beside each other, with the fork and what each lacks", async () => {
  const servers = [1, 2, 3].map((each) => join(fixtureDir("ensemble-divergent"), `server${each}`));
  const [first = "", ...others] = servers;
  const ensemble = await Explorer.of(first, ...others.flatMap((each) => ["--node", each]));
  const other = await Watched.of(browser, ensemble.address);
  await other.show({ view: "ensemble" });
  const { divergence, tails, best } = json("compare", ...servers);
  await other.sees("#fork", divergence.zxid);
  expect(await other.page.locator(".lane").count()).toBe(3);
  await other.sees(".lane", `${tails[0].count} transactions`);
  await other.sees(".lane h3", `${best.nodes[0]}`);
  await other.axe("ensemble of three");
  await other.shot("ensemble-three");
  await other.close();
  await ensemble.end();
});

test("the copies in repositories show what each covers, and how far it is behind", async () => {
  const scratch = mkdtempSync(join(tmpdir(), "zkrewind-copies-"));
  const [near, far] = ["near", "far"].map((each) => join(scratch, each)) as [string, string];
  const earlier = join(scratch, "earlier");
  cpSync(SOURCE, earlier, { recursive: true });
  for (const each of ["log.e40", "snapshot.e3c"]) rmSync(join(earlier, "version-2", each));
  for (const [folder, repository] of [
    [SOURCE, near],
    [earlier, far],
  ] as const) {
    expect(zkrewind(["backup", "init", repository]).code).toBe(0);
    expect(zkrewind(["backup", "run", folder, "--repo", repository, "--server-name", "1"]).code).toBe(0);
  }
  const expected = json("backup", "list", near, far);
  const other = await Explorer.of(near, far);
  const shown = await Watched.of(browser, other.address);
  await shown.show({ view: "ensemble" });
  expect(expected.repositories.map(({ behind }: { behind: boolean }) => behind)).toEqual([false, true]);
  await shown.sees("#copies p", expected.together.recoveryPoint.zxid);
  for (const [index, { location, recoveryPoint, first }] of expected.repositories.entries()) {
    const lane = shown.page.locator(".copy").nth(index);
    const text = await lane.innerText();
    for (const each of [location, recoveryPoint.zxid, first]) expect(text).toContain(each);
    expect(text).toMatch(index === 0 ? /up to date/ : /\d transactions?(, [\d.]+ m?s)? behind/);
  }
  await shown.axe("copies");
  await shown.fits();
  await shown.shot("copies");
  await shown.close();
  await other.end();
  rmSync(scratch, { recursive: true, force: true });
});
