import { type DocumentType, documentHead, headerLine } from "../../export/shapes/document.js";
import { type Safe, safe, words } from "../../text/safe.js";
import { json } from "./json-text.js";
import type { LineWriter } from "./output.js";

/**
 * A document of schema 1 with lists of items, as JSON or as NDJSON: one is the other's lines in an object, with a field
 * for each list. What a document holds beside its lists is in its head.
 */
export class DocumentWriter {
  private readonly lines: LineWriter;
  private readonly whole: boolean;
  /** Of JSON: what comes before the next list, or the end. */
  private open: Safe = words("");
  private isFirst = true;

  constructor(lines: LineWriter, format: "json" | "ndjson") {
    this.lines = lines;
    this.whole = format === "json";
  }

  begin(type: DocumentType, fields: object): void | Promise<void> {
    if (!this.whole) return this.lines.line(json(headerLine(type, fields)));
    this.open = json(documentHead(type, fields)).slice(0, -1) as Safe;
  }

  /** Begins a list. */
  list(name: string): void | Promise<void> {
    if (!this.whole) return;
    const line = safe`${this.open},${json(name)}:[`;
    this.open = words("]");
    this.isFirst = true;
    return this.lines.line(line);
  }

  /** An item of the current list, with its "type". */
  item(item: object): void | Promise<void> {
    return this.lines.line(this.lineOf(item));
  }

  /** The same as a line, for those who cannot wait: the caller writes it before the next. */
  lineOf(item: object): Safe {
    const line = safe`${this.whole && !this.isFirst ? "," : ""}${json(item)}`;
    this.isFirst = false;
    return line;
  }

  end(counts: object): void | Promise<void> {
    return this.lines.line(
      this.whole ? safe`${this.open},"counts":${json(counts)}}` : json({ type: "end", ...counts }),
    );
  }
}

/** A document without lists of its own, as one line of JSON. */
export function documentLine(type: DocumentType, fields: object): Safe {
  return json(documentHead(type, fields));
}
