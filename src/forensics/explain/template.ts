/**
 * What varies in a server's message, by the name that a template gives it, and what it looks like there. A zxid is hex
 * in most messages and decimal where nobody thought of it.
 */
const FACTS = {
  zxid: "(?:0x)?[0-9a-f]+",
  zxidDecimal: "-?\\d+",
  /** A second zxid or epoch: what the first is held against. */
  other: "(?:0x)?[0-9a-f]+",
  otherDecimal: "-?\\d+",
  epoch: "(?:0x)?-?[0-9a-f]+",
  session: "(?:0x)?[0-9a-f]+",
  sessionDecimal: "-?\\d+",
  file: "\\S+?",
  path: "/[^\\s,]*",
  length: "-?\\d+",
  type: "-?\\d+",
  magic: "-?\\d+",
  acl: "-?\\d+",
  milliseconds: "-?\\d+",
  bytes: "-?\\d+",
  id: "-?\\d+",
  op: "\\w+",
  text: ".+?",
} as const;

/** The name of something that a message tells beside its words: a zxid, a file, a session. */
export type FactName = keyof typeof FACTS;

/** What a line tells beside its words, by name. */
export type Facts = { [name in FactName]?: string };

/** Where a template is in a line, and what it tells. */
export interface TemplatePlace {
  start: number;
  end: number;
  facts: Facts;
}

/** A line without numbers and paths, which are what differs between lines of one message. */
export function shapeOf(line: string): string {
  return line.replace(/0x[0-9a-f]+|\d+|\/[^\s,;:'")\]]+/g, "#");
}

/** A message with names in braces for what varies: `Reading snapshot {file}`; {} for what needs none. */
export class Template {
  /** With nothing but {} in its gaps: the text as the table of messages has it. */
  readonly text: string;
  /** Its longest run of plain words: a line that lacks it need not be looked at more closely. */
  readonly anchor: string;
  private pattern: RegExp | null = null;

  constructor(private readonly source: string) {
    this.text = source.replace(/\{\w+\}/g, "{}");
    const runs = shapeOf(this.text.replaceAll("{}", "\0"))
      .split(/[^A-Za-z ,.'()]+/)
      .map((run) => run.trim());
    this.anchor = runs.reduce((longest, run) => (run.length > longest.length ? run : longest), "");
  }

  /** Null where it is not in the line, in which each run of white space is one space. */
  find(line: string): TemplatePlace | null {
    this.pattern ??= new RegExp(patternOf(this.source));
    const match = this.pattern.exec(line);
    if (!match) return null;
    const facts: Facts = {};
    for (const [name, value] of Object.entries(match.groups ?? {}))
      if (value !== undefined) facts[name as FactName] = value;
    return { start: match.index, end: match.index + match[0].length, facts };
  }

  /** How many characters of it do not vary: of two that are in one place, the one with more says more. */
  get words(): number {
    return this.text.replaceAll("{}", "").length;
  }
}

function patternOf(source: string): string {
  // What varies at an end is no part of the words: another message may be there.
  const pieces = source
    .replace(/^\{\}\s*/, "")
    .replace(/\s*\{\}[\s.,:]*$/, "")
    .split(/(\{\w*\})/);
  const last = pieces.findLastIndex((piece) => piece !== "");
  return pieces
    .map((piece, index) => {
      const name = /^\{(\w*)\}$/.exec(piece)?.[1];
      if (name === undefined) return piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      if (name === "") return ".*?";
      return `(?<${name}>${FACTS[name as FactName]})${index === last ? END : ""}`;
    })
    .join("");
}

/** What comes after something that varies and ends a message. */
const END = "(?=[.,;:)\\]'\"]*(?:\\s|$))";
