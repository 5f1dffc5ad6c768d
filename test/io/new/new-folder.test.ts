import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { makeFolder } from "../../../src/io/new/new-folder.js";
import { guardUnfinished } from "../../../src/io/new/unfinished.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

afterEach(() => guardUnfinished(() => () => {}));

/** Puts a file into it. */
const fill = async (temporary: string): Promise<string> => {
  expect(readdirSync(temporary)).toEqual([]);
  writeFileSync(join(temporary, "file"), "content");
  return temporary;
};

describe("a new folder", () => {
  test("has its name only when it is whole; its temporary one is new each time", async () => {
    const first = await makeFolder(join(folder(), "a"), async (temporary) => {
      expect(readdirSync(folder())).not.toContain("a");
      return fill(temporary);
    });
    const second = await makeFolder(join(folder(), "b"), fill);
    expect(first).not.toBe(second);
    expect(readdirSync(folder())).toEqual(["a", "b"]);
    expect(readFileSync(join(folder(), "a/file"), "utf8")).toBe("content");
  });

  test("is gone where filling it fails", async () => {
    const failing = makeFolder(join(folder(), "a"), async (temporary) => {
      await fill(temporary);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(readdirSync(folder())).toEqual([]);
  });

  test("never takes the place of anything, and follows no symlink", async () => {
    mkdirSync(join(folder(), "there"));
    symlinkSync(join(folder(), "nowhere"), join(folder(), "link"));
    for (const name of ["there", "link"])
      await expect(makeFolder(join(folder(), name), fill)).rejects.toThrow(/exists already/);
    for (const [name, make] of [
      ["late-folder", (path: string) => mkdirSync(path)],
      ["late-link", (path: string) => symlinkSync(join(folder(), "there"), path)],
    ] as const) {
      const path = join(folder(), name);
      const late = makeFolder(path, async (temporary) => {
        make(path);
        return fill(temporary);
      });
      await expect(late).rejects.toThrow(/exists already/);
    }
    expect(readdirSync(join(folder(), "there"))).toEqual([]);
    expect(lstatSync(join(folder(), "late-link")).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder()).sort()).toEqual(["late-folder", "late-link", "link", "there"]);
  });

  test("is removed by whoever ends the process in the midst of it", async () => {
    let remove = (): void => {};
    guardUnfinished((given) => {
      remove = given;
      return () => {};
    });
    await makeFolder(join(folder(), "a"), async (temporary) => {
      await fill(temporary);
      remove();
      expect(readdirSync(folder())).toEqual([]);
      mkdirSync(temporary);
    });
  });

  test("names itself where the system refuses", async () => {
    const failing = makeFolder(join(folder(), "a"), async (temporary) =>
      writeFileSync(join(temporary, "x".repeat(300)), ""),
    );
    await expect(failing).rejects.toThrow(`cannot write ${join(folder(), "a")}: the name is too long`);
  });
});
