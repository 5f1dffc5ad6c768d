import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ndjsonOf, zkrewind } from "../cli/run.js";
import { Secrets, soundDirectory } from "../cli/secret-directory.js";
import { fixtureDir, sources } from "../fixtures/index.js";
import { THOROUGH } from "../thorough.js";
import { Explorer, launch, Watched } from "./browser.js";

/** What would do something if it were taken for markup, an address, a pattern or a command. */
const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "<script>window.broken = 1<",
  "\"onmouseover='alert(1)'",
  "javascript:alert(1)",
  "&lt;b&gt;&amp;",
  "${alert(1)}{{7*7}}",
  "__proto__",
  "constructor",
  "%2e%2e%2f%00",
  "#at=0x1&path=x",
  "\u202eevil\u2066\u200b\u00ad",
  "ünï©ödé",
  " ",
];

let scratch = "";
let folder = "";
let browser: Browser;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "zkrewind-hostile-"));
  folder = join(scratch, "built");
  const node = (path: string, data: string): string => JSON.stringify({ type: "node", path, data, encoding: "utf8" });
  const lines = [
    node("/h", ""),
    ...HOSTILE.map((each) => node(`/h/${each}`, `</script><script>window.broken = 1</script>${each}`)),
    node("/h/nul", "a\0b"),
    node(`/h/${"long".repeat(250_000)}`, "<b>".repeat(100_000)),
    node("/many", ""),
    ...Array.from({ length: 50_000 }, (_, index) => node(`/many/child-${String(index).padStart(6, "0")}`, "")),
  ];
  const file = join(scratch, "tree.ndjson");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const { code, stderr } = zkrewind(["build", file, "-o", folder]);
  expect(code, stderr).toBe(0);
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Whether the page holds nothing but what it has made itself. */
async function unbroken({ page }: Watched): Promise<void> {
  const found = await page.evaluate(() => [
    "broken" in window,
    document.querySelectorAll("#app script, #app img, #app iframe, #app [onerror], #app [onmouseover]").length,
    document.querySelectorAll("a[href^='javascript']").length,
  ]);
  expect(found).toEqual([false, 0, 0]);
}

async function lookAtAll(watched: Watched): Promise<void> {
  const nodes = ndjsonOf(zkrewind(["ls", folder, "/h", "--format", "ndjson"]).stdout).filter(
    ({ type }) => type === "node",
  );
  expect(nodes.length).toBe(HOSTILE.length + 2);
  for (const path of nodes.map((each) => String(each["path"]))) {
    await watched.show({ path, view: "tree" });
    await watched.page.waitForFunction(
      (length) => (document.querySelector("#znode h3")?.textContent?.length ?? 0) >= Math.min(length, 400),
      path.length,
    );
    await watched.page.waitForSelector("#encoding, #value");
    await unbroken(watched);
  }
}

test("names and values break out of nothing, in the explorer", async () => {
  const explorer = await Explorer.of(folder);
  const watched = await Watched.of(browser, explorer.address);
  await lookAtAll(watched);
  await watched.show({ path: `/h/${HOSTILE[10]}` });
  // What turns the direction of writing is shown as what it is.
  await watched.sees("#znode h3", "\\u{202e}evil\\u{2066}\\u{200b}\\xad");
  for (const view of ["transactions", "sessions", "space"]) {
    await watched.show({ view, path: "/h" });
    await watched.page.waitForSelector(`#${view}`);
    await unbroken(watched);
  }
  await watched.fits();
  await watched.close();
  await explorer.end();
});

test("control characters and bytes that are no text are shown as what they are", async () => {
  const odd = join(scratch, "odd");
  const { path } = await soundDirectory(odd, new Secrets());
  const explorer = await Explorer.of(odd);
  const watched = await Watched.of(browser, explorer.address);
  await watched.show({ path });
  const names = watched.page.locator("#znodes .row .name");
  // Rows are there before their names are.
  await names.filter({ hasText: "\\x1b[35m" }).first().waitFor();
  const text = (await names.allInnerTexts()).join("\n");
  expect(text).toContain("\\x1b[35m");
  expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202e\u2067\u200b]/u);
  await unbroken(watched);
  // One that is not UTF-8 is named by its bytes, also in the address.
  await watched.page.fill("input[name=filter]", "\ufffd");
  await names.filter({ hasText: "\ufffd\ufffd\ufffd" }).first().click();
  await watched.sees("#znode h3", "\ufffd\ufffd\ufffd");
  await watched.sees("#value", "null");
  await watched.sees("#commands", "not UTF-8");
  expect(watched.page.url()).toContain("base64");
  await watched.page.reload();
  await watched.ready();
  await watched.sees("#znodes .row.selected", "\ufffd\ufffd\ufffd");
  await watched.sees("#znode h3", "\ufffd\ufffd\ufffd");
  await unbroken(watched);
  await watched.close();
  await explorer.end();
});

test("a list of very many children shows the last as quickly as the first", async () => {
  const explorer = await Explorer.of(folder);
  const watched = await Watched.of(browser, explorer.address);
  await watched.show({ path: "/many" });
  await watched.sees("#total", "50,000 children");
  await watched.sees("#znodes .row", "child-000000");
  await watched.page.focus("#znodes [role=tree]");
  // The last row is that of /zookeeper.
  await watched.page.keyboard.press("End");
  await watched.page.keyboard.press("ArrowUp");
  await watched.sees("#znodes .row.selected", "child-049999");
  expect(await watched.page.locator("#znodes .row").count()).toBeLessThan(60);
  await watched.close();
  await explorer.end();
});

/** Values of one shape are shown alike: of each shape one, or all of them. */
function shapeOf(value: string): string {
  return THOROUGH ? value : value.replaceAll(/\p{L}+/gu, "a").replaceAll(/\d+/g, "0");
}

test("the values of every fixture are shown as they are", async () => {
  const values = new Map<string, { data: string; encoding: string }>();
  for (const { path, logDir } of sources) {
    const logs = logDir === undefined ? [] : ["--log-dir", logDir];
    const { stdout } = zkrewind(["export", path, ...logs, "--inexact", "--format", "ndjson"]);
    for (const { type, data, encoding } of ndjsonOf(stdout))
      if (type === "node" && typeof data === "string") values.set(shapeOf(data), { data, encoding: String(encoding) });
  }
  expect(values.size).toBeGreaterThan(100);
  const nodes = [...values.values()].map((each, index) => ({ type: "node", path: `/v${index}`, ...each }));
  const file = join(scratch, "values.ndjson");
  writeFileSync(file, `${nodes.map((each) => JSON.stringify(each)).join("\n")}\n`);
  const all = join(scratch, "values");
  expect(zkrewind(["build", file, "-o", all]).code).toBe(0);
  const explorer = await Explorer.of(all);
  const watched = await Watched.of(browser, explorer.address);
  const shown = await watched.page.evaluate(async (count) => {
    const texts: string[] = [];
    const seen = (): boolean =>
      document.querySelector("#znode h3")?.textContent === `/v${texts.length}` &&
      document.querySelector("#data, #value p") !== null;
    while (texts.length < count) {
      location.hash = `path=/v${texts.length}`;
      for (let turn = 0; turn < 600; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (seen()) break;
      }
      // A value that has just come is shown in the form that fits it: a click before that is lost.
      for (let turn = 0; turn < 200 && document.querySelector("#data"); turn++) {
        const [text] = document.querySelectorAll<HTMLButtonElement>("#value .bar button");
        if (text?.getAttribute("aria-pressed") === "true") break;
        text?.click();
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      texts.push(document.querySelector("#data")?.textContent ?? "");
    }
    return texts;
  }, nodes.length);
  for (const [index, { data, encoding }] of nodes.entries())
    if (encoding === "utf8" && !/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/u.test(data))
      expect(shown[index], JSON.stringify(data)).toBe(data.replaceAll("\r", "\\x0d"));
  await unbroken(watched);
  await watched.close();
  await explorer.end();
});

test("a report opens from disk, asks nobody, and shows the tree and its values", async () => {
  const file = join(scratch, "report.html");
  const { code, stderr } = zkrewind(["report", folder, "-o", file, "--tree", "--data", "1000"]);
  expect(code, stderr).toBe(0);
  const watched = await Watched.of(browser, pathToFileURL(file).href);
  await lookAtAll(watched);
  await watched.page.fill("input[name=search]", "window.broken");
  await watched.page.click("#search button[type=submit]");
  await watched.sees("#searched", `${HOSTILE.length} hits; all`);
  await unbroken(watched);
  await watched.close();
});

test("a report of a range has the views of the explorer, and axe finds nothing", async () => {
  const file = join(scratch, "range.html");
  zkrewind(["report", fixtureDir("3.8.6-standalone"), "-o", file, "--tree", "--from", "0xe3d", "--to", "0xe5a"]);
  for (const width of [1280, 390]) {
    const watched = await Watched.of(browser, pathToFileURL(file).href, { width, dark: width === 390 });
    await watched.sees("#changes", "9 znodes added, 4 removed, 3 changed");
    await watched.show({ path: "/counters/c7" });
    await watched.sees("#znode", "0xe3a");
    await watched.sees("#value", "is not in this report");
    await watched.axe(`report ${width}`);
    await watched.fits();
    for (const [view, seen] of [
      ["transactions", "30 transactions"],
      ["sessions", "78 sessions"],
      ["space", "1,839 znodes"],
    ] as const) {
      await watched.show({ view, path: "/" });
      await watched.sees(`#${view}`, seen);
    }
    await watched.shot(`report-${width}`);
    await watched.close();
  }
});

test("the tree of a report opens as the explorer's does, with the changes of its range in it", async () => {
  const file = join(scratch, "tree.html");
  const range = ["--from", "0xe11", "--to", "0xe3d", "--at", "0xe3d"];
  zkrewind(["report", fixtureDir("3.8.6-standalone"), "-o", file, "--tree", ...range]);
  const watched = await Watched.of(browser, pathToFileURL(file).href);
  const { page } = watched;
  await page.focus("#znodes [role=tree]");
  await page.keyboard.type("queue");
  await watched.sees("#znode h3", "/queue");
  await page.keyboard.press("ArrowRight");
  await watched.sees("#total", "queue: 6 children");
  await watched.sees("#znodes .row.gone", "item-0000000012");
  const marked = await page.locator("#znodes [aria-level='3'] .diff").allInnerTexts();
  expect(marked).toEqual(["~", "~", "−"]);
  await page.keyboard.press("ArrowRight");
  await watched.sees("#znode h3", "/queue/item-0000000003");
  await page.fill("input[name=filter]", "item-000000001");
  await watched.sees("#total", "2 match");
  await watched.close();
});
