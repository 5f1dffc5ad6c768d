import { randomBytes } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import {
  decrypt,
  decryptBytes,
  encrypt,
  encryptBytes,
  identitiesOf,
  isAge,
  recipientsFile,
  recipientsOf,
  type Identities,
  type Recipients,
} from "../../../src/repository/crypt/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();
const CHUNK = 64 << 10;
let secret: string;
let publicKey: string;
let recipients: Recipients;
let identities: Identities;

beforeAll(async () => {
  secret = await generateX25519Identity();
  publicKey = await identityToRecipient(secret);
  recipients = await recipientsOf([publicKey]);
});

async function identityFile(name: string, ...lines: string[]): Promise<Identities> {
  const path = join(folder(), name);
  writeFileSync(path, `# a comment\n\n${lines.join("\n")}\n`, { mode: 0o600 });
  return identitiesOf([path]);
}

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function all(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  for await (const part of parts) list.push(Uint8Array.from(part));
  return Buffer.concat(list);
}

test("what is encrypted opens with typage and with us, in whatever pieces it comes and goes", async () => {
  identities = await identityFile("own", secret);
  const opener = new Decrypter();
  opener.addIdentity(secret);
  const sizes = fc.oneof(
    fc.constantFrom(0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1),
    fc.nat(3 * CHUNK),
  );
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.integer({ min: 1, max: 200_000 }),
      fc.integer({ min: 1, max: 200_000 }),
      async (size, i, o) => {
        const plain = randomBytes(size);
        const stored = await all(encrypt(pieces(plain, i), recipients));
        expect(isAge(stored)).toBe(true);
        expect(Buffer.from(await opener.decrypt(stored)).equals(plain)).toBe(true);
        expect((await all(decrypt(pieces(stored, o), identities, "x"))).equals(plain)).toBe(true);
      },
    ),
    { numRuns: 25 },
  );
});

test("what typage encrypts opens, to several recipients by each", async () => {
  const encrypter = new Encrypter();
  const other = await generateX25519Identity();
  encrypter.addRecipient(await identityToRecipient(other));
  encrypter.addRecipient(publicKey);
  const plain = randomBytes(100_000);
  const stored = await encrypter.encrypt(plain);
  for (const each of [secret, other])
    expect((await decryptBytes(stored, await identityFile(each.slice(-5), each), "x")).equals(plain)).toBe(true);
});

test("no changed byte and no cut gives other bytes than those that were written", async () => {
  const own = await identityFile("own-2", secret);
  const plain = randomBytes(CHUNK + 100);
  const stored = await encryptBytes(plain, recipients);
  const places = fc.oneof(fc.nat(400), fc.nat(stored.length - 1));
  await fc.assert(
    fc.asyncProperty(places, fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const other = Buffer.from(stored);
      other[at] = (other[at] as number) ^ change;
      await expect(decryptBytes(other, own, "log/1")).rejects.toThrow(
        /log\/1: (it is (damaged|not an age|cut)|none of)/,
      );
    }),
    { numRuns: 60 },
  );
  const overhead = stored.length - plain.length - 2 * 16;
  await fc.assert(
    fc.asyncProperty(fc.oneof(places, fc.constantFrom(0, overhead, overhead + CHUNK + 16)), async (length) => {
      const cut = decryptBytes(stored.subarray(0, length), own, "log/1");
      const why = expect.stringMatching(length < 22 ? /not-age/ : /truncated|damaged/) as string;
      await expect(cut).rejects.toMatchObject({ why });
    }),
    { numRuns: 60 },
  );
  // At the end of a chunk, where the file looks whole.
  const whole = stored.subarray(0, stored.length - 100 - 16);
  await expect(decryptBytes(whole, own, "log/1")).rejects.toMatchObject({ why: "truncated" });
  await expect(decryptBytes(Buffer.concat([stored, Buffer.alloc(1)]), own, "log/1")).rejects.toThrow(
    /damaged|cut short/,
  );
});

test("each way not to open is told apart, in one line, with no key in it", async () => {
  const own = await identityFile("own-3", secret);
  const stranger = await identityFile("stranger", await generateX25519Identity());
  const stored = await encryptBytes(Buffer.from("secret"), recipients);
  await expect(decryptBytes(stored, stranger, "base/5")).rejects.toMatchObject({ why: "no-identity", exitCode: 3 });
  await expect(decryptBytes(stored, await identitiesOf([]), "base/5")).rejects.toThrow("base/5: it is encrypted");
  await expect(decryptBytes(Buffer.from("ZKLG"), own, "base/5")).rejects.toMatchObject({ why: "not-age", exitCode: 1 });
  await expect(decryptBytes(Buffer.from("-----BEGIN AGE ENCRYPTED FILE-----\n"), own, "x")).rejects.toThrow(/armor/);
  const endless = Buffer.concat([Buffer.from("age-encryption.org/v1\n"), Buffer.alloc(1 << 20, "-")]);
  await expect(decryptBytes(endless, own, "x")).rejects.toThrow(/header does not end|not what was written/);
  const passphrase = new Encrypter();
  passphrase.setPassphrase("p");
  passphrase.setScryptWorkFactor(1);
  await expect(decryptBytes(await passphrase.encrypt("x"), own, "x")).rejects.toThrow(/other kinds: scrypt/);
});

test("identities and recipients that cannot do are refused, and no secret is printed", async () => {
  const path = join(folder(), "mixed");
  const write = (text: string): void => writeFileSync(path, text, { mode: 0o600 });
  write(`${secret}x\n`);
  expect(await saidOf(identitiesOf([path]))).toMatch(/no identity/);
  expect(await saidOf(identitiesOf([path]))).not.toContain(secret.slice(0, 20));
  write(publicKey);
  await expect(identitiesOf([path])).rejects.toThrow(/public key/);
  write("-----BEGIN AGE ENCRYPTED FILE-----\n");
  await expect(identitiesOf([path])).rejects.toThrow(/encrypted itself/);
  chmodSync(path, 0o604);
  await expect(identitiesOf([path])).rejects.toThrow(/every user/);
  await expect(identitiesOf([join(folder(), "none")])).rejects.toThrow(/no such file/);

  const hybrid = await identityToRecipient(await generateHybridIdentity());
  await expect(recipientsOf([hybrid])).rejects.toThrow(/post-quantum/);
  expect(await saidOf(recipientsOf([secret]))).toMatch(/must not have/);
  expect(await saidOf(recipientsOf([secret]))).not.toContain(secret.slice(0, 20));
  await expect(recipientsOf([`${publicKey.slice(0, -1)}${publicKey.endsWith("q") ? "p" : "q"}`])).rejects.toThrow(
    /mistyped/,
  );
  await expect(recipientsOf(["age1yubikey1qqqq"])).rejects.toThrow(/not a key/);
  await expect(recipientsOf(["ssh-ed25519 AAAA"])).rejects.toThrow(/SSH/);
  await expect(recipientsOf([])).rejects.toThrow(/no recipient/);
  write(`# ours\n${publicKey}\n\n${publicKey}\n`);
  expect(await recipientsFile(path)).toEqual([publicKey]);
});

async function saidOf(failing: Promise<unknown>): Promise<string> {
  const error: unknown = await failing.catch((each: unknown) => each);
  return error instanceof Error ? error.message : "";
}
