import { inflateRawSync } from "node:zlib";
import { deflatedMessages } from "./messages.js";

/** Where a text comes from: which class says it, how (a log level, or the exception's class), in which releases. */
export interface Speaker {
  class: string;
  level: string;
  /** As fixtures/server-messages.tsv has them: of those that it was made from, "3.5.10-3.9.5". */
  releases: string;
}

let table: Map<string, Speaker[]> | null = null;

/** Every text that a server of these releases can log, with {} for what varies, and who says it. */
export function messageTable(): ReadonlyMap<string, readonly Speaker[]> {
  table ??= parse(inflateRawSync(Buffer.from(deflatedMessages, "base64")).toString("utf8"));
  return table;
}

/** Reads the lines of fixtures/server-messages.tsv. */
function parse(lines: string): Map<string, Speaker[]> {
  const speakers = new Map<string, Speaker[]>();
  for (const line of lines.trimEnd().split("\n")) {
    const [name = "", level = "", text = "", releases = ""] = line.split("\t");
    const others = speakers.get(text);
    const speaker = { class: name, level, releases };
    if (others) others.push(speaker);
    else speakers.set(text, [speaker]);
  }
  return speakers;
}
