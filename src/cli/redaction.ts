import { type Command, InvalidArgumentError, Option } from "commander";
import type { Sink } from "../export/sink.js";
import type { Message } from "../text/message.js";
import type { Redaction, Redactor } from "../forensics/redact/redact.js";

/**
 * The one printer's redaction, for all that a run writes: text asks for it string by string (text.ts), JSON and raw data
 * are rewritten on their way out (output.ts). Null, and nothing is loaded, where none is asked for.
 */
let current: Redactor | null = null;
let form: "text" | "json" | "raw" = "text";

interface RedactOptions {
  redact?: Redaction[];
  redactKey?: string;
  format?: string;
}

const WHAT = ["values", "paths", "ids"];

export function addRedaction(command: Command): void {
  const what = "hide values, paths or ids of ACLs behind pseudonyms of their length (several with commas)";
  command
    .addOption(new Option("--redact <what>", what).argParser(parse))
    .option("--redact-key <secret>", "the same pseudonyms in every run with this key; a new one each run if not given")
    .hook("preAction", async (_, action) => begin(action.name(), action.opts<RedactOptions>()));
}

async function begin(command: string, { redact, redactKey, format = "text" }: RedactOptions): Promise<void> {
  if (!redact) return;
  const { Redactor: Loaded } = await import("../forensics/redact/redact.js");
  current = new Loaded(redact, redactKey);
  form = format === "text" || format === "table" ? (command === "cat" ? "raw" : "text") : "json";
}

function parse(text: string, before: Redaction[] | undefined): Redaction[] {
  const words = text.split(",");
  if (words.some((word) => !WHAT.includes(word))) throw new InvalidArgumentError(`It is of ${WHAT.join(", ")}.`);
  return [...(before ?? []), ...(words as Redaction[])];
}

export function redactor(): Redactor | null {
  return current;
}

/** A message as text for programs, redacted where that is asked for. */
export function said({ parts }: Message): string {
  return parts.map((each) => (typeof each === "string" ? each : (current?.tagged(each) ?? each.text))).join("");
}

/** Has `body` write to the sink through the redaction, where there is one for what it writes. */
export async function throughRedaction<T>(sink: Sink, body: (sink: Sink) => Promise<T>): Promise<T> {
  const redaction = await redacting(sink);
  if (!redaction) return body(sink);
  const result = await body(redaction.sink);
  await redaction.finish();
  return result;
}

async function redacting(sink: Sink): Promise<{ sink: Sink; finish(): Promise<void> } | null> {
  const redaction = current;
  if (!redaction || form === "text") return null;
  if (form === "raw") {
    const pieces: Buffer[] = [];
    return {
      sink: { write: (bytes) => void pieces.push(Buffer.from(bytes)) },
      finish: async () => sink.write(redaction.data(Buffer.concat(pieces))),
    };
  }
  const { JsonRedactor } = await import("../forensics/redact/redact-json.js");
  const json = new JsonRedactor(redaction);
  const decoder = new TextDecoder();
  const send = (text: string): void | Promise<void> => (text === "" ? undefined : sink.write(Buffer.from(text)));
  return {
    sink: { write: (bytes) => send(json.push(decoder.decode(bytes, { stream: true }))) },
    finish: async () => send(json.push(decoder.decode()) + json.end()),
  };
}
