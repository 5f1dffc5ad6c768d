import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { adler32 } from "../../src/checksum/adler32.js";
import { fixtureDir } from "../fixtures/index.js";
import { complaints } from "./complaints.js";
import { scratchFolder, serve } from "./scratch.js";
import { zkrewind } from "./zkrewind.js";

// The control of restore.test.ts: a server does say so when a restored snapshot's digest is not its tree's.
describe("a server complains of a digest that is not its tree's", () => {
  for (const version of ["3.6.4", "3.8.6", "3.9.5"]) {
    test(version, async () => {
      const target = join(scratchFolder(), "restored");
      await zkrewind(
        "restore",
        fixtureDir(`${version}-standalone`),
        "-o",
        target,
        "--release",
        "3.6.4",
        "--extended-types",
      );
      const folder = join(target, "version-2");
      falsifyDigest(join(folder, readdirSync(folder).find((name) => name.startsWith("snapshot.")) ?? ""));
      const server = await serve(version, { dataDir: target });
      expect(complaints(server.log())).not.toEqual([]);
    });
  }
});

/** In layout 3.6 a snapshot ends with the digest (a long) and its seal: an Adler-32 in a long, and the string "/". */
function falsifyDigest(file: string): void {
  const bytes = readFileSync(file);
  const seal = bytes.length - 13;
  bytes.writeUInt8(bytes.readUInt8(seal - 1) ^ 1, seal - 1);
  bytes.writeBigInt64BE(BigInt(adler32(bytes.subarray(0, seal)) >>> 0), seal);
  writeFileSync(file, bytes);
}
