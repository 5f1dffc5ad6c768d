import { type Finding, finding } from "../../findings/finding.js";
import { firstDifference } from "../../io/compare.js";
import { readFailure } from "../../io/read-failure.js";
import { say, tag } from "../../text/message.js";
import type { LogCopy } from "../directory/data-directory.js";

/**
 * Compressed logs are held against the plain ones beside them, byte for byte. Zeros that only one of the two ends in are
 * padding. Returns what is found beyond what discovery says of them.
 */
export async function compareCopies(copies: readonly LogCopy[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { log, of } of copies) {
    const place = { file: log.path, severity: "warning" } as const;
    try {
      const at = await firstDifference(log.open(), of.open());
      if (at !== null)
        findings.push(
          finding("log.copy", say`it is not a copy of ${tag.file(of.name)}: the two differ from byte ${at} on`, place),
        );
    } catch (error) {
      const failure = readFailure(error, log.path, 0);
      if (!failure) throw error;
      findings.push({ ...failure, severity: "warning" });
    }
  }
  return findings;
}
