import { JuteWriter } from "../jute/index.js";
import { FILE_VERSION, HEADER_LENGTH, SNAPSHOT_MAGIC } from "./header.js";
import type { ByteSource } from "../io/byte-source.js";

/** A snapshot whose header may be damaged, read as if it had the one that every server writes. */
export class AssumedHeader implements ByteSource {
  private readonly source: ByteSource;
  private readonly header: Buffer;
  private position = 0;

  constructor(source: ByteSource) {
    this.source = source;
    this.header = Buffer.from(new JuteWriter(HEADER_LENGTH).int(SNAPSHOT_MAGIC).int(FILE_VERSION).long(-1n).bytes);
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

  again(): AssumedHeader {
    return new AssumedHeader(this.source.again());
  }

  close(): void {
    this.source.close();
  }
}
