import { type Command, InvalidArgumentError, Option } from "commander";
import type { Sink } from "../io/sink.js";
import { ZkRewindError } from "../findings/finding.js";
import { readPart, withRegular } from "../io/regular-file.js";
import { type Message, plain, say, tag } from "../text/message.js";
import type { Safe } from "../text/safe.js";
import type { Redaction, Redactor } from "../forensics/redact/redact.js";
import { context } from "./context/context.js";

/**
 * The one printer's redaction, for all that a run writes: text asks for it value by value (text.ts), JSON is rewritten
 * by what its keys say (json-text.ts, output.ts). Nothing is loaded where none is asked for.
 */

interface RedactOptions {
  redact?: readonly Redaction[];
  redactKeyFile?: string;
}

const REDACTIONS: readonly Redaction[] = ["values", "paths", "ids"];

export function addRedaction(command: Command): void {
  const what = "replace values, paths or ids of ACLs with pseudonyms of the same length (comma-separated)";
  const key = `use the same pseudonyms in every run, made with the key in this file or in ${KEY_VARIABLE} (default: a new key each run)`;
  command
    .addOption(new Option("--redact <what>", what).argParser(parse))
    .option("--redact-key-file <file>", key)
    .hook("preAction", async (_, action) => begin(action.opts<RedactOptions>()));
}

/** Begins before the command line is understood: what is wrong with it is told redacted, too. */
export async function beginAsTyped(args: readonly string[]): Promise<void> {
  const at = args.findIndex((arg) => arg === "--redact" || arg.startsWith("--redact="));
  if (at >= 0) await begin({ redact: REDACTIONS });
}

/** Hides everything that can be hidden, whatever the command line says. */
export function redactAll(redactKeyFile: string | undefined): Promise<void> {
  return begin({ redact: REDACTIONS, ...(redactKeyFile === undefined ? {} : { redactKeyFile }) });
}

async function begin({ redact, redactKeyFile }: RedactOptions): Promise<void> {
  if (!redact) return;
  const { Redactor: Loaded } = await import("../forensics/redact/redact.js");
  const key = redactKeyFile === undefined ? context().env[KEY_VARIABLE] : keyIn(redactKeyFile);
  const { JsonRedactor: Json } = await import("../forensics/redact/redact-json.js");
  const { CsvRedactor: Csv } = await import("../forensics/redact/redact-csv.js");
  context().redaction = { redactor: new Loaded(redact, key === "" ? undefined : key), Json, Csv };
}

/** Arguments are seen by everyone on a machine: a secret is in a file or in the environment. */
const KEY_VARIABLE = "ZKREWIND_REDACT_KEY";

/** The key is the text in its file, without the end of its line. */
function keyIn(file: string): string {
  const bytes = withRegular(file, (open) => readPart(file, open, 0, MOST_KEY + 1));
  const key = bytes.toString("utf8").replace(/\r?\n$/, "");
  if (key === "") throw new ZkRewindError(say`${tag.file(file)}: there is no key in it`, { exitCode: 2 });
  if (bytes.length > MOST_KEY)
    throw new ZkRewindError(say`${tag.file(file)}: longer than a key (${MOST_KEY} bytes)`, { exitCode: 2 });
  return key;
}

/** Bytes. */
const MOST_KEY = 1 << 16;

function parse(text: string, before: Redaction[] | undefined): Redaction[] {
  const words = text.split(",");
  if (words.some((word) => !REDACTIONS.some((each) => each === word)))
    throw new InvalidArgumentError(`Choose from ${REDACTIONS.join(", ")}.`);
  return [...(before ?? []), ...(words as Redaction[])];
}

export function redactor(): Redactor | null {
  return context().redaction?.redactor ?? null;
}

/** A message as text for programs, redacted where that is asked for. */
export function said(message: Message): string {
  return redactor()?.said(message) ?? plain(message);
}

/** A piece of JSON text, or all of it, with its strings redacted where that is asked for. */
export function redactedText(json: Safe): Safe {
  return redactedPage(json) as Safe;
}

/** The same of JSON for a page, which no terminal shows. */
export function redactedPage(json: string): string {
  const { redaction } = context();
  if (!redaction) return json;
  const redacting = new redaction.Json(redaction.redactor);
  return redacting.push(json) + redacting.end();
}

/** A sink that redacts what is written to it, with the end of it to be waited for. */
interface RedactedSink {
  sink: Sink;
  finish(): void | Promise<void>;
}

/** A sink for JSON; null where nothing is to be redacted. */
export function redactedJson(sink: Sink): RedactedSink | null {
  const { redaction } = context();
  return redaction && redacted(sink, new redaction.Json(redaction.redactor));
}

/** A sink for CSV; null where nothing is to be redacted. */
export function redactedRows(sink: Sink): RedactedSink | null {
  const { redaction } = context();
  return redaction && redacted(sink, new redaction.Csv(redaction.redactor));
}

function redacted(sink: Sink, redacting: { push(text: string): string; end(): string }): RedactedSink {
  const decoder = new TextDecoder();
  const send = (text: string): void | Promise<void> => (text === "" ? undefined : sink.write(Buffer.from(text)));
  return {
    sink: { write: (bytes) => send(redacting.push(decoder.decode(bytes, { stream: true }))) },
    finish: () => send(redacting.push(decoder.decode()) + redacting.end()),
  };
}
