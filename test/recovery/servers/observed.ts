import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIXTURES } from "../../fixtures/index.js";

/** What a real server was seen to do with a case. */
export interface Cell {
  starts: boolean;
  /** The zxid that it came up at: in an ensemble the one that it went into the election with. */
  zxid: string | null;
  /** The innermost exception that it ended with. */
  problem: string | null;
  /** What it replayed, in order, as FIRST-LAST. */
  played: string[];
  /** Paths that the files lead to, and that the server did not have. */
  gone: string[];
}

/** A cell, and the releases that it was seen on, by mode. */
export interface SeenCell extends Cell {
  standalone: string[];
  ensemble: string[];
}

export const MODES = ["standalone", "ensemble"] as const;
export type Mode = (typeof MODES)[number];

/** By the case's name. */
export type Observed = Record<string, SeenCell[]>;

const OBSERVED_FILE = join(FIXTURES, "servers.json");

/** What was seen last, on every release: kept, so that verdicts can be held against it without servers. */
export function readObserved(): Observed {
  return JSON.parse(readFileSync(OBSERVED_FILE, "utf8")) as Observed;
}

/** One line a case. */
export function writeObserved(observed: Observed): void {
  const lines = Object.entries(observed).map(([name, cells]) => `  ${JSON.stringify(name)}: ${JSON.stringify(cells)}`);
  writeFileSync(OBSERVED_FILE, `{\n${lines.join(",\n")}\n}\n`);
}

export function cellOf(observed: Observed, name: string, release: string, mode: Mode): Cell | undefined {
  return observed[name]?.find((each) => each[mode].includes(release));
}

/** Puts a cell to those that are the same. */
export function addCell(cells: SeenCell[], release: string, mode: Mode, cell: Cell): void {
  const same = cells.find((each) => sameCell(each, cell));
  if (same) same[mode].push(release);
  else cells.push({ ...cell, standalone: [], ensemble: [], [mode]: [release] });
}

function sameCell(a: Cell, b: Cell): boolean {
  const text = ({ starts, zxid, problem, played, gone }: Cell): string =>
    JSON.stringify([starts, zxid, problem, played, gone]);
  return text(a) === text(b);
}
