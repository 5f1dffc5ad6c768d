import { randomBytes } from "node:crypto";
import type { Recipients } from "./recipients.js";
import { NONCE_LENGTH, sealed } from "./payload.js";

/**
 * An age file (age-encryption.org/v1, binary) that each of the recipients can open, `age -d` too. Holds a chunk of
 * 64 KiB at a time. The same bytes are never encrypted to the same file twice: each has a key of its own.
 */
export async function* encrypt(
  plain: AsyncIterable<Uint8Array>,
  recipients: Recipients,
): AsyncGenerator<Buffer, void, undefined> {
  const { header, fileKey } = await newHeader(recipients);
  const nonce = randomBytes(NONCE_LENGTH);
  yield Buffer.concat([header, nonce]);
  yield* sealed(plain, fileKey, nonce);
}

/** The same of bytes in memory. */
export async function encryptBytes(plain: Uint8Array, recipients: Recipients): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of encrypt(once(plain), recipients)) parts.push(part);
  return Buffer.concat(parts);
}

/** A header of typage's, and the key that it wraps: the library tells it to each recipient, so to one that listens. */
async function newHeader(recipients: Recipients): Promise<{ header: Uint8Array; fileKey: Uint8Array }> {
  const { Encrypter } = await import("./age-library.js");
  const encrypter = new Encrypter();
  let fileKey: Uint8Array | undefined;
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  for (const each of recipients) encrypter.addRecipient(each);
  const whole = await encrypter.encrypt(new Uint8Array(0));
  if (!fileKey) throw new Error("typage did not ask the recipient");
  // After the header: the nonce and the tag of an empty chunk, under a key that nothing else is written with.
  return { header: whole.subarray(0, whole.length - NONCE_LENGTH - 16), fileKey };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
