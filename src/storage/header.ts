import { finding } from "../findings/finding.js";
import type { FindingList } from "../findings/finding-list.js";
import type { Window } from "../io/window.js";
import { hexOfHalves } from "./zxid.js";
import { type Message, say } from "../text/message.js";

/** The 16 bytes that begin both kinds of file. */
export interface FileHeader {
  magic: number;
  version: number;
  dbid: bigint;
}

/** "ZKSN" and "ZKLG". */
export const SNAPSHOT_MAGIC = 0x5a4b534e;
export const LOG_MAGIC = 0x5a4b4c47;
export const HEADER_LENGTH = 16;
export const FILE_VERSION = 2;

/**
 * Reads the header and says what is wrong with it: of a wrong magic the caller does. Null with a finding where the file
 * is too short for one.
 * The dbid is -1 in snapshots and 0 in logs of every release (FileSnap.serialize, FileTxnLog.append); no checksum
 * covers it in a log.
 */
export async function readHeader(
  window: Window,
  magic: number,
  findings: FindingList,
  place: { file: string },
): Promise<FileHeader | null> {
  if (!(await window.need(HEADER_LENGTH))) {
    const length = window.available;
    if (length === 0) findings.push(finding("file.empty", say`the file is empty`, { ...place, offset: 0 }));
    else
      findings.push(
        finding("file.short-header", say`the file ends after ${length} of 16 header bytes`, { ...place, offset: 0 }),
      );
    return null;
  }
  const header = headerAt(window.block.view, window.position);
  window.position += HEADER_LENGTH;
  checkHeader(header, magic, findings, place);
  return header;
}

/** The header that is at an offset. */
export function headerAt(view: DataView, at: number): FileHeader {
  return { magic: view.getUint32(at), version: view.getInt32(at + 4), dbid: view.getBigInt64(at + 8) };
}

/** What is wrong with a header of the right magic. */
export function checkHeader(header: FileHeader, magic: number, findings: FindingList, place: { file: string }): void {
  if (header.magic !== magic) return;
  if (header.version !== FILE_VERSION) {
    findings.push(
      finding("file.version", say`the version is ${header.version}, not ${FILE_VERSION}`, { ...place, offset: 4 }),
    );
  }
  const usual = magic === SNAPSHOT_MAGIC ? -1n : 0n;
  if (header.dbid !== usual) {
    findings.push(
      finding("file.dbid", say`the dbid is ${header.dbid}; servers write ${usual}`, { ...place, offset: 8 }),
    );
  }
}

/** What a wrong magic is. */
export function magicMessage(found: number, magic: number): Message {
  return say`the magic is ${hexOfHalves(0, found)}, not ${hexOfHalves(0, magic)}`;
}
