import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { salvage } from "../../../src/forensics/salvage/salvage.js";
import { adler32 } from "../../../src/checksum/index.js";
import { provesItself } from "../../../src/recovery/exact/base.js";
import { discover, scanSnapshot } from "../../../src/recovery/index.js";
import { plain } from "../../../src/text/message.js";
import { shell, zkrewind } from "../../cli/run.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();
let source = "";
let target = "";

beforeEach(() => {
  source = join(folder(), "data");
  target = join(folder(), "saved");
  cpSync(fixtureDir("3.9.5-standalone"), source, { recursive: true });
});

const HEADER = 16;
const RECORD_HEAD = 12;

/** The newest snapshot that its digest proves, under an earlier name, as one that was written under load. */
async function fuzzy(): Promise<[begin: bigint, end: bigint]> {
  const { snapshots } = discover([source]);
  for (const snapshot of snapshots.toReversed()) {
    const end = provesItself(await scanSnapshot(snapshot));
    const begin = (end ?? 0n) - 2n;
    if (begin > 0n) {
      renameSync(snapshot.path, join(source, "version-2", `snapshot.${begin.toString(16)}`));
      return [begin, end ?? 0n];
    }
    rmSync(snapshot.path);
  }
  throw new Error("no snapshot proves itself");
}

/** Rewrites the logs without the transactions after one zxid and up to another. */
function cutLogs(after: bigint, to: bigint): void {
  for (const log of logs().map((name) => join(source, "version-2", name))) {
    const bytes = readFileSync(log);
    const kept = [bytes.subarray(0, HEADER)];
    for (let at = HEADER; at + RECORD_HEAD < bytes.length && bytes.readInt32BE(at + 8) !== 0; ) {
      const end = at + RECORD_HEAD + bytes.readInt32BE(at + 8) + 1;
      const zxid = bytes.readBigInt64BE(at + RECORD_HEAD + 12);
      if (zxid <= after || zxid > to) kept.push(bytes.subarray(at, end));
      at = end;
    }
    writeFileSync(log, Buffer.concat(kept));
  }
}

const logs = (): string[] => readdirSync(join(source, "version-2")).filter((name) => name.startsWith("log."));

/** A page of zeros inside the newest log: what is salvaged of it has a hole. */
function holed(): void {
  const path = join(source, "version-2/log.d5c");
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0, 20_480, 24_576));
}

describe("what salvage writes", () => {
  test("of a sound directory, a server starts on", async () => {
    const { server, next } = await salvage(discover([source]), target);
    expect(server).toMatchObject({ release: "3.9.5", starts: true, zxid: 0xeffn, severity: null });
    expect(next).toEqual([]);
  });

  test("with a hole: 3.9.4 and later do not start, earlier ones come up with the hole, and what makes one that all start on", async () => {
    holed();
    const { server, next } = await salvage(discover([source]), target);
    expect(server).toMatchObject({ starts: false, severity: "error" });
    expect(plain(server?.message as never)).toContain("Committed proposal cached out of order");
    expect(server?.stop?.file).toBe(join(target, "version-2/log.d5c"));
    const older = server?.others.find(({ releases }) => releases.includes("3.9.3"));
    expect(older).toMatchObject({ starts: true, zxid: 0xeffn, lost: [{ where: "in no file" }] });
    expect(next.map(({ run }) => run && plain(run))).toEqual([
      `zkrewind restore ${target} -o DIR --newest-exact`,
      `zkrewind restore ${target} -o DIR --inexact`,
    ]);
    for (const [index, { run }] of next.entries()) {
      const made = join(folder(), `made${index}`);
      const command = plain(run as never)
        .replace(/^zkrewind/, "$ZKREWIND")
        .replace(" DIR", ` ${made}`);
      expect(shell(command).code).toBeLessThan(2);
      expect(zkrewind(["verify", made, "--quiet"]).code).toBe(0);
    }
  });

  test("for the release that is asked for", async () => {
    holed();
    const { server } = await salvage(discover([source]), target, { server: { release: "3.8.6" } });
    expect(server).toMatchObject({ release: "3.8.6", starts: true, zxid: 0xeffn, severity: null, others: [] });
  });

  test("without a snapshot: restore makes one, and the exit code says that no server starts", () => {
    for (const name of readdirSync(join(source, "version-2")))
      if (name.startsWith("snapshot.")) rmSync(join(source, "version-2", name));
    const { code, stdout } = zkrewind(["salvage", source, "-o", target]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("of 3.9.5 would NOT start")]);
    expect(stdout).toContain(`next      zkrewind restore ${target} -o DIR\n`);
  });

  test("of a file that was set aside, under the name that it had; nothing says before that there is no more", async () => {
    renameSync(join(source, "version-2/log.d5c"), join(source, "version-2/log.d5c.bad"));
    const asked = zkrewind(["restore", source, "-o", join(folder(), "asked")]);
    expect([asked.code, asked.stderr]).toEqual([
      4,
      expect.stringContaining("log.d5c.bad has transactions up to 0xeff"),
    ]);
    expect(zkrewind(["verify", source]).stdout).toContain("a later state, 0xeff, is not exact: log.d5c.bad");
    const { server, files, whole, notes } = await salvage(discover([source]), target);
    expect(server).toMatchObject({ starts: true, zxid: 0xeffn });
    expect(files.find(({ file }) => file === "log.d5c.bad")?.output).toBe("version-2/log.d5c");
    expect(whole).toBe(true);
    expect(notes.map(plain)).toEqual(["log.d5c.bad was set aside: it is taken as log.d5c"]);
    // One that another stands for is left, which is told where it holds more.
    const [log, aside] = ["log.d5c", "log.d5c.bad"].map((name) => join(source, "version-2", name)) as [string, string];
    cpSync(aside, log);
    expect(await salvage(discover([source]), `${target}2`)).toMatchObject({ whole: true, notes: [] });
    writeFileSync(log, readFileSync(log).fill(0, 20_000));
    const left = await salvage(discover([source]), `${target}3`);
    expect([left.whole, left.notes.map(plain).join()]).toEqual([false, expect.stringContaining("up to 0xeff")]);
  });

  test.each(["log.d5c~", "log.d5c-old", "bad.log.d5c"])(
    "of a log that was renamed to %s, in its place",
    async (name) => {
      renameSync(join(source, "version-2/log.d5c"), join(source, "version-2", name));
      expect(zkrewind(["restore", source, "-o", join(folder(), "asked")]).code).toBe(4);
      const { server, whole, files } = await salvage(discover([source]), target);
      expect([server?.zxid, whole]).toEqual([0xeffn, true]);
      expect(files.find(({ file }) => file === name)?.output).toBe("version-2/log.d5c");
    },
  );

  test("of a snapshot that is named as a log, apart: no server takes it for a log", async () => {
    rmSync(source, { recursive: true });
    cpSync(fixtureDir("3.4.14-standalone"), source, { recursive: true });
    const snapshot = readdirSync(join(source, "version-2")).find((name) => name.startsWith("snapshot.")) as string;
    cpSync(join(source, "version-2", snapshot), join(source, "version-2/log.f00"));
    const { server, files, notes } = await salvage(discover([source]), target);
    expect(server?.starts).toBe(true);
    expect(files.find(({ file }) => file === "log.f00")?.output).toBe("suspect/log.f00");
    expect(notes.map(plain).join()).toContain("log.f00 is a snapshot by its first bytes, and goes to suspect");
  });

  test("of a log with another's name, under the zxid that it begins with", async () => {
    renameSync(join(source, "version-2/log.d5c"), join(source, "version-2/log.bad"));
    const { server, notes } = await salvage(discover([source]), target);
    expect(server).toMatchObject({ starts: true, zxid: 0xeffn, lost: [] });
    expect(notes.map(plain)).toEqual(["log.bad begins with 0xd5c: it is log.d5c now"]);
  });

  test("where the newest snapshot is proven at a later zxid than its name's, and the log between is lost: it has that zxid's name as well", async () => {
    const [begin, end] = await fuzzy();
    cutLogs(begin, end);
    const { server, files, next } = await salvage(discover([source]), target);
    expect(files.find(({ file }) => file === `snapshot.${end.toString(16)}`)).toMatchObject({ fate: "rebuilt" });
    expect(server).toMatchObject({ starts: true, snapshot: `snapshot.${end.toString(16)}`, lost: [] });
    expect(next).toEqual([]);
  });

  test("where no file is damaged, and digests contradict what they hold: that is said, and the exit code is 1", () => {
    const path = join(source, "version-2/log.d5c");
    const bytes = readFileSync(path);
    const at = HEADER + RECORD_HEAD + bytes.readInt32BE(HEADER + 8) + 1;
    const payload = bytes.subarray(at + RECORD_HEAD, at + RECORD_HEAD + bytes.readInt32BE(at + 8));
    payload[payload.length - 1] = (payload[payload.length - 1] as number) ^ 1;
    bytes.writeBigInt64BE(BigInt(adler32(payload)), at);
    writeFileSync(path, bytes);
    const { code, stdout } = zkrewind(["salvage", source, "-o", target]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("their contents do not fit together")]);
    expect(stdout).toContain("remains   0xd5d: after 0xd5d the server's tree digest was");
  });

  test("of single files is no directory for a server", async () => {
    const path = join(source, "version-2", logs()[0] as string);
    expect(await salvage(discover([path]), target)).toMatchObject({ server: null, next: [], whole: true });
  });
});
