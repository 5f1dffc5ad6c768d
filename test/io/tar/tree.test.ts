import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileBytes } from "../../../src/io/file-bytes.js";
import { TarTree } from "../../../src/io/tar/tree.js";
import { UnreadableFile } from "../../../src/io/unreadable-file.js";
import { plain } from "../../../src/text/message.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { archive, type Made, member, pax, sum } from "./archive.js";

const folder = temporaryFolder();

function treeOf(bytes: Buffer): TarTree {
  const path = join(folder(), "a.tar");
  writeFileSync(path, bytes);
  return new TarTree(fileBytes(path));
}

const made = (...members: Made[]): TarTree => treeOf(archive(members));

function text(tree: TarTree, path: string): string {
  return tree.bytesOf(path).readAt(0, 1000).toString();
}

const told = (tree: TarTree): string[] => tree.findings.map(({ code, message }) => `${code}: ${plain(message)}`);

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof UnreadableFile) return plain(error.why);
    throw error;
  }
  return "";
}

describe.each(["v7", "ustar", "gnu", "pax"])("an archive in tar's format %s", (format) => {
  test("is read as what was packed", () => {
    const source = join(folder(), "source");
    const long = `${"long/".repeat(format === "v7" ? 2 : 25)}version-2`;
    mkdirSync(join(source, long), { recursive: true });
    writeFileSync(join(source, long, "snapshot.1f"), "a snapshot");
    writeFileSync(join(source, long, "empty"), "");
    writeFileSync(join(source, long, "log.20"), Buffer.alloc(1000, "log "));
    // A long path does not fit into ustar's field for what a link leads to.
    if (format !== "ustar") linkSync(join(source, long, "snapshot.1f"), join(source, long, "snapshot.same"));
    symlinkSync("/etc/passwd", join(source, long, "symlink"));
    if (format !== "v7") execFileSync("mkfifo", [join(source, long, "pipe")]);
    const path = join(folder(), "a.tar");
    execFileSync("tar", ["cf", path, `--format=${format}`, "-C", source, "."]);
    const tree = new TarTree(fileBytes(path));
    expect(told(tree)).toEqual([]);
    const within = `/${long}`;
    expect(tree.namesIn(within)).toEqual(readdirSync(join(source, long)).sort());
    expect(text(tree, `${within}/snapshot.1f`)).toBe("a snapshot");
    if (format !== "ustar") expect(text(tree, `${within}/snapshot.same`)).toBe("a snapshot");
    expect(text(tree, `${within}/log.20`)).toBe("log ".repeat(250));
    expect(tree.bytesOf(`${within}/empty`).size).toBe(0);
    expect(tree.kindOf(`${within}/symlink`)).toBe("a link");
    expect(refusal(() => tree.bytesOf(`${within}/symlink`))).toBe("a link, not a regular file");
    if (format !== "v7") expect(refusal(() => tree.bytesOf(`${within}/pipe`))).toBe("a named pipe, not a regular file");
    expect(tree.shown(`${within}/log.20`)).toBe(`${path}:${long}/log.20`);
  });
});

test("a sparse file is said to be one", () => {
  const source = join(folder(), "source");
  mkdirSync(source);
  writeFileSync(join(source, "log.1"), "x");
  execFileSync("truncate", ["-s", "64M", join(source, "log.1")]);
  for (const format of ["gnu", "pax"]) {
    const path = join(folder(), `${format}.tar`);
    execFileSync("tar", ["cSf", path, `--format=${format}`, "-C", source, "log.1"]);
    const tree = new TarTree(fileBytes(path));
    expect(told(tree)).toEqual([]);
    expect([format, refusal(() => tree.bytesOf("/log.1"))]).toEqual([format, expect.stringContaining("sparse")]);
  }
});

describe("hostile archives", () => {
  test("lead nowhere: neither out of the archive, nor through links and devices", () => {
    const tree = made(
      { path: "../../etc/passwd", data: "out" },
      { path: "version-2/../../log.1", data: "out" },
      { path: "/version-2/log.2", data: "absolute" },
      { path: "version-2/link", type: "2", link: "/etc" },
      { path: "version-2/link/log.3", data: "through a link" },
      { path: "version-2/hard", type: "1", link: "/etc/passwd" },
      { path: "version-2/device", type: "3" },
    );
    expect(tree.namesIn("/")).toEqual(["version-2"]);
    expect(text(tree, "/version-2/log.2")).toBe("absolute");
    expect(tree.kindOf("/version-2/hard")).toBe("a link");
    expect(refusal(() => tree.bytesOf("/version-2/device"))).toBe("a device, not a regular file");
    expect(told(tree)).toEqual([
      "archive.member: its path leads out of the archive",
      "archive.member: its path leads out of the archive",
      "archive.member: a part of its path is not a folder",
    ]);
  });

  test("that have a name twice: the last is read, and that is said", () => {
    const tree = made(
      { path: "log.1", data: "first" },
      { path: "./log.1", data: "second" },
      { path: "a/b" },
      { path: "a" },
    );
    expect(text(tree, "/log.1")).toBe("second");
    expect(told(tree)).toEqual([
      "archive.member: it is there more than once: the last one is read",
      "archive.member: a folder has the same name",
    ]);
  });

  test("with sizes that are not so", () => {
    const cut = treeOf(archive([{ path: "log.1", data: "four", size: 2 ** 32 }]));
    expect(told(cut)[0]).toMatch(
      /^archive.damaged: the archive ends inside log\.1: \d+ of 4294967296 bytes are there$/,
    );
    expect(cut.bytesOf("/log.1").size).toBeLessThan(2000);
    const huge = member({ path: "log.1" });
    // Base 256: more than a double can count.
    huge[124] = 0x80;
    huge.fill(0xff, 125, 136);
    sum(huge.subarray(0, 512));
    expect(told(treeOf(huge))).toEqual([
      expect.stringContaining("archive.damaged: there is no header where a member should begin"),
    ]);
    const inPax = made(pax({ size: "99999999999999" }), { path: "log.1", data: "x" });
    expect(told(inPax)[0]).toContain("the archive ends inside log.1");
  });

  test("with extended headers without end", () => {
    expect(told(made({ path: "x", type: "x", size: 2 ** 30 }))[0]).toContain("an extended header has 1073741824 bytes");
    const deep = made(pax({ path: "a/".repeat(50_000) }), { path: "x" });
    expect(told(deep)).toEqual(["archive.member: its path is too long"]);
    const names = made({ path: "././@LongLink", type: "L", data: `${"n".repeat(200)}\0` }, { path: "n", data: "long" });
    expect(text(names, `/${"n".repeat(200)}`)).toBe("long");
  });

  test("that are cut between two members", () => {
    const tree = treeOf(archive([{ path: "log.1", data: "x" }], false));
    expect(told(tree)).toEqual(["archive.damaged: the archive is cut off after 1 member"]);
    expect(text(tree, "/log.1")).toBe("x");
  });

  test("are read to where they are damaged, wherever that is, and never further", () => {
    const whole = archive([
      { path: "version-2/", type: "5" },
      pax({ path: "version-2/log.1" }),
      { path: "short", data: "x".repeat(700) },
      { path: "version-2/snapshot.5", data: "y" },
    ]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, cut) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        const tree = treeOf(cut ? bytes.subarray(0, at) : bytes);
        for (const path of ["/version-2/log.1", "/version-2/snapshot.5"])
          if (tree.isThere(path) && tree.kindOf(path) === "a file") {
            const stored = tree.bytesOf(path);
            expect(stored.size).toBeLessThanOrEqual(whole.length);
            expect(stored.readAt(0, 10_000).length).toBe(stored.size);
          }
        if (cut) expect(tree.findings.some(({ code }) => code === "archive.damaged")).toBe(at < whole.length - 512);
      }),
      { numRuns: 500 },
    );
  });
});
