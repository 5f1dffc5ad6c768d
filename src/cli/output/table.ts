import { joinSafe, padEnd, padStart, type Safe, trimEnd } from "../../text/safe.js";
import { cut } from "./text.js";

export interface Column {
  name: Safe;
  /** Characters that its cells take. */
  width: number;
  /** Characters that it can be cut to, where it is the last. */
  least?: number;
  right?: boolean;
  /** In which order columns are left out where there is no room: 1 goes first. One without it stays. */
  leaveOut?: number;
}

/** Between two columns. */
const GAP = 2;

/**
 * Rows in columns, as many as fit into a width; the last can be cut to what is left of it, and shows that with an ….
 * Without a width everything is there.
 */
export class Columns {
  /** The names of those that did not fit, in the order in which they were left out. */
  readonly leftOut: readonly Safe[];
  private readonly columns: readonly Column[];
  private readonly shown: readonly number[];
  private readonly width: number | undefined;

  constructor(columns: readonly Column[], width: number | undefined) {
    this.columns = columns;
    this.width = width;
    const { shown, leftOut } = choose(columns, width);
    this.shown = shown;
    this.leftOut = leftOut;
  }

  head(): Safe {
    return this.row(this.columns.map(({ name }) => name));
  }

  /** A line of cells, of which there is one for each column, shown or not. */
  row(cells: readonly Safe[]): Safe {
    const last = this.shown.at(-1);
    let taken = 0;
    const line = this.shown.map((index) => {
      const { width, right } = this.columns[index] as Column;
      const cell = cells[index] as Safe;
      if (index === last && !right) return this.width === undefined ? cell : cut(cell, Math.max(this.width - taken, 1));
      const padded = (right ? padStart : padEnd)(cell, width);
      taken += padded.length + GAP;
      return padded;
    });
    return trimEnd(joinSafe(line, "  "));
  }
}

/** Columns for rows that are all there: as wide as their widest cell. */
export function columnsFor(
  columns: readonly Omit<Column, "width">[],
  rows: readonly (readonly Safe[])[],
  width: number | undefined,
): Columns {
  return new Columns(measured(columns, rows), width);
}

function measured(columns: readonly Omit<Column, "width">[], rows: readonly (readonly Safe[])[]): Column[] {
  const widest = (cell: Safe | undefined): number => Math.max(...(cell ?? "").split("\n").map((line) => line.length));
  return columns.map((column, index) => ({
    ...column,
    ...(rows.every((row) => row[index] === "") ? { leaveOut: EMPTY } : {}),
    width: rows.reduce((most, row) => Math.max(most, widest(row[index])), column.name.length),
  }));
}

/** A table in lines, for a summary of some dozen rows whose cells may have several lines. */
export async function boxed(
  columns: readonly Omit<Column, "width">[],
  rows: readonly (readonly Safe[])[],
  width: number | undefined,
): Promise<{ lines: Safe[]; leftOut: readonly Safe[] }> {
  const { default: Table } = await import("cli-table3");
  // A border and a blank on each side take one character more than the gap.
  const framed = measured(columns, rows).map((column) => ({ ...column, width: column.width + 1 }));
  const { shown, leftOut } = choose(framed, width === undefined ? undefined : width - 4);
  const pick = (cells: readonly Safe[]): Safe[] => shown.map((index) => cells[index] as Safe);
  const made = new Table({ head: pick(columns.map(({ name }) => name)), style: { head: [], border: [] } });
  for (const row of rows) made.push(pick(row));
  return { lines: made.toString().split("\n") as Safe[], leftOut };
}

/** Of a column without anything in it, which goes before all others. */
const EMPTY = 0;

/** Which columns there is room for, and which were left out, in that order. */
function choose(
  columns: readonly Column[],
  width: number | undefined,
): { shown: readonly number[]; leftOut: readonly Safe[] } {
  const order = columns
    .flatMap(({ leaveOut }, index) => (leaveOut === undefined ? [] : [{ leaveOut, index }]))
    .sort((a, b) => a.leaveOut - b.leaveOut);
  const shown = new Set(columns.keys());
  const leftOut: Safe[] = [];
  for (const { index } of order) {
    if (width === undefined || needed([...shown].map((each) => columns[each] as Column)) <= width) break;
    shown.delete(index);
    const { name, leaveOut } = columns[index] as Column;
    if (leaveOut !== EMPTY) leftOut.push(name);
  }
  return { shown: [...shown], leftOut };
}

function needed(columns: readonly Column[]): number {
  const widths = columns.map(({ width, least = width }, index) =>
    index === columns.length - 1 ? Math.min(width, least) : width,
  );
  return widths.reduce((sum, width) => sum + width + GAP, -GAP);
}
