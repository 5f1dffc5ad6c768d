import { JuteWriter } from "../jute/index.js";
import { FILE_VERSION, HEADER_LENGTH, LOG_MAGIC, SNAPSHOT_MAGIC } from "./header.js";
import type { ByteSource } from "../io/byte-source.js";

/** A file whose header may be damaged, read as if it had the one that every server writes. */
export class AssumedHeader implements ByteSource {
  private readonly source: ByteSource;
  private readonly header: Buffer;
  private position = 0;

  constructor(source: ByteSource, kind: "snapshot" | "log") {
    this.source = source;
    const [magic, dbid] = kind === "log" ? [LOG_MAGIC, 0n] : [SNAPSHOT_MAGIC, -1n];
    this.header = Buffer.from(new JuteWriter(HEADER_LENGTH).int(magic).int(FILE_VERSION).long(dbid).bytes);
  }

  get name(): string {
    return this.source.name;
  }

  get compression(): ByteSource["compression"] {
    return this.source.compression;
  }

  get size(): number | undefined {
    return this.source.size;
  }

  get storedRead(): number {
    return this.source.storedRead;
  }

  async read(target: Buffer, offset: number, length: number): Promise<number> {
    const count = await this.source.read(target, offset, length);
    if (this.position < HEADER_LENGTH) this.header.copy(target, offset, this.position, this.position + count);
    this.position += count;
    return count;
  }

  close(): void {
    this.source.close();
  }
}
