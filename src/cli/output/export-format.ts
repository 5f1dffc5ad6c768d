import { type Format, type FormatName, FORMATS, type Sink } from "../../export/index.js";
import type { Output } from "./output.js";

/** How an export is written in a format, and where it goes: each is redacted in its own way. */
export function exportIn(out: Output, name: FormatName): { format: Format; sink: Sink } {
  return { format: FORMATS[name], sink: name === "csv" ? out.rows : out.json };
}
