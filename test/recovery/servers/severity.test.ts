import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { discover, verify } from "../../../src/recovery/index.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

describe("logs without a snapshot, on which only 3.4 starts", () => {
  const folder = temporaryFolder();

  test("are what 3.4 leaves when it first starts: no error", async () => {
    const { startable, sound } = await verify(discover([fixtureDir("3.4.14-first-start")]));
    expect([sound, startable.starts, startable.severity]).toEqual([true, false, "warning"]);
  });

  test("are an error where there are several: servers write a snapshot before they begin another log", async () => {
    const copy = join(folder(), "data");
    cpSync(fixtureDir("3.5.10-standalone"), copy, { recursive: true });
    for (const name of readdirSync(join(copy, "version-2")))
      if (name.startsWith("snapshot.")) rmSync(join(copy, "version-2", name));
    const { startable, sound } = await verify(discover([copy]));
    expect([sound, startable.starts, startable.severity]).toEqual([false, false, "error"]);
  });
});
