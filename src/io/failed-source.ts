import type { ByteSource } from "./byte-source.js";
import type { UnreadableFile } from "./unreadable-file.js";

/** A file that could not be opened. Reading it throws the reason, as reading a file does that fails later. */
export class FailedSource implements ByteSource {
  readonly name: string;
  readonly compression = "none";
  readonly size = undefined;
  readonly storedRead = 0;
  private readonly failure: UnreadableFile;

  constructor(failure: UnreadableFile) {
    this.name = failure.path;
    this.failure = failure;
  }

  read(): never {
    throw this.failure;
  }

  again(): FailedSource {
    return new FailedSource(this.failure);
  }

  close(): void {}
}
