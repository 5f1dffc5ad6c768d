import type * as FastCrc32c from "fast-crc32c";
import { createRequire } from "node:module";

type Crc32c = typeof FastCrc32c;

const require = createRequire(import.meta.filename);
let loaded: Crc32c | undefined;

// Loaded at first use: it takes some milliseconds, and only what writes manifests needs it.
function load(): Crc32c {
  loaded ??= require("fast-crc32c") as Crc32c;
  return loaded;
}

/**
 * The CRC-32C (Castagnoli) of bytes; `previous` is that of the bytes before them, so a stream is
 * `crc = crc32c(chunk, crc)`. ZooKeeper does not use it: it is for what zkrewind writes for others to keep.
 */
export function crc32c(data: Uint8Array, previous = 0): number {
  // The package takes Buffers only, or copies: a view costs nothing.
  const buffer = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return load().calculate(buffer, previous) >>> 0;
}

/** "native" where the processor's own instruction is used, "js" where the package's native part was not built. */
export function crc32cImplementation(): "native" | "js" {
  // The package keeps its choice to itself, but its table version is a module that can be compared.
  const table = require("fast-crc32c/impls/js_crc32c") as Crc32c;
  return load().calculate === table.calculate ? "js" : "native";
}
