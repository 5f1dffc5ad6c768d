import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FIXTURES } from "../fixtures/index.js";
import { classPath } from "./java.js";

const MAKE = join(FIXTURES, "make/messages");
const scratch = mkdtempSync(join(tmpdir(), "zkrewind-messages-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("the table of messages is what the releases' jars give", { timeout: 600_000 }, () => {
  const made = execFileSync(process.execPath, [join(MAKE, "extract.mjs")], { maxBuffer: 1 << 24 }).toString();
  expect(made).toBe(readFileSync(join(FIXTURES, "server-messages.tsv"), "utf8"));
});

test("a class of today's javac is read as well as the releases' are", async () => {
  writeFileSync(
    join(scratch, "Speaker.java"),
    `import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
class Speaker {
  private static final Logger LOG = LoggerFactory.getLogger(Speaker.class);
  void speak(String file, long zxid, int found, boolean most, Exception cause) throws Exception {
    LOG.info("Reading {}", file);
    LOG.warn("zxid 0x" + Long.toHexString(zxid) + ", of " + file + ';', cause);
    LOG.error(most ? "all of them" : "none of them");
    switch (found) {
      case 1: LOG.debug("one is " + found); break;
      case 700: LOG.debug("many are " + (most ? "here" : "there")); break;
      default: LOG.trace(String.format("in %s at %08x", file, zxid));
    }
    String message = "cannot read " + file;
    try {
      LOG.error(message);
    } finally {
      System.err.println("it ends");
    }
    StringBuilder parts = new StringBuilder("built ");
    parts.append(zxid).append(" up");
    throw new java.io.IOException(parts.toString(), cause);
  }
}
`,
  );
  execFileSync("javac", ["-nowarn", "-cp", classPath("3.9.5"), "-d", scratch, join(scratch, "Speaker.java")]);
  const { ClassFile } = await import(join(MAKE, "class-file.mjs"));
  const { saidBy } = await import(join(MAKE, "said.mjs"));
  const said = [...saidBy(new ClassFile(readFileSync(join(scratch, "Speaker.class"))))];
  expect(said.map(({ level, thrown, text }) => [thrown ?? level, text])).toEqual([
    ["info", "Reading {}"],
    ["warn", "zxid 0x{}, of {};"],
    ["error", "none of them"],
    ["error", "all of them"],
    ["debug", "one is {}"],
    ["debug", "many are {}"],
    ["trace", "in {} at {}"],
    ["error", "cannot read {}"],
    ["out", "it ends"],
    ["out", "it ends"],
    ["java/io/IOException", "built {} up"],
  ]);
});
