import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

/**
 * The payload of an age file (age-encryption.org/v1): a nonce of 16 bytes, then chunks of 64 KiB, each sealed by
 * ChaCha20-Poly1305 under its number and whether it is the last. Only an empty payload has an empty chunk.
 */
export const NONCE_LENGTH = 16;
const CHUNK = 64 << 10;
const TAG = 16;
const ALGORITHM = "chacha20-poly1305";

/** A payload that does not end as one does, or whose bytes are not those that were written. */
export class PayloadError extends Error {
  /** Its chunks are sound, and the last is not among them. */
  readonly isCut: boolean;
  /** The chunk is the last that is there: a cut within it cannot be told from damage. */
  readonly isLast: boolean;
  /** Bytes of the payload, after the nonce, before the first that cannot be trusted. */
  readonly offset: number;

  constructor(isCut: boolean, isLast: boolean, offset: number) {
    super("not what was written");
    this.isCut = isCut;
    this.isLast = isLast;
    this.offset = offset;
  }
}

/** The chunks of a payload, sealed; the nonce is the caller's to write before them. */
export async function* sealed(
  plain: AsyncIterable<Uint8Array>,
  fileKey: Uint8Array,
  nonce: Uint8Array,
): AsyncGenerator<Buffer, void, undefined> {
  const key = payloadKey(fileKey, nonce);
  for await (const { bytes, index, isLast } of chunksOf(plain, CHUNK)) {
    const cipher = createCipheriv(ALGORITHM, key, chunkNonce(index, isLast), { authTagLength: TAG });
    const text = cipher.update(bytes);
    cipher.final();
    yield Buffer.concat([text, cipher.getAuthTag()]);
  }
}

/** What the chunks of a payload hold. Nothing is given that was not checked; throws PayloadError at the first other. */
export async function* unsealed(
  payload: AsyncIterable<Uint8Array>,
  fileKey: Uint8Array,
  nonce: Uint8Array,
): AsyncGenerator<Buffer, void, undefined> {
  const key = payloadKey(fileKey, nonce);
  for await (const { bytes, index, isLast } of chunksOf(payload, CHUNK + TAG)) {
    const offset = index * (CHUNK + TAG);
    const text = unsealChunk(key, bytes, index, isLast);
    if (text === undefined) {
      const isCut = isLast && unsealChunk(key, bytes, index, false) !== undefined;
      throw new PayloadError(isCut || bytes.length < TAG, isLast, offset);
    }
    if (text.length === 0 && index > 0) throw new PayloadError(false, isLast, offset);
    yield text;
  }
}

function unsealChunk(key: Buffer, bytes: Uint8Array, index: number, isLast: boolean): Buffer | undefined {
  if (bytes.length < TAG) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, chunkNonce(index, isLast), { authTagLength: TAG });
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  const text = decipher.update(bytes.subarray(0, bytes.length - TAG));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return text;
}

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync("sha256", fileKey, nonce, "payload", 32));
}

/** Eleven bytes of the chunk's number, big-endian, and one that says whether it is the last. */
function chunkNonce(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** One chunk of memory, filled again for each: `bytes` holds until the next is asked for. At least one, maybe empty. */
async function* chunksOf(
  source: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<{ bytes: Uint8Array; index: number; isLast: boolean }, void, undefined> {
  const chunk = Buffer.allocUnsafe(length);
  let used = 0;
  let index = 0;
  for await (const part of source)
    for (let at = 0; at < part.length; ) {
      // A full one waits until it is known that more follows: the last is marked.
      if (used === length) {
        yield { bytes: chunk, index: index++, isLast: false };
        used = 0;
      }
      const count = Math.min(length - used, part.length - at);
      chunk.set(part.subarray(at, at + count), used);
      used += count;
      at += count;
    }
  yield { bytes: chunk.subarray(0, used), index, isLast: true };
}
