/** A line of a server's log, without what its layout puts before the message. */
export interface LogLine {
  /** The message, each run of white space one space. */
  text: string;
  /** As the log has it; null where it has none. */
  time: string | null;
  /** Whether it belongs to the line before: an exception, or a frame of its stack. */
  continues: boolean;
}

/** Log4j's, logback's, a container's or syslog's: the first that is there counts. */
const TIME =
  /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d/;
const LEVEL = /\b(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b/;
/** How far into a line its time and level may be. */
const HEAD = 200;
const FRAME = /^\s+(?:at |\.\.\. \d+ )|^\s*(?:Caused by|Suppressed): /;
const EXCEPTION = /^(?:Exception in thread "[^"]*" )?(?:[a-z]\w*\.)+[\w$]*(?:Exception|Error|Throwable)\b/;

export function parseLogLine(line: string): LogLine {
  const head = line.slice(0, HEAD);
  const time = TIME.exec(head)?.[0] ?? null;
  const continues = FRAME.test(line) || (time === null && !LEVEL.test(head) && EXCEPTION.test(line));
  return { text: line.replace(/\s+/g, " ").trim(), time, continues };
}

/** Whether a line is a frame of a stack. */
export function isFrame(line: string): boolean {
  return /^\s+(?:at |\.\.\. \d+ )/.test(line);
}
