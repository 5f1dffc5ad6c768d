import zlib from "node:zlib";
import { Block } from "../../src/checksum/index.js";

/** Reproducible bytes that no pattern runs through (xorshift32). */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let x = Math.imul(seed, 0x9e3779b9) | 1;
  for (let i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x;
  }
  return bytes;
}

/** Adler-32 as its definition reads. */
export function plainAdler32(data: Uint8Array, seed = 1): number {
  let a = seed & 0xffff;
  let b = seed >>> 16;
  for (const byte of data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/** The Adler-32 that zlib writes after a deflate stream. */
export function zlibAdler32(data: Uint8Array): number {
  return zlib.deflateSync(data, { level: 0 }).subarray(-4).readUInt32BE();
}

/** CRC-32 bit by bit. */
export function plainCrc32(data: Uint8Array, seed = 0, polynomial = 0xedb88320): number {
  let crc = ~seed;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    }
  }
  return ~crc >>> 0;
}

/** A block that holds `data` at its start. */
export function blockOf(data: Uint8Array, room = 0): Block {
  const block = Block.create(data.length + room);
  block.bytes.set(data, block.start);
  return block;
}
