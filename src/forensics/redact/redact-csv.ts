import { HIDE_BY_KEY, JSON_KEYS } from "./json-keys.js";
import type { Redactor } from "./redact.js";
import { JsonRedactor } from "./redact-json.js";

/**
 * Redacts CSV as it streams by: each cell is hidden as the name of its column says, by what JSON's keys of that name are
 * (json-keys.ts). A column that is not known there keeps numbers, "true" and "false", and is hidden whole otherwise.
 */
export class CsvRedactor {
  private readonly redactor: Redactor;
  private columns: string[] | null = null;
  private row: string[] = [];
  private cell = "";
  /** Within quotes; `closing`: after a quote that ends them, or begins a doubled one. */
  private state: "plain" | "quoted" | "closing" = "plain";
  private out = "";

  constructor(redactor: Redactor) {
    this.redactor = redactor;
  }

  /** Takes more text; returns what can be written. */
  push(text: string): string {
    for (const part of text.match(PARTS) ?? []) this.take(part);
    const { out } = this;
    this.out = "";
    return out;
  }

  /** What is left when no more comes. */
  end(): string {
    if (this.row.length > 0 || this.cell !== "") this.endRow();
    return this.push("");
  }

  private take(part: string): void {
    if (this.state === "closing" && part !== '"') this.state = "plain";
    if (part === '"') {
      if (this.state === "closing") this.cell += part;
      this.state = this.state === "quoted" ? "closing" : "quoted";
    } else if (this.state === "quoted") this.cell += part;
    else if (part === ",") this.endCell();
    else if (part === "\n") this.endRow();
    // Outside quotes a return is only there before a line feed.
    else if (part !== "\r") this.cell += part;
  }

  private endCell(): void {
    this.row.push(this.cell);
    this.cell = "";
  }

  private endRow(): void {
    this.endCell();
    const cells = this.columns ? this.hidden(this.columns) : (this.columns = this.row);
    this.out += `${cells.map(quotedIfNeeded).join(",")}\r\n`;
    this.row = [];
  }

  private hidden(columns: readonly string[]): string[] {
    const encoding = this.row[columns.indexOf("encoding")];
    return this.row.map((text, index) => (text === "" ? text : this.hide(columns[index] ?? "", text, encoding)));
  }

  private hide(column: string, text: string, encoding: string | undefined): string {
    const { redactor } = this;
    if (column === "data")
      return encoding === "base64" || encoding === "hex"
        ? redactor.data(Buffer.from(text, encoding)).toString(encoding)
        : redactor.text(text);
    if (column === "acl" || column === "paths") {
      const begin = `{"${column}":`;
      const json = new JsonRedactor(redactor);
      return (json.push(`${begin}${text}}`) + json.end()).slice(begin.length, -1);
    }
    if (column === "id" || !Object.hasOwn(JSON_KEYS, column))
      return /^(?:true|false)$/.test(text) ? text : HIDE_BY_KEY.number(redactor, text);
    return HIDE_BY_KEY[JSON_KEYS[column] as keyof typeof HIDE_BY_KEY](redactor, text);
  }
}

/** A quote, a comma, a return, a line feed, or anything between them. */
const PARTS = /[",\r\n]|[^",\r\n]+/g;

function quotedIfNeeded(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
