import { ZkRewindError } from "../../findings/index.js";
import { say, tag, type Message } from "../../text/message.js";
import type { Identities } from "./identities.js";
import { NONCE_LENGTH, PayloadError, unsealed } from "./payload.js";

const MAGIC = "age-encryption.org/v1\n";
const ARMOR = "-----BEGIN AGE";
/** A header with a hundred recipients has 10 KiB: what is longer is not one that was meant to be read. */
const LONGEST_HEADER = 64 << 10;

/** Why an encrypted object cannot be opened. */
export type Locked = "not-age" | "no-identity" | "damaged" | "truncated";

/** An object that does not open. Exit code 1 where its bytes are wrong, 3 where the right key is not at hand. */
export class CannotDecrypt extends ZkRewindError {
  override name = "CannotDecrypt";
  readonly object: string;
  readonly why: Locked;
  /** In words, without the object's name. */
  readonly reason: Message;

  constructor(object: string, why: Locked, words: Message, hint?: Message) {
    super(say`${tag.file(object)}: ${words}`, { exitCode: why === "no-identity" ? 3 : 1, ...(hint ? { hint } : {}) });
    this.object = object;
    this.why = why;
    this.reason = words;
  }
}

/** Whether bytes begin as an age file does. */
export function isAge(start: Uint8Array): boolean {
  return (
    Buffer.from(start.buffer, start.byteOffset, Math.min(start.byteLength, MAGIC.length)).toString("latin1") === MAGIC
  );
}

/**
 * What an age file holds, checked before it is given, a chunk of 64 KiB at a time. `object` names it in messages.
 * Throws CannotDecrypt; what came before it is sound.
 */
export async function* decrypt(
  stored: AsyncIterable<Uint8Array>,
  identities: Identities,
  object: string,
): AsyncGenerator<Buffer, void, undefined> {
  const bytes = stored[Symbol.asyncIterator]();
  try {
    const { header, rest } = await headerOf(bytes, object);
    const fileKey = await fileKeyOf(header, identities, object);
    const { nonce, payload } = await nonceOf(rest, bytes, object);
    try {
      yield* unsealed(payload, fileKey, nonce);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      const at = header.length + NONCE_LENGTH + error.offset;
      if (error.isCut)
        throw new CannotDecrypt(
          object,
          "truncated",
          say`it is cut short: it ends at byte ${at}, where more was written`,
        );
      const cut = error.isLast ? say`, or cut short` : say``;
      throw new CannotDecrypt(
        object,
        "damaged",
        say`it is damaged${cut}: the chunk at byte ${at} is not what was written`,
      );
    }
  } finally {
    await bytes.return?.();
  }
}

/** The same of bytes in memory. */
export async function decryptBytes(stored: Uint8Array, identities: Identities, object: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of decrypt(once(stored), identities, object)) parts.push(part);
  return Buffer.concat(parts);
}

/** The header, to the end of the line of its MAC, and what was read after it. */
async function headerOf(bytes: AsyncIterator<Uint8Array>, object: string): Promise<{ header: Buffer; rest: Buffer }> {
  let read = Buffer.alloc(0);
  for (;;) {
    const start = read.subarray(0, MAGIC.length).toString("latin1");
    if (start.startsWith(ARMOR))
      throw new CannotDecrypt(object, "not-age", say`it is an age file as text (armor); only binary ones are read`);
    if (!MAGIC.startsWith(start)) throw new CannotDecrypt(object, "not-age", say`it is not an age file`);
    const mac = read.indexOf("\n--- ");
    const end = mac < 0 ? -1 : read.indexOf("\n", mac + 1);
    if (end >= 0) return { header: read.subarray(0, end + 1), rest: read.subarray(end + 1) };
    if (read.length > LONGEST_HEADER)
      throw new CannotDecrypt(object, "damaged", say`it is damaged: its header does not end`);
    const { done, value } = await bytes.next();
    if (done) {
      if (read.length < MAGIC.length) throw new CannotDecrypt(object, "not-age", say`it is not an age file`);
      throw new CannotDecrypt(object, "truncated", say`it is cut short: it ends within its header`);
    }
    read = Buffer.concat([read, value]);
  }
}

async function fileKeyOf(header: Buffer, { decrypter, files }: Identities, object: string): Promise<Uint8Array> {
  try {
    return await decrypter.decryptHeader(header);
  } catch (error) {
    const words = error instanceof Error ? error.message : "";
    if (!words.startsWith("no identity matched"))
      throw new CannotDecrypt(object, "damaged", say`it is damaged: its header is not what was written`);
    if (files.length === 0)
      throw new CannotDecrypt(
        object,
        "no-identity",
        say`it is encrypted`,
        say`Give the file with the secret key: --identity FILE.`,
      );
    const kinds = new Set(
      header
        .toString("latin1")
        .match(/^-> \S+/gm)
        ?.map((each) => each.slice(3)),
    );
    kinds.delete("X25519");
    const others =
      kinds.size > 0 ? say` (it has recipients of other kinds: ${tag.system([...kinds].join(", "))})` : say``;
    throw new CannotDecrypt(
      object,
      "no-identity",
      say`none of the identities opens it: it is encrypted to other keys${others}`,
      say`Give the file with its secret key: --identity FILE.`,
    );
  }
}

async function nonceOf(
  rest: Buffer,
  bytes: AsyncIterator<Uint8Array>,
  object: string,
): Promise<{ nonce: Buffer; payload: AsyncIterable<Uint8Array> }> {
  let start = rest;
  while (start.length < NONCE_LENGTH) {
    const { done, value } = await bytes.next();
    if (done) throw new CannotDecrypt(object, "truncated", say`it is cut short: it ends after its header`);
    start = Buffer.concat([start, value]);
  }
  async function* payload(): AsyncGenerator<Uint8Array, void, undefined> {
    yield start.subarray(NONCE_LENGTH);
    for (let next = await bytes.next(); !next.done; next = await bytes.next()) yield next.value;
  }
  return { nonce: start.subarray(0, NONCE_LENGTH), payload: payload() };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
