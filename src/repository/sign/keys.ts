import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { ZkRewindError } from "../../findings/index.js";
import { cannotWrite, taken } from "../../io/new/new-path.js";
import { say, tag } from "../../text/message.js";
import { keyLines, secretText } from "../crypt/key-file.js";

/** An ed25519 public key as one word: `ed25519:` and the base64 of its 32 bytes. What a reader pins. */
export type PublicKey = `ed25519:${string}`;

/** A key that signs. The file of it is all of the secret that a host that backs up has. */
export interface Signer {
  readonly key: PublicKey;
  readonly secret: KeyObject;
}

/** SubjectPublicKeyInfo of an ed25519 key, before its 32 bytes (RFC 8410). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Makes a pair: the secret key as PKCS #8 PEM in `path` (mode 0600), the public one as a line in `path`.pub.
 * Throws ZkRewindError 3 where something is there already.
 */
export function makeKeys(path: string): PublicKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = wordOf(publicKey);
  writeKey(path, privateKey.export({ type: "pkcs8", format: "pem" }) as string, 0o600);
  writeKey(`${path}.pub`, `${key}\n`, 0o644);
  return key;
}

/** The key of a file that `makeKeys` or `openssl genpkey -algorithm ed25519` made. Throws ZkRewindError 3. */
export function signerOf(path: string): Signer {
  const text = secretText(path);
  let secret: KeyObject;
  try {
    secret = createPrivateKey(text);
  } catch {
    throw notKey(path);
  }
  if (secret.asymmetricKeyType !== "ed25519") throw notKey(path);
  return { key: wordOf(createPublicKey(secret)), secret };
}

/** Public keys to trust: each a word (`ed25519:…`) or the name of a file of such. Throws ZkRewindError 2 or 3. */
export function publicKeysOf(given: readonly string[]): ReadonlySet<PublicKey> {
  const keys = new Set<PublicKey>();
  for (const each of given)
    for (const word of each.startsWith("ed25519:") ? [each] : keyLines(each)) keys.add(publicKey(word));
  return keys;
}

/** The key object of a word. Throws ZkRewindError 2 where it is none. */
export function keyObject(key: PublicKey): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, rawKey(key)]), format: "der", type: "spki" });
}

/** What a signature names its key by: the first 16 hex digits of the SHA-256 of the key's 32 bytes. */
export function keyId(key: PublicKey): string {
  return createHash("sha256").update(rawKey(key)).digest("hex").slice(0, 16);
}

/** A word as a key. Throws ZkRewindError 2 where it is none. */
export function publicKey(word: string): PublicKey {
  const match = /^ed25519:([A-Za-z0-9+/]{43}=)$/.exec(word);
  if (!match)
    throw new ZkRewindError(say`${tag.given(word.slice(0, 60))} is not a public key (ed25519:…)`, { exitCode: 2 });
  return word as PublicKey;
}

function rawKey(key: PublicKey): Buffer {
  return Buffer.from(key.slice("ed25519:".length), "base64");
}

function wordOf(key: KeyObject): PublicKey {
  const der = key.export({ type: "spki", format: "der" });
  return `ed25519:${der.subarray(SPKI_HEAD.length).toString("base64")}`;
}

function writeKey(path: string, text: string, mode: number): void {
  try {
    const descriptor = openSync(path, "wx", mode);
    writeSync(descriptor, text);
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EEXIST" ? taken(path) : cannotWrite(path, error);
  }
}

function notKey(path: string): ZkRewindError {
  return new ZkRewindError(say`${tag.file(path)} is not an ed25519 secret key (PEM)`, {
    exitCode: 3,
    hint: say`zkrewind backup keygen makes one.`,
  });
}
