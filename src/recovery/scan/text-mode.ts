import { type Finding, finding } from "../../findings/finding.js";
import { isDamage } from "../../findings/kinds.js";
import { convertedLineEnds, WithoutTextMode } from "../../io/text-mode.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { say } from "../../text/message.js";
import { counted } from "../../text/safe.js";
import { openStored, type StoredFile } from "../directory/data-directory.js";

/** What a scan says of a text mode that its file went through. */
export interface TextModeScan {
  /** How many line ends were converted; null where the file went through no text mode. */
  lineEnds: number | null;
  findings: Finding[];
}

/**
 * The scan of a damaged file, told for what it is where the file went through a text mode: where it reads better
 * (`isCured`) without the CR before each LF. What else is wrong with it is found there.
 */
export async function ofTextMode<S extends TextModeScan>(
  file: StoredFile,
  scan: S,
  rescan: (file: StoredFile) => Promise<S>,
  isCured: (cured: S) => boolean,
): Promise<S> {
  if (file.range || !scan.findings.some((each) => each.severity === "error" && isDamage(each))) return scan;
  const lineEnds = lineEndsOf(file);
  if (lineEnds === null) return scan;
  const cured = await rescan(withoutTextMode(file, lineEnds));
  if (!isCured(cured)) return scan;
  const right = cured.findings.some(isDamage) ? "more of its checksums are" : "its checksums are";
  const message = say`it was copied in a text mode: there is a 0x0D before each 0x0A (${counted(lineEnds, "time")}), and without it ${right} right`;
  return { ...scan, lineEnds, findings: [finding("file.text-mode", message, { file: file.path }), ...cured.findings] };
}

/** A file as it was before a text mode; `lineEnds` as a scan says. */
export function withoutTextMode(file: StoredFile, lineEnds: number): StoredFile {
  const bytes = new WithoutTextMode(file.bytes, lineEnds);
  return { ...file, size: bytes.size, bytes, open: (range) => openStored(bytes, range) };
}

function lineEndsOf({ bytes }: StoredFile): number | null {
  try {
    return convertedLineEnds(bytes);
  } catch (error) {
    if (error instanceof UnreadableFile) return null;
    throw error;
  }
}
