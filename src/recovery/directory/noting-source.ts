import type { ByteSource } from "../../io/byte-source.js";
import { UnreadableFile } from "../../io/unreadable-file.js";

/** A source that calls `note` when its file cannot be read, whatever its reader makes of the error. */
export function notingSource(source: ByteSource, note: (error: UnreadableFile) => void): ByteSource {
  const passOn = (error: unknown): never => {
    if (error instanceof UnreadableFile) note(error);
    throw error;
  };
  const noted = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      return passOn(error);
    }
  };
  return {
    name: source.name,
    compression: source.compression,
    size: source.size,
    ...(source.skipped === undefined ? {} : { skipped: source.skipped }),
    get storedRead() {
      return source.storedRead;
    },
    read(target, offset, length) {
      const count = noted(() => source.read(target, offset, length));
      return typeof count === "number" ? count : count.catch(passOn);
    },
    readAhead: (target, offset, length) => source.readAhead?.(target, offset, length)?.catch(passOn) ?? null,
    ...(source.readAt && {
      readAt: (target: Buffer, offset: number, length: number, position: number) =>
        noted(() => source.readAt?.(target, offset, length, position) ?? 0),
    }),
    again: () =>
      notingSource(
        noted(() => source.again()),
        note,
      ),
    close: () => source.close(),
  };
}
