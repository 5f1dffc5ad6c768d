import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { start } from "../cli/run.js";

/** Where screenshots are kept. */
const ARTEFACTS = join(import.meta.dirname, "../../build/page");

export interface Look {
  width?: number;
  dark?: boolean;
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
      " ",
    ),
  });
}

/** An explorer that serves some sources until it is ended. */
export class Explorer {
  readonly address: string;
  private readonly started: ChildProcess;

  private constructor(address: string, started: ChildProcess) {
    this.address = address;
    this.started = started;
  }

  static async of(...args: string[]): Promise<Explorer> {
    const started = start(["explore", ...args]);
    const [piece] = (await once(started.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    return new Explorer(piece.toString().trim(), started);
  }

  async end(): Promise<void> {
    this.started.kill("SIGINT");
    await once(this.started, "exit");
  }
}

/** A page, and everything that it must not do: ask elsewhere, break its policy, fail, or show a dialog. */
export class Watched {
  readonly page: Page;
  readonly wrong: string[] = [];

  private constructor(page: Page) {
    this.page = page;
  }

  static async of(browser: Browser, address: string, { width = 1280, dark = false }: Look = {}): Promise<Watched> {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    const watched = new Watched(page);
    const { wrong } = watched;
    page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`));
    page.on("console", (message) => {
      // What the server refuses is shown on the page, and logged by the browser besides.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        wrong.push(message.text());
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(http:\/\/127\.0\.0\.1:|file:|about:|blob:)/.test(url)) wrong.push(`request: ${url.slice(0, 200)}`);
    });
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
      );
    });
    await page.goto(address);
    await watched.ready();
    return watched;
  }

  /** All has been read. */
  async ready(): Promise<void> {
    await this.page.waitForSelector("#sound", { timeout: 60_000 });
    await this.page.waitForSelector("#zxid", { timeout: 60_000 });
  }

  /** Follows a link within the page. */
  async show(hash: Record<string, string>): Promise<void> {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, new URLSearchParams(hash).toString());
  }

  text(selector: string): Promise<string> {
    return this.page.innerText(selector);
  }

  /** Waits until an element's text matches. */
  async sees(selector: string, text: string | RegExp): Promise<void> {
    await this.page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: 20_000 });
  }

  async axe(what: string): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const serious = violations.map(
      ({ id, impact, nodes }) => `${what}: ${impact} ${id}: ${nodes[0]?.html.slice(0, 200)}`,
    );
    expect(serious).toEqual([]);
  }

  /** Nothing is wider than the window. */
  async fits(): Promise<void> {
    const [wide, window] = await this.page.evaluate(() => [
      document.scrollingElement?.scrollWidth ?? 0,
      document.scrollingElement?.clientWidth ?? 0,
    ]);
    expect(wide).toBeLessThanOrEqual(window ?? 0);
  }

  async shot(name: string): Promise<void> {
    mkdirSync(ARTEFACTS, { recursive: true });
    await this.page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage: true });
  }

  /** Nothing was wrong up to now. */
  async close(): Promise<void> {
    expect(this.wrong).toEqual([]);
    await this.page.context().close();
  }
}
