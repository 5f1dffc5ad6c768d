import { rmSync } from "node:fs";
import { FileSource } from "./file-source.js";
import { createStored, type Stored } from "./stored-writer.js";

/**
 * Copies a regular file, as it is stored, to a new one, and brings that to disk. Nothing is left of it on failure.
 * Throws UnreadableFile where the first cannot be read.
 */
export async function copyFile(from: string, to: string): Promise<Stored> {
  const source = new FileSource(from);
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
