import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ZkRewindError } from "../findings/finding.js";
import { type Message, say, tag } from "../text/message.js";
import { CompressionError } from "./byte-source.js";
import { cannotWrite, makeTemporary, type Temporary } from "./new/new-path.js";
import { statusAt } from "./regular-file.js";
import type { Place } from "./stored-bytes.js";

/**
 * A folder for what must be on disk because it is read more than once, or not from its beginning: standard input, and
 * what is in a gzipped archive. Nobody else can read it, it takes up to half of what is free where it is, or what it is
 * told, and it is gone with the run: `remove` takes it away, and a signal that ends the process does.
 *
 * @example
 * import { discover, fetchSources, Scratch } from "zkrewind";
 *
 * const scratch = new Scratch();
 * try {
 *   const sources = await fetchSources(["fixtures/3.8.6-standalone"], { scratch });
 *   console.log(discover(sources).logs.length);
 * } finally {
 *   scratch.remove();
 * }
 */
export class Scratch {
  readonly parent: string;
  /** Bytes that it may take; null for half of what is free. */
  private readonly limit: number | null;
  private folder: Temporary<void> | null = null;
  /** Bytes that it may still take. */
  private left = 0;
  private most = 0;
  private files = 0;
  private readonly dispensable: (() => number)[] = [];

  /** In the system's folder for temporary files, unless another is named. Nothing is made before it is needed. */
  constructor(parent: string = tmpdir(), limit: number | null = null) {
    this.parent = parent;
    this.limit = limit;
  }

  /** Counts bytes that are kept beside it as its own; false where there is no room for them. */
  reserve(bytes: number): boolean {
    this.open();
    if (this.left < bytes) return false;
    this.left -= bytes;
    return true;
  }

  /** `giveUp` is called where there is no more room: it takes away what can be done without, and answers how many bytes. */
  onShortage(giveUp: () => number): void {
    this.dispensable.push(giveUp);
  }

  /**
   * Keeps bytes in a file. A compressed stream that is damaged is kept up to there: `damage` says what is wrong.
   *
   * Throws ZkRewindError 3 where the file cannot be written, or would take more than it may.
   */
  async keep(chunks: AsyncIterable<Buffer>): Promise<{ place: Place; damage: Message | null }> {
    const path = join(this.open(), String(++this.files));
    const descriptor = openSync(path, "wx", 0o600);
    let damage: Message | null = null;
    let size = 0;
    try {
      for await (const chunk of chunks) {
        this.write(path, descriptor, chunk, size);
        size += chunk.length;
      }
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
      damage = say`${tag.system(error.message)}`;
    } finally {
      ftruncateSync(descriptor, size);
      closeSync(descriptor);
    }
    return { place: { path, status: { size, modified: statusAt(path).modified } }, damage };
  }

  remove(): void {
    const { folder } = this;
    this.folder = null;
    if (!folder) return;
    removeFolder(folder.path);
    folder.finished();
  }

  private open(): string {
    if (!this.folder) {
      this.folder = makeTemporary(this.parent, (path) => mkdirSync(path, { mode: 0o700 }), removeFolder);
      const { bavail, bsize } = statfsSync(this.folder.path);
      this.most = this.limit ?? Math.floor((bavail * bsize) / 2);
      this.left = this.most;
    }
    return this.folder.path;
  }

  /** Zeros are not written: of a server's logs, most is what they were given beforehand. */
  private write(path: string, descriptor: number, chunk: Buffer, position: number): void {
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE);
      if (piece.equals(ZEROS.subarray(0, piece.length))) continue;
      this.take(piece.length);
      try {
        for (let done = 0; done < piece.length; )
          done += writeSync(descriptor, piece, done, piece.length - done, position + at + done);
      } catch (error) {
        throw cannotWrite(path, error);
      }
    }
  }

  private take(bytes: number): void {
    this.left -= bytes;
    if (this.left < 0) for (const giveUp of this.dispensable) this.left += giveUp();
    if (this.left >= 0) return;
    const most = Math.floor(this.most / 2 ** 20);
    const whose = this.limit === null ? say`half of the free space there` : say`as --scratch-limit says`;
    throw new ZkRewindError(
      say`the scratch folder in ${tag.file(this.parent)} would take more than ${most} MiB, ${whose}`,
      {
        exitCode: 3,
        hint: say`--scratch DIR names a folder with more room. An archive that is not compressed needs no scratch folder.`,
      },
    );
  }
}

function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Bytes. */
const PIECE = 64 << 10;
const ZEROS = Buffer.alloc(PIECE);
