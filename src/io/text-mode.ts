import type { Place, StoredBytes, StoredSource } from "./stored-bytes.js";

/**
 * A text mode, as FTP has one and as some tools take files for text, puts a CR before each LF. Where checksums prove it,
 * that can be undone: a CR that was there before is still there, in front of the new one.
 */

/** How many times CR LF stands in bytes that have no LF without a CR before it; null where they have, or have none. */
export function convertedLineEnds(stored: StoredBytes): number | null {
  let count = 0;
  let before = 0;
  for (let at = 0; at < stored.size; ) {
    const piece = stored.readAt(at, PIECE);
    if (piece.length === 0) break;
    for (let index = piece.indexOf(LF); index >= 0; index = piece.indexOf(LF, index + 1)) {
      if ((index === 0 ? before : piece[index - 1]) !== CR) return null;
      count++;
    }
    before = piece[piece.length - 1] as number;
    at += piece.length;
  }
  return count === 0 ? null : count;
}

/** Bytes without the CR before each LF. */
export class WithoutTextMode implements StoredBytes {
  readonly id: string;
  readonly size: number;
  readonly place: Place;
  private readonly stored: StoredBytes;

  /** `lineEnds`: how many there are in `stored`, each with a CR. */
  constructor(stored: StoredBytes, lineEnds: number) {
    this.id = stored.id;
    this.size = stored.size - lineEnds;
    this.place = stored.place;
    this.stored = stored;
  }

  /** Reads all that is before. */
  readAt(offset: number, length: number): Buffer {
    const source = this.open();
    try {
      const parts: Buffer[] = [];
      for (let at = 0; at < offset + length; ) {
        const piece = Buffer.alloc(PIECE);
        const count = source.read(piece, 0, PIECE);
        if (count === 0) break;
        parts.push(piece.subarray(Math.max(0, offset - at), Math.min(count, offset + length - at)));
        at += count;
      }
      return Buffer.concat(parts);
    } finally {
      source.close();
    }
  }

  open(): StoredSource {
    return new LineEndSource(this.stored.open(), this.size);
  }

  change(): ReturnType<StoredBytes["change"]> {
    return this.stored.change();
  }
}

class LineEndSource implements StoredSource {
  readonly name: string;
  readonly compression = "none";
  readonly size: number;
  /** As if the text mode had not been. */
  storedRead = 0;
  private readonly source: StoredSource;
  private readonly buffer = Buffer.alloc(PIECE);
  /** What is ready to be given: a part of the buffer. */
  private ready = this.buffer.subarray(0, 0);
  /** Whether a CR was read last: what follows tells whether it stays. */
  private heldBack = false;

  constructor(source: StoredSource, size: number) {
    this.name = source.name;
    this.size = size;
    this.source = source;
  }

  read(target: Buffer, offset: number, length: number): number {
    if (this.ready.length === 0) this.fill();
    const count = this.ready.copy(target, offset, 0, length);
    this.ready = this.ready.subarray(count);
    this.storedRead += count;
    return count;
  }

  peek(length: number): Buffer {
    if (this.ready.length === 0) this.fill();
    return Buffer.from(this.ready.subarray(0, length));
  }

  again(): LineEndSource {
    return new LineEndSource(this.source.again(), this.size);
  }

  close(): void {
    this.source.close();
  }

  private fill(): void {
    const { buffer } = this;
    let end = this.heldBack ? 1 : 0;
    if (this.heldBack) buffer[0] = CR;
    let count: number;
    do {
      count = this.source.read(buffer, end, PIECE - end);
      end += count;
    } while (count > 0 && end < PIECE && buffer[end - 1] === CR);
    this.heldBack = end === PIECE && buffer[end - 1] === CR;
    this.ready = buffer.subarray(0, withoutCr(buffer, this.heldBack ? end - 1 : end));
  }
}

/** Moves bytes together over each CR before an LF; returns how many are left. */
function withoutCr(bytes: Buffer, end: number): number {
  let to = 0;
  let from = 0;
  for (let at = bytes.indexOf(LF); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1)) {
    const until = at > from && bytes[at - 1] === CR ? at - 1 : at;
    bytes.copyWithin(to, from, until);
    to += until - from;
    from = at;
  }
  bytes.copyWithin(to, from, end);
  return to + end - from;
}

const LF = 0x0a;
const CR = 0x0d;
/** Bytes. */
const PIECE = 256 << 10;
