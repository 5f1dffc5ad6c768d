/**
 * Where an export's bytes go. What is written is good only until `write` returns, or until its promise is done: the
 * caller fills the same memory again.
 */
export interface Sink {
  write(bytes: Uint8Array): void | Promise<void>;
}

/** Collects everything in memory: for small results and tests. */
export class MemorySink implements Sink {
  private readonly pieces: Buffer[] = [];

  write(bytes: Uint8Array): void {
    this.pieces.push(Buffer.from(bytes));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  toString(): string {
    return this.bytes.toString("utf8");
  }
}
