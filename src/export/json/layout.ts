import { type DocumentType, documentHead, headerLine } from "../shapes/document.js";
import { jsonText } from "../../text/unsafe.js";
import { type JsonBytes, type JsonLiteral, literal } from "./json-bytes.js";

/** How the parts of a document stand together: what JSON and NDJSON differ in. Items are objects with a "type". */
export interface Layout {
  begin(out: JsonBytes, document: DocumentType, fields: object): void;
  /** Begins a list of items, and ends the one before it; `index` counts the lists. */
  list(out: JsonBytes, name: string, index: number): void;
  /** What comes before an item, and after it. */
  before(first: boolean): string;
  readonly after: string;
  /** Ends the last list; `counts` is null where not all could be read. */
  end(out: JsonBytes, counts: object | null): void;
}

const NEWLINE = literal("\n");

/** One object with the header's fields, and a field for each list; an item a line. */
export const documentLayout: Layout = {
  begin(out, document, fields) {
    out.raw(literal(jsonText(documentHead(document, fields)).slice(0, -1)));
  },
  list(out, name, index) {
    out.raw(literal(`${index === 0 ? "" : "]"},"${name}":[`));
  },
  before: (first) => (first ? "\n" : ",\n"),
  after: "",
  end(out, counts) {
    out.raw(literal(counts === null ? "\n]}\n" : `\n],"counts":${jsonText(counts)}}\n`));
  },
};

/** One JSON object a line; the last, of type "end", proves that nothing is missing. */
export const linesLayout: Layout = {
  begin(out, document, fields) {
    out.value(headerLine(document, fields));
    out.raw(NEWLINE);
  },
  list() {},
  before: () => "",
  after: "\n",
  end(out, counts) {
    if (counts === null) return;
    out.value({ type: "end", ...counts });
    out.raw(NEWLINE);
  },
};

/** What comes before the first field of a layout's items of one type, the first of them and the others. */
export function itemBegins(layout: Layout, type: string): (first: boolean) => JsonLiteral {
  const opening = (first: boolean): JsonLiteral => literal(`${layout.before(first)}{"type":"${type}",`);
  const [first, next] = [opening(true), opening(false)];
  return (isFirst) => (isFirst ? first : next);
}
