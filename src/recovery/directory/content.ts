import { firstInside, isGzip } from "../../io/compressed/first-inside.js";
import { LOG_MAGIC, SNAPSHOT_MAGIC } from "../../storage/header.js";
import { type Message, say } from "../../text/message.js";

/** What a file is by its first bytes, inside gzip or snappy as well: null for anything that is not known. */
export type Content = "snapshot" | "log" | Archive | null;
export type Archive = "tar" | "tar.gz" | "zip" | "other";

/** `stored`: the first FIRST_STORED bytes of a file, or all of a shorter one. */
export function contentKindOf(stored: Buffer): Content {
  const inside = firstInside(stored);
  // A file that was cut may have only some of them.
  const word = Buffer.concat([inside], 4).readUInt32BE();
  if (word === SNAPSHOT_MAGIC) return "snapshot";
  if (word === LOG_MAGIC) return "log";
  if (isTarHeader(inside)) return isGzip(stored) ? "tar.gz" : "tar";
  if (word === ZIP) return "zip";
  return OTHERS.some((magic) => stored.subarray(0, magic.length).equals(magic)) ? "other" : null;
}

/** What an archive is called. */
export function archiveName(archive: Archive): Message {
  return NAMES[archive];
}

const NAMES: Readonly<Record<Archive, Message>> = {
  tar: say`a tar archive`,
  "tar.gz": say`a gzipped tar archive`,
  zip: say`a zip archive`,
  other: say`compressed in a way that is not read (xz, bzip2, zstd, lz4 or 7z)`,
};

/**
 * Whether bytes begin with a header of any tar format: 512 bytes whose sum, with blanks in the place of the sum itself,
 * stands at byte 148 in octal.
 */
function isTarHeader(bytes: Buffer): boolean {
  if (bytes.length < TAR_BLOCK) return false;
  const field = /^ *([0-7]{1,7})[ \0]/.exec(bytes.toString("latin1", SUM_AT, SUM_END));
  if (!field) return false;
  let sum = 0;
  for (let at = 0; at < TAR_BLOCK; at++) sum += at >= SUM_AT && at < SUM_END ? 0x20 : (bytes[at] as number);
  return sum === Number.parseInt(field[1] as string, 8);
}

const TAR_BLOCK = 512;
const SUM_AT = 148;
const SUM_END = 156;

/** "PK\x03\x04". */
const ZIP = 0x504b0304;
/** xz, bzip2, zstd, lz4, 7z. */
const OTHERS = ["fd377a585a00", "425a68", "28b52ffd", "04224d18", "377abcaf271c"].map((hex) => Buffer.from(hex, "hex"));
