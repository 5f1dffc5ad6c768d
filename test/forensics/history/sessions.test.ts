import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sessionLife, sessionLives } from "../../../src/forensics/history/sessions.js";
import { discover } from "../../../src/recovery/index.js";
import { hex } from "../../../src/storage/zxid.js";
import { fixtureDir, oneOfEach, truePoints } from "../../fixtures/index.js";

const STANDALONE = fixtureDir("3.8.6-standalone");

describe("the sessions that have not ended are those that ZooKeeper's own classes have open", () => {
  for (const { title, source, path, logDir } of oneOfEach) {
    if (source.truth === undefined) continue;
    test(title, async () => {
      const directory = discover([path], logDir === undefined ? {} : { logDir });
      for (const truth of truePoints(source.truth as string)) {
        const lives = await sessionLives(directory, { to: truth.zxid });
        const open = lives.filter(({ end }) => end === null).map(({ id, timeout }) => [hex(id), timeout]);
        expect(open, truth.why).toEqual(truth.sessions);
      }
    });
  }
});

describe("a session's life", () => {
  test("of one that expired", async () => {
    const { life, ephemerals } = (await sessionLife(discover([STANDALONE]), 0x10000337d0c0015n)) ?? {};
    expect(life).toMatchObject({ server: 1, timeout: 1000, writes: 4, ephemeralsMade: 4 });
    expect(life?.end).toMatchObject({ zxid: 0xeebn, ending: "server", deletes: 4, mayHaveExpired: true });
    expect(life?.born?.zxid).toBeLessThan(life?.last?.zxid ?? 0n);
    expect(ephemerals?.map(({ lost }) => lost)).toEqual(
      Array.from({ length: 4 }, () => ({ zxid: 0xeebn, time: life?.end?.time, by: "session end", session: life?.id })),
    );
  });

  test("every session that the fixture's server ended may have expired; none that a client closed is said to", async () => {
    const lives = await sessionLives(discover([STANDALONE]));
    const ended = lives.filter(({ end }) => end?.ending === "server");
    expect(ended.length).toBeGreaterThan(5);
    expect(ended.every(({ end }) => end?.mayHaveExpired)).toBe(true);
    expect(lives.filter(({ end }) => end?.ending === "client").length).toBeGreaterThan(20);
  });

  test("counts what a multi did, and what failed", async () => {
    const lives = await sessionLives(discover([STANDALONE]));
    const errors = new Map<string, number>();
    for (const life of lives)
      for (const [name, count] of life.errors) errors.set(name, (errors.get(name) ?? 0) + count);
    expect(errors.get("multi")).toBe(64);
    expect([...errors.values()].reduce((a, b) => a + b, 0)).toBe(130 + 64);
  });

  test("begins in a snapshot where the log with its beginning is gone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zkrewind-sessions-"));
    const version = join(STANDALONE, "version-2");
    for (const name of readdirSync(version).filter((each) => /\.(76[cd]|a9f|aa0|e3c|e40)$/.test(each)))
      copyFileSync(join(version, name), join(folder, name));
    const whole = await sessionLives(discover([STANDALONE]));
    const lives = await sessionLives(discover([folder]));
    rmSync(folder, { recursive: true });
    const known = new Set(lives.map(({ id }) => id));
    for (const life of whole.filter(({ end }) => end === null || end.zxid > 0x76cn)) expect(known).toContain(life.id);
    const open = (list: typeof lives): unknown =>
      list.filter(({ end }) => !end).map(({ id, timeout }) => [id, timeout]);
    expect(open(lives)).toEqual(open(whole));
  });

  test("of which there is no trace", async () => {
    expect(await sessionLife(discover([STANDALONE]), 0x1234n)).toBe(null);
  });
});
