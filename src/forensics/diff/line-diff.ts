export interface DiffLine {
  /** " " a line for context, "…" where lines are left out. */
  mark: "+" | "-" | " " | "…";
  text: string;
}

/**
 * The lines that differ between two texts, with `context` lines around them. A last line without its line feed is told
 * apart from one with it.
 */
export function lineDiff(before: string, after: string, context: number): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = edits(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const all: DiffLine[] = [...a.slice(0, start).map(unchanged), ...middle, ...a.slice(a.length - end).map(unchanged)];
  return withContext(all, context);
}

/** Lines keep their ends, so that they compare as what they are; `shown` takes them away. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function unchanged(line: string): DiffLine {
  return { mark: " ", text: shown(line) };
}

function shown(line: string): string {
  return line.endsWith("\n") ? line.slice(0, -1) : line;
}

function removed(line: string): DiffLine {
  return { mark: "-", text: shown(line) };
}

function added(line: string): DiffLine {
  return { mark: "+", text: shown(line) };
}

/** Further apart than this, the one is shown removed and the other added: still true, and in linear time. */
const MOST_EDITS = 400;

/** Myers' greedy algorithm: a shortest list of removed and added lines. */
function edits(a: readonly string[], b: readonly string[]): DiffLine[] {
  const trace = shortest(a, b);
  if (!trace) return [...a.map(removed), ...b.map(added)];
  const list: DiffLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d > 0; d--) {
    const furthest = trace[d - 1] as ReadonlyMap<number, number>;
    const k = x - y;
    const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const fromX = furthest.get(from) as number;
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > (down ? fromX : fromX + 1)) {
      list.push(unchanged(a[--x] as string));
      y--;
    }
    if (down) list.push(added(b[--y] as string));
    else list.push(removed(a[--x] as string));
  }
  while (x > 0) list.push(unchanged(a[--x] as string));
  return removedFirst(list.toReversed());
}

/** For each number of edits, how far in `a` each diagonal leads; null where it takes too many. */
function shortest(a: readonly string[], b: readonly string[]): Map<number, number>[] | null {
  const trace: Map<number, number>[] = [];
  const most = Math.min(a.length + b.length, MOST_EDITS);
  let furthest = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= most; d++) {
    const now = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && x - k >= 0 && a[x] === b[x - k]) x++;
      now.set(k, x);
      if (x >= a.length && x - k >= b.length) return [...trace, now];
    }
    trace.push(now);
    furthest = now;
  }
  return null;
}

/** Within a run of changes, what was removed comes before what was added. */
function removedFirst(lines: readonly DiffLine[]): DiffLine[] {
  const ordered: DiffLine[] = [];
  let waiting: DiffLine[] = [];
  for (const line of lines) {
    if (line.mark === "+") {
      waiting.push(line);
      continue;
    }
    if (line.mark === " ") ordered.push(...waiting.splice(0));
    ordered.push(line);
  }
  ordered.push(...waiting);
  return ordered;
}

function withContext(lines: readonly DiffLine[], context: number): DiffLine[] {
  const near = new Uint8Array(lines.length);
  lines.forEach(({ mark }, index) => {
    if (mark !== " ") near.fill(1, Math.max(0, index - context), index + context + 1);
  });
  const list: DiffLine[] = [];
  for (let index = 0; index < lines.length; index++) {
    if (near[index] === 1) list.push(lines[index] as DiffLine);
    else {
      const from = index;
      while (index + 1 < lines.length && near[index + 1] === 0) index++;
      const count = index + 1 - from;
      list.push({ mark: "…", text: `${count} ${count === 1 ? "line" : "lines"}` });
    }
  }
  return list;
}
