import { type Format, type FormatName, FORMATS, type Sink } from "../../export/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { say } from "../../text/message.js";
import { redactor } from "../redaction.js";
import type { Output } from "./output.js";

/** How an export is written in a format, and where it goes: each is redacted in its own way. */
export function exportIn(out: Output, name: FormatName): { format: Format; sink: Sink } {
  const format: Format = FORMATS[name];
  if (format.redactedAs === null && redactor())
    throw new ZkRewindError(say`--redact cannot hide anything in ${name}`, { exitCode: 2 });
  return { format, sink: format.redactedAs === "csv" ? out.rows : format.redactedAs === "json" ? out.json : out.bytes };
}
