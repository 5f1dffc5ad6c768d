import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileSink } from "../../src/io/new/file-sink.js";

describe("FileSink", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "zkrewind-sink-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("gives the file its name only when it is whole", async () => {
    const sink = new FileSink(join(folder, "out"));
    await sink.write(Buffer.from("one "));
    expect(readdirSync(folder)).not.toContain("out");
    await sink.write(Buffer.from("two"));
    sink.finish();
    expect(readdirSync(folder)).toEqual(["out"]);
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("one two");
  });

  it("leaves nothing behind when it is discarded", async () => {
    const sink = new FileSink(join(folder, "out"));
    await sink.write(Buffer.from("one"));
    sink.discard();
    sink.finish();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("makes an empty file of nothing", () => {
    new FileSink(join(folder, "out")).finish();
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("");
  });

  it("refuses what exists, at the beginning and at the end", async () => {
    writeFileSync(join(folder, "there"), "mine");
    expect(() => new FileSink(join(folder, "there"))).toThrow(/exists already/);
    expect(() => new FileSink(folder)).toThrow(/exists already/);
    const sink = new FileSink(join(folder, "late"));
    await sink.write(Buffer.from("ours"));
    writeFileSync(join(folder, "late"), "theirs");
    expect(() => sink.finish()).toThrow(/exists already/);
    expect(readFileSync(join(folder, "late"), "utf8")).toBe("theirs");
    expect(readdirSync(folder).sort()).toEqual(["late", "there"]);
  });

  it("writes to a device as it is", async () => {
    const sink = new FileSink("/dev/null");
    await sink.write(Buffer.from("gone"));
    sink.finish();
  });

  it("says so where the folder does not exist", async () => {
    expect(() => new FileSink(join(folder, "no/out"))).toThrow(`${join(folder, "no")}: no such folder`);
  });
});
