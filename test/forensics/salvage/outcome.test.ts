import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { salvage } from "../../../src/forensics/salvage/salvage.js";
import { discover } from "../../../src/recovery/index.js";
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
    expect(server?.at?.file).toBe(join(target, "version-2/log.d5c"));
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

  test("of single files is no directory for a server", async () => {
    const path = join(source, "version-2", logs()[0] as string);
    expect(await salvage(discover([path]), target)).toMatchObject({ server: null, next: [], whole: true });
  });
});
