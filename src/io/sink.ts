/**
 * Where an export's bytes go. What is written is good only until `write` returns, or until its promise is done: the
 * caller fills the same memory again.
 */
export interface Sink {
  write(bytes: Uint8Array): void | Promise<void>;
}

/**
 * Collects everything in memory: for small results and tests.
 *
 * @example
 * import { exportTree, MemorySink, ndjson } from "zkrewind/export";
 * import { discover, rebuild } from "zkrewind/recovery";
 *
 * const sink = new MemorySink();
 * await exportTree(await rebuild(discover(["fixtures/3.8.6-standalone"])), sink, { format: ndjson, source: [] });
 * console.log(sink.bytes.length, sink.toString().split("\n", 1));
 */
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
