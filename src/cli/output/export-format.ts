import { csv, type Format, json, ndjson, type Sink } from "../../export/index.js";
import type { Output } from "./output.js";

export type ExportFormat = "json" | "ndjson" | "csv";

/** How an export is written in a format, and where it goes: each is redacted in its own way. */
export function exportIn(out: Output, name: ExportFormat): { format: Format; sink: Sink } {
  if (name === "csv") return { format: csv, sink: out.rows };
  return { format: name === "json" ? json : ndjson, sink: out.json };
}
