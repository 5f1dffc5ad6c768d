import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openBytes } from "../../src/io/open-bytes.js";
import { fileBytes } from "../../src/io/file-bytes.js";
import { UnreadableFile } from "../../src/io/unreadable-file.js";
import { plain } from "../../src/text/message.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();

function why(path: string): string {
  try {
    openBytes(path).close();
  } catch (error) {
    if (error instanceof UnreadableFile) return plain(error.why);
    throw error;
  }
  return "readable";
}

describe("only regular files are opened", () => {
  test("a file, and a symlink to it", () => {
    const path = join(folder(), "file");
    writeFileSync(path, "0123456789");
    symlinkSync(path, join(folder(), "link"));
    expect(why(join(folder(), "link"))).toBe("readable");
    expect(fileBytes(path).readAt(3, 4).toString()).toBe("3456");
    expect(fileBytes(path).readAt(8, 10).toString()).toBe("89");
    expect(fileBytes(path).readAt(20, 10)).toHaveLength(0);
  });

  test("nothing waits for a pipe, and no device is read", () => {
    const pipe = join(folder(), "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(why(pipe)).toBe("a named pipe, not a regular file");
    expect(why("/dev/zero")).toBe("a device, not a regular file");
    symlinkSync("/dev/zero", join(folder(), "zeros"));
    expect(why(join(folder(), "zeros"))).toBe("a device, not a regular file");
  });

  test("a socket, a folder, links to nowhere and to themselves", async () => {
    const socket = join(folder(), "socket");
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(socket, resolve);
    });
    expect(why(socket)).toBe("a socket, not a regular file");
    server.close();
    mkdirSync(join(folder(), "inner"));
    expect(why(join(folder(), "inner"))).toBe("a folder, not a regular file");
    symlinkSync(join(folder(), "nothing"), join(folder(), "dangling"));
    expect(why(join(folder(), "dangling"))).toBe("no such file or folder");
    symlinkSync("loop", join(folder(), "loop"));
    expect(why(join(folder(), "loop"))).toBe("a symlink that leads nowhere");
  });
});
