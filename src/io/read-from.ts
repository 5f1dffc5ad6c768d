import type { ByteSource } from "./byte-source.js";

/** The bytes of a source from a place on, read apart from whoever else reads it: for sources that can be read anywhere. */
export class ReadFrom implements ByteSource {
  readonly name: string;
  readonly compression: ByteSource["compression"];
  readonly size: number | undefined;
  storedRead: number;
  private readonly source: ByteSource;

  constructor(source: ByteSource, from: number) {
    this.source = source;
    this.name = source.name;
    this.compression = source.compression;
    this.size = source.size;
    this.storedRead = from;
  }

  read(target: Buffer, offset: number, length: number): number {
    const count = this.source.readAt?.(target, offset, length, this.storedRead) ?? 0;
    this.storedRead += count;
    return count;
  }

  again(): ReadFrom {
    return new ReadFrom(this.source, this.storedRead);
  }

  /** The source is somebody else's. */
  close(): void {}
}
