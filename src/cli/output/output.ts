import type { Sink } from "../../export/index.js";
import { FileSink } from "../../io/new/file-sink.js";
import { StdoutSink } from "./descriptors.js";
import { noteOutput } from "../opened.js";
import { redactedJson, redactedRows } from "../redaction.js";
import { isTerminal } from "./terminal.js";
import { isQuiet } from "./verdict.js";
import type { Safe } from "../../text/safe.js";
import { context } from "../context/context.js";

/** Where a command's results go: each way of writing says what it is that is written. */
export interface Output {
  /** Text, at once. */
  write(text: Safe): void | Promise<void>;
  /** Bytes of JSON that do not come from `json` (json-text.ts): redacted on their way, where that is asked for. */
  readonly json: Sink;
  /** CSV, redacted in the same way. */
  readonly rows: Sink;
  /** A znode's bytes, as they are or as the redaction made them. */
  readonly bytes: Sink;
}

/**
 * Has `body` write to the file that was asked for, or to standard output. The file gets its name only if `body` ends
 * well; otherwise nothing is left of it, Ctrl-C included.
 */
export async function withOutput<T>(path: string | undefined, body: (out: Output) => Promise<T>): Promise<T> {
  if (isQuiet()) return writing(NOWHERE, body);
  if (path === undefined) return writing(new StdoutSink(), body);
  const file = new FileSink(path);
  noteOutput(path);
  try {
    const result = await writing(file, body);
    file.finish();
    return result;
  } finally {
    file.discard();
  }
}

async function writing<T>(sink: Sink, body: (out: Output) => Promise<T>): Promise<T> {
  const json = redactedJson(sink);
  const rows = redactedRows(sink);
  const out: Output = {
    write: (text) => sink.write(Buffer.from(text)),
    json: json?.sink ?? sink,
    rows: rows?.sink ?? sink,
    bytes: sink,
  };
  const result = await body(out);
  await json?.finish();
  await rows?.finish();
  return result;
}

const NOWHERE: Sink = { write() {} };

/** Lines of text, gathered so that a system call for each is saved. */
export class LineWriter {
  private readonly out: Output;
  private pending = "";

  constructor(out: Output) {
    this.out = out;
  }

  line(text: Safe): void | Promise<void> {
    this.add(text);
    if (this.pending.length >= ENOUGH) return this.flush();
  }

  /** Where nothing can be awaited: the caller flushes soon. */
  add(text: Safe): void {
    this.pending += `${text}\n`;
  }

  flush(): void | Promise<void> {
    if (this.pending === "") return;
    const text = this.pending as Safe;
    this.pending = "";
    return this.out.write(text);
  }
}

const ENOUGH = 1 << 16;

/** Columns of the terminal that the output goes to; undefined where it goes elsewhere. */
export function terminalWidth(output: string | undefined): number | undefined {
  if (output !== undefined || !isTerminal(1)) return undefined;
  return context().streams.columns();
}

type Paint = (text: Safe) => Safe;

export interface Style {
  bold: Paint;
  dim: Paint;
  red: Paint;
  yellow: Paint;
  green: Paint;
  cyan: Paint;
}

/** Colours for standard output: only on a terminal, or if FORCE_COLOR asks for them; never with NO_COLOR or `-o`. */
export async function styleFor(output: string | undefined): Promise<Style> {
  const { NO_COLOR, FORCE_COLOR } = context().env;
  const wanted = !NO_COLOR && output === undefined && (Boolean(FORCE_COLOR) || isTerminal(1));
  if (!wanted) return PLAIN;
  const { default: picocolors } = await import("picocolors");
  const { bold, dim, red, yellow, green, cyan } = picocolors.createColors(true);
  return {
    bold: (text) => bold(text) as Safe,
    dim: (text) => dim(text) as Safe,
    red: (text) => red(text) as Safe,
    yellow: (text) => yellow(text) as Safe,
    green: (text) => green(text) as Safe,
    cyan: (text) => cyan(text) as Safe,
  };
}

const same: Paint = (text) => text;
const PLAIN: Style = { bold: same, dim: same, red: same, yellow: same, green: same, cyan: same };
