import { describe, expect, it } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { zkrewind } from "./run.js";

describe("verify with other threads", () => {
  const directories = ["3.8.6-standalone", "3.9.5-gzip", "upgraded-torn-multi"];

  it.each(directories)("says of %s what it says without, files and replays in the same order", (name) => {
    const args = ["verify", fixtureDir(name), "--format", "json"];
    const alone = zkrewind(args, { ZKREWIND_THREADS: "1" });
    const together = zkrewind(args, { ZKREWIND_THREADS: "3" });
    expect(together).toEqual(alone);
    expect(alone.stdout).toContain('"replayed":true');
  });
});
