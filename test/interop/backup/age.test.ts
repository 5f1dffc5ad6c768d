import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decryptBytes, encryptBytes, identitiesOf, recipientsOf } from "../../../src/repository/crypt/index.js";
import { scratchFolder } from "../scratch.js";

const SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 3_000_000];

test("what we encrypt, the real age opens; what it encrypts, we open; its recipients files and identities are read", async () => {
  const folder = scratchFolder();
  const key = join(folder, "key.txt");
  execFileSync("age-keygen", ["-o", key], { stdio: "ignore" });
  const recipient = execFileSync("age-keygen", ["-y", key], { encoding: "utf8" }).trim();
  const identities = await identitiesOf([key]);
  const recipients = await recipientsOf([recipient]);
  for (const size of SIZES) {
    const plain = randomBytes(size);
    const [ours, theirs] = [join(folder, `${size}.ours`), join(folder, `${size}.theirs`)];
    writeFileSync(ours, await encryptBytes(plain, recipients));
    const opened = execFileSync("age", ["-d", "-i", key, ours], { maxBuffer: 1 << 24 });
    expect(opened.equals(plain), `age -d of ${size} bytes`).toBe(true);
    execFileSync("age", ["-r", recipient, "-o", theirs], { input: plain });
    expect((await decryptBytes(readFileSync(theirs), identities, theirs)).equals(plain), `${size} bytes`).toBe(true);
  }
  writeFileSync(join(folder, "damaged"), flipped(readFileSync(join(folder, "3000000.ours"))));
  expect(() => execFileSync("age", ["-d", "-i", key, join(folder, "damaged")], { stdio: "ignore" })).toThrow();
});

function flipped(bytes: Buffer): Buffer {
  bytes[1_000_000] = (bytes[1_000_000] as number) ^ 1;
  return bytes;
}
