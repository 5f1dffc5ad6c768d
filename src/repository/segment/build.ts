import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { crc32c } from "../../checksum/index.js";
import { encryptBytes, type Recipients } from "../crypt/index.js";
import type { StoredObject } from "../link/link.js";
import { fileObjectName, hashOf, segmentName } from "../names.js";

/** An object that is ready to be stored. */
export interface BuiltObject extends StoredObject {
  bytes: Buffer;
}

const compress = promisify(gzip);

/**
 * The object of a segment's log file: compressed, and encrypted where there are recipients. The fastest level: logs
 * compress well at any, and a backup must not take the server's processor. `isTaken`: names that must not be used. A number
 * in gzip's header gives the same transactions other stored bytes, and so another name.
 */
export async function buildSegment(
  first: bigint,
  last: bigint,
  content: string,
  file: readonly Buffer[],
  recipients: Recipients | null,
  isTaken: (name: string) => boolean,
): Promise<BuiltObject> {
  for (let number = 0; ; number++) {
    const bytes = await sealed(Buffer.concat(file), recipients, number);
    const name = segmentName(first, last, content, hashOf(bytes), recipients !== null);
    if (!isTaken(name)) return objectOf(name, bytes);
  }
}

/** The object of a small file beside the data. */
export async function buildFile(file: string, text: Uint8Array, recipients: Recipients | null): Promise<BuiltObject> {
  const bytes = await sealed(Buffer.from(text), recipients);
  return objectOf(fileObjectName(file, hashOf(text), hashOf(bytes), recipients !== null), bytes);
}

export function objectOf(name: string, bytes: Buffer): BuiltObject {
  return { name, size: bytes.length, crc32c: crc32c(bytes), bytes };
}

async function sealed(file: Buffer, recipients: Recipients | null, number = 0): Promise<Buffer> {
  const compressed = await compress(file, { level: constants.Z_BEST_SPEED });
  compressed.writeUInt32LE(number, GZIP_NUMBER);
  return recipients ? encryptBytes(compressed, recipients) : compressed;
}

/** Where gzip's header has the time of a file: any number will do. */
export const GZIP_NUMBER = 4;
