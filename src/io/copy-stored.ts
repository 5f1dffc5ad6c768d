import { rmSync } from "node:fs";
import type { StoredBytes } from "./stored-bytes.js";
import { createStored, type Stored } from "./stored-writer.js";

/**
 * Copies bytes, as they are stored, to a new file, and brings that to disk. Nothing is left of it on failure.
 * Throws UnreadableFile where they cannot be read.
 */
export async function copyStored(from: StoredBytes, to: string): Promise<Stored> {
  const source = from.open();
  try {
    const writer = createStored(to, "none");
    try {
      const buffer = Buffer.allocUnsafe(Math.min(PIECE, source.size));
      for (let count = source.read(buffer, 0, PIECE); count > 0; count = source.read(buffer, 0, PIECE))
        await writer.write(buffer.subarray(0, count));
      return await writer.finish();
    } catch (error) {
      writer.abandon();
      rmSync(to, { force: true });
      throw error;
    }
  } finally {
    source.close();
  }
}

/** Bytes. */
const PIECE = 1 << 20;
