import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { NewFile } from "../../../src/io/new/new-file.js";
import { guardUnfinished } from "../../../src/io/new/unfinished.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();
const TEMPORARY = /^\.zkrewind-[0-9a-f]{16}\.tmp$/;

afterEach(() => guardUnfinished(() => () => {}));

describe("a new file", () => {
  test("has its name only when it is whole, and nothing else is left", () => {
    const file = new NewFile(join(folder(), "out"));
    expect(readdirSync(folder())).toEqual([]);
    file.write(Buffer.from("one "));
    expect(readdirSync(folder())).toEqual([expect.stringMatching(TEMPORARY)]);
    file.write(Buffer.from("two"));
    file.finish();
    expect(readdirSync(folder())).toEqual(["out"]);
    expect(readFileSync(join(folder(), "out"), "utf8")).toBe("one two");
    file.discard();
    expect(readdirSync(folder())).toEqual(["out"]);
  });

  test("has another temporary name each time: what was left behind is neither used nor touched", () => {
    const first = new NewFile(join(folder(), "a"));
    first.write(Buffer.from("killed here"));
    const left = readdirSync(folder());
    for (let run = 0; run < 20; run++) {
      const next = new NewFile(join(folder(), `next${run}`));
      next.write(Buffer.from("x"));
      next.finish();
    }
    expect(readdirSync(folder()).filter((name) => TEMPORARY.test(name))).toEqual(left);
    expect(readFileSync(join(folder(), left[0] as string), "utf8")).toBe("killed here");
    first.discard();
  });

  test("never takes the place of anything, a symlink to nowhere included", () => {
    symlinkSync(join(folder(), "elsewhere"), join(folder(), "link"));
    expect(() => new NewFile(join(folder(), "link"))).toThrowError(expect.objectContaining({ exitCode: 3 }));
    const file = new NewFile(join(folder(), "late"));
    file.write(Buffer.from("ours"));
    symlinkSync(join(folder(), "elsewhere"), join(folder(), "late"));
    expect(() => file.finish()).toThrow(/late exists already/);
    expect(readdirSync(folder()).sort()).toEqual(["late", "link"]);
  });

  test("is removed by whoever ends the process, until it is finished", () => {
    const removals: (() => void)[] = [];
    guardUnfinished((remove) => {
      removals.push(remove);
      return () => void removals.splice(removals.indexOf(remove), 1);
    });
    const file = new NewFile(join(folder(), "out"));
    file.write(Buffer.from("x"));
    expect(removals).toHaveLength(1);
    removals[0]?.();
    expect(readdirSync(folder())).toEqual([]);
    file.discard();
    const other = new NewFile(join(folder(), "other"));
    other.write(Buffer.from("x"));
    other.finish();
    expect(removals).toEqual([]);
  });

  test("says what is wrong with its folder", () => {
    writeFileSync(join(folder(), "file"), "");
    const message = (path: string): string => {
      try {
        return new NewFile(path).path;
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message(join(folder(), "no/out"))).toBe(`${join(folder(), "no")}: no such folder`);
    expect(message(join(folder(), "file/out"))).toBe(`${join(folder(), "file")}: not a folder`);
    expect(message(join(folder(), "x".repeat(300)))).toMatch(/^cannot write .*: the name is too long$/);
  });
});
