import type { Output } from "./output.js";
import { withoutHidden } from "../../text/unsafe.js";

/** What a cell can hold; null is empty. */
export type Cell = string | number | boolean | null | undefined;

/** Rows of a table that is not an export's, as RFC 4180 has them: gathered, so that a system call for each is saved. */
export class CsvWriter {
  private readonly out: Output;
  private pending: string;

  constructor(out: Output, columns: readonly string[]) {
    this.out = out;
    this.pending = line(columns);
  }

  row(cells: readonly Cell[]): void | Promise<void> {
    this.pending += line(cells);
    if (this.pending.length >= ENOUGH) return this.flush();
  }

  flush(): void | Promise<void> {
    const text = this.pending;
    this.pending = "";
    if (text !== "") return this.out.rows.write(Buffer.from(text));
  }
}

function line(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(",")}\r\n`;
}

function cellText(cell: Cell): string {
  const text = withoutHidden(String(cell ?? ""));
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const ENOUGH = 1 << 16;
