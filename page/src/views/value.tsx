import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Znode } from "../data/model.js";
import { Failure } from "../parts.js";
import { bytes, visible, visibleLines } from "../text.js";

const FORMS = ["text", "json", "hex", "gunzipped"] as const;
type Form = (typeof FORMS)[number];

/** A value in the form that fits it best, or in the one that is chosen. */
export function Value({ znode }: { znode: Pick<Znode, "data" | "encoding" | "stat"> }): JSX.Element {
  const [chosen, setChosen] = useState<Form | null>(null);
  const [plain, setPlain] = useState<Uint8Array | null>(null);
  const [error, setError] = useState("");
  const { data, encoding } = znode;
  useEffect(() => {
    setChosen(null);
    setPlain(null);
    setError("");
  }, [data]);
  if (data === undefined)
    return <p class="quiet">The value ({bytes(znode.stat?.dataLength ?? 0)}) is not in this report.</p>;
  if (data === null) return <p>null: it was created without a value.</p>;
  const raw = bytesOf(data, encoding);
  const isCut = (znode.stat?.dataLength ?? raw.length) > raw.length;
  const isGzip = raw[0] === 0x1f && raw[1] === 0x8b;
  const text = textOf(raw);
  const form = chosen ?? (isGzip ? "hex" : text === null ? "hex" : jsonOf(text) === null ? "text" : "json");
  const gunzip = (): void => {
    setChosen("gunzipped");
    inflate(raw).then(setPlain, (failed: Error) => setError(`it cannot be gunzipped: ${failed.message}`));
  };
  return (
    <>
      <p class="quiet" id="encoding">
        {bytes(raw.length)}, {text === null ? "not text" : jsonOf(text) === null ? "text in UTF-8" : "JSON"}
        {isGzip ? ", gzipped" : ""}
        {isCut ? `: the first of ${bytes(znode.stat?.dataLength ?? 0)}` : ""}
      </p>
      <div class="bar" role="group" aria-label="form of the value">
        {FORMS.filter((each) => each !== "gunzipped" || isGzip).map((each) => (
          <button
            type="button"
            key={each}
            aria-pressed={form === each}
            onClick={() => (each === "gunzipped" ? gunzip() : setChosen(each))}
          >
            {each}
          </button>
        ))}
      </div>
      <Failure text={error} />
      <pre id="data" tabIndex={0}>
        {form === "gunzipped" ? (plain ? shownText(plain) : "…") : shown(raw, text, form)}
      </pre>
    </>
  );
}

/** More than that makes a browser slow; the command line has all of it. */
const MOST = 200_000;

function shown(raw: Uint8Array, text: string | null, form: Form): string {
  if (form === "hex" || text === null) return hexOf(raw);
  if (form === "json") return cut(visibleLines(jsonOf(text) ?? text));
  return cut(visibleLines(text));
}

function shownText(raw: Uint8Array): string {
  const text = textOf(raw);
  return text === null ? hexOf(raw) : cut(visibleLines(jsonOf(text) ?? text));
}

function cut(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST)}\n… ${text.length - MOST} characters more` : text;
}

export function bytesOf(data: string, encoding: Znode["encoding"]): Uint8Array {
  if (encoding === "utf8") return new TextEncoder().encode(data);
  if (encoding === "hex") return Uint8Array.from(data.match(/../g) ?? [], (each) => Number.parseInt(each, 16));
  return Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
}

/** Null where it is not UTF-8, or has control characters that text has not. */
export function textOf(raw: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    return /(?![\t\n\r])\p{Cc}/u.test(text) ? null : text;
  } catch {
    return null;
  }
}

function jsonOf(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

function hexOf(raw: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < raw.length && at < MOST / 8; at += 16) {
    const part = raw.subarray(at, at + 16);
    const hex = [...part].map((each) => each.toString(16).padStart(2, "0")).join(" ");
    const text = [...part].map((each) => (each >= 0x20 && each < 0x7f ? String.fromCharCode(each) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  if (raw.length > MOST / 8) lines.push(`… ${raw.length - MOST / 8} bytes more`);
  return lines.length === 0 ? "empty" : visibleLines(lines.join("\n"));
}

async function inflate(raw: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([raw as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    length += piece.value.length;
    // What was made to fill the memory of whoever looks at it.
    if (length > MOST_INFLATED) break;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const MOST_INFLATED = 16 << 20;

/** A value on one line. */
export function shortValue(znode: Pick<Znode, "data" | "encoding"> | null | undefined, most = 160): string {
  if (!znode) return "nothing";
  const { data, encoding } = znode;
  if (data === undefined) return "";
  if (data === null) return "null";
  const raw = bytesOf(data, encoding);
  const text = textOf(raw);
  if (text !== null) return `“${visible(text, most)}”`;
  const head = [...raw.subarray(0, 32)].map((each) => each.toString(16).padStart(2, "0")).join("");
  return `0x${head}${raw.length > 32 ? `… (${raw.length} bytes)` : ""}`;
}
