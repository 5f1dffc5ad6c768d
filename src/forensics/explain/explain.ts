import { type Answer, type Origin, ROLES } from "./answer.js";
import { isFrame, type LogLine, parseLogLine } from "./log-line.js";
import { type Match, Matcher } from "./matcher.js";
import { messageTable, type Speaker } from "./message-table.js";
import { originOfFrame, originOfWords } from "./origin.js";
import { type Facts, Template } from "./template.js";

/** One message of a server's, found in what was given. */
export interface Explanation {
  answer: Answer;
  /** As the server writes it, … for what varies. */
  phrase: string;
  /** Who says it; nobody where it is Java's own. */
  speakers: readonly Speaker[];
  /** The first line that it was in, and how many there were. */
  line: string;
  count: number;
  /** When it was said first and last, as the log has it; null where it has no times. */
  first: string | null;
  last: string | null;
  /** What the first line tells beside its words. */
  facts: Facts;
  /** The zxid that it names. */
  zxid: bigint | null;
}

/** What a server's log says. */
export interface LogSummary {
  /** Each message about files once: the first cause first, then what follows from it, then what means no harm. */
  explanations: Explanation[];
  /** ZooKeeper's own messages that are not about files: by their text, how often. */
  others: Map<string, { count: number; speakers: readonly Speaker[] }>;
  /** Lines, and those in which nothing was recognised (an exception's frames apart). */
  lines: number;
  unknown: number;
}

/**
 * Explains each message in a server's output.
 *
 * @example
 * import { explain } from "zkrewind";
 *
 * for (const { answer } of explain("java.io.IOException: CRC check failed")) console.log(answer.id, answer.means);
 */
export function explain(text: string): Explanation[] {
  return summarize(text.split(/\r?\n/)).explanations;
}

/**
 * Explains a server's whole log, given as lines.
 *
 * @example
 * import { summarize } from "zkrewind/forensics";
 *
 * const { explanations, unknown } = summarize(["java.io.IOException: CRC check failed", "something else"]);
 * console.log(explanations.map(({ answer, count }) => `${answer.id} ${count}`), unknown);
 */
export function summarize(lines: Iterable<string>): LogSummary {
  const log = new ServerLog();
  for (const line of lines) log.add(line);
  return log.end();
}

/** A line with the lines of exceptions below it, as far as they are needed. */
interface Event {
  parts: Part[];
  time: string | null;
}

interface Part {
  raw: string;
  line: LogLine;
  /** What the frames below it show. */
  origin: Origin | null;
}

/**
 * Takes in a server's log line by line, in memory that does not grow with it.
 *
 * @example
 * import { ServerLog } from "zkrewind/forensics";
 *
 * const log = new ServerLog();
 * log.add("java.io.IOException: CRC check failed");
 * console.log(log.end().explanations.map(({ answer }) => answer.means));
 */
export class ServerLog {
  private readonly matcher = new Matcher();
  private readonly found = new Map<Answer, Explanation>();
  private readonly others: LogSummary["others"] = new Map();
  private event: Event | null = null;
  private time: string | null = null;
  private lines = 0;
  private unknown = 0;

  add(raw: string): void {
    if (raw.trim() === "") return;
    this.lines++;
    const part = this.event?.parts.at(-1);
    if (part && isFrame(raw)) {
      part.origin ??= originOfFrame(raw);
      return;
    }
    const line = parseLogLine(raw);
    if (!line.continues) this.finish();
    this.time = line.time ?? this.time;
    this.event ??= { parts: [], time: this.time };
    this.event.parts.push({ raw, line, origin: null });
  }

  end(): LogSummary {
    this.finish();
    const explanations = [...this.found.values()].sort((a, b) => rank(a) - rank(b));
    return { explanations, others: this.others, lines: this.lines, unknown: this.unknown };
  }

  /** Explains an event once its whole stack is known. */
  private finish(): void {
    const { event } = this;
    this.event = null;
    if (!event) return;
    const words = event.parts.map(({ line }) => line.text).join(" ");
    const shown = event.parts.findLast(({ origin }) => origin !== null)?.origin ?? originOfWords(words);
    for (const { raw, line, origin } of event.parts) {
      const matches = this.matcher.match(line.text, origin ?? shown);
      if (matches.length === 0) this.unknown++;
      for (const [index, match] of matches.entries()) {
        const again = match.answer && matches.findIndex(({ answer }) => answer === match.answer) < index;
        if (!again) this.note(match, raw.trim(), event.time);
      }
    }
  }

  private note({ answer, template, facts }: Match, line: string, time: string | null): void {
    if (!answer) {
      const known = this.others.get(template.text);
      if (known) known.count++;
      else this.others.set(template.text, { count: 1, speakers: messageTable().get(template.text) ?? [] });
      return;
    }
    const known = this.found.get(answer);
    if (known) {
      known.count++;
      known.last = time;
      return;
    }
    const text = asSaid(answer, template);
    this.found.set(answer, {
      answer,
      phrase: text.replaceAll("{}", "…"),
      speakers: messageTable().get(text) ?? [],
      line,
      count: 1,
      first: time,
      last: time,
      facts,
      zxid: zxidOf(facts),
    });
  }
}

/** A text as the table of messages has it: one with a gap filled in is the answer's first. */
function asSaid({ says: [first] }: Answer, { text }: Template): string {
  return first === undefined || messageTable().has(text) ? text : new Template(first).text;
}

/** What stops a server comes first, what means no harm last; the sort keeps the log's order among equals. */
function rank({ answer }: Explanation): number {
  return ROLES.indexOf(answer.role);
}

/** Servers write zxids in hex, and in decimal where nobody thought of it. */
function zxidOf({ zxid, zxidDecimal }: Facts): bigint | null {
  if (zxid !== undefined) return hexOf(zxid);
  return zxidDecimal === undefined ? null : BigInt.asIntN(64, BigInt(zxidDecimal));
}

/** A hex number with or without 0x. */
export function hexOf(text: string): bigint {
  return BigInt(text.startsWith("0x") ? text : `0x${text}`);
}
