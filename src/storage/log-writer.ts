import { JuteWriter } from "../jute/index.js";
import { FILE_VERSION, LOG_MAGIC } from "./header.js";
import { END_MARK, RECORD_HEAD } from "./log-record.js";
import type { Stored, StoredWriter } from "../io/stored-writer.js";
import { adler32 } from "../checksum/index.js";

/**
 * Writes a transaction log as a server does: header, then records, each a long Adler-32, int length, payload and 'B'.
 *
 *     await writer.begin();
 *     for (…) if (writer.add(payload)) await writer.drain();
 *     const stored = await writer.finish();
 *
 * @example
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { createStored } from "zkrewind/io";
 * import { JuteWriter } from "zkrewind/jute";
 * import { LogWriter } from "zkrewind/storage";
 *
 * const writer = new LogWriter(createStored(join(mkdtempSync(join(tmpdir(), "log-")), "log.1"), "none"));
 * await writer.begin();
 * // createSession: session, cxid, zxid, time, type, then the timeout in milliseconds.
 * const payload = new JuteWriter().long(1n).int(0).long(1n).long(1_700_000_000_000n).int(-10).int(30_000);
 * if (writer.add(payload.bytes)) await writer.drain();
 * console.log(await writer.finish());
 */
export class LogWriter {
  private readonly out: StoredWriter;
  private buffer = Buffer.allocUnsafe(BUFFER);
  private position = 0;
  private written = 0;

  constructor(out: StoredWriter) {
    this.out = out;
  }

  /** Bytes so far. */
  get length(): number {
    return this.written + this.position;
  }

  /** Servers write a dbid of 0 (FileTxnLog.append). */
  async begin(dbid = 0n): Promise<void> {
    this.put(new JuteWriter().int(LOG_MAGIC).int(FILE_VERSION).long(dbid).bytes);
  }

  /**
   * Adds a record. `checksum` is only for one whose own is to be kept although it does not fit the payload. True when a
   * `drain` is due.
   */
  add(payload: Buffer, checksum = BigInt(adler32(payload))): boolean {
    const head = Buffer.allocUnsafe(RECORD_HEAD);
    head.writeBigInt64BE(BigInt.asIntN(64, checksum), 0);
    head.writeInt32BE(payload.length, 8);
    this.put(head);
    this.put(payload);
    this.put(MARK);
    return this.position >= DRAIN;
  }

  /** Hands on what was added. */
  async drain(): Promise<void> {
    if (this.position > 0) await this.out.write(this.buffer.subarray(0, this.position));
    this.written += this.position;
    this.position = 0;
  }

  /** `padTo`: fills up with zeros to this size, as a server preallocates. */
  async finish(padTo = 0): Promise<Stored> {
    await this.drain();
    for (let left = padTo - this.written; left > 0; left -= BUFFER) {
      const zeros = Buffer.alloc(Math.min(left, BUFFER));
      await this.out.write(zeros);
      this.written += zeros.length;
    }
    return this.out.finish();
  }

  abandon(): void {
    this.out.abandon();
  }

  private put(bytes: Buffer): void {
    const wanted = this.position + bytes.length;
    if (wanted > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(wanted, 2 * this.buffer.length));
      this.buffer.copy(grown, 0, 0, this.position);
      this.buffer = grown;
    }
    bytes.copy(this.buffer, this.position);
    this.position = wanted;
  }
}

const MARK = Buffer.from([END_MARK]);
const BUFFER = 2 << 20;
const DRAIN = 1 << 20;
