import type { JSX } from "preact";
import type { Znode } from "../data/model.js";
import { visible } from "../text.js";
import { bytesOf, shortValue, textOf } from "./value.js";

/** What a change made of a value: line by line where it is text of several lines. */
export function ValueDiff({
  before,
  after,
}: {
  before: Znode | null | undefined;
  after: Znode | null | undefined;
}): JSX.Element | null {
  const [a, b] = [linesOf(before), linesOf(after)];
  if (before?.data !== undefined && before.data === after?.data) return null;
  if (!a || !b || a.length + b.length < 4)
    return (
      <div class="values">
        {before && before.data !== undefined ? <div class="removed">− {shortValue(before)}</div> : null}
        {after && after.data !== undefined ? <div class="added">+ {shortValue(after)}</div> : null}
      </div>
    );
  return (
    <div class="values">
      {lineDiff(a, b).map(({ sign, text }, index) => (
        <div key={index} class={sign === "+" ? "added" : sign === "−" ? "removed" : "quiet"}>
          {sign} {visible(text, 200)}
        </div>
      ))}
    </div>
  );
}

function linesOf(znode: Znode | null | undefined): string[] | null {
  if (!znode || znode.data === undefined || znode.data === null) return null;
  const text = textOf(bytesOf(znode.data, znode.encoding));
  if (text === null) return null;
  const spread = /^\s*[[{]/.test(text) && !text.includes("\n") ? spreadJson(text) : text;
  const lines = spread.split("\n");
  return lines.length > MOST_LINES ? null : lines;
}

function spreadJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}

const MOST_LINES = 400;
const MOST_SHOWN = 60;

interface Line {
  sign: "+" | "−" | " ";
  text: string;
}

/** The lines that went and came, by the longest common subsequence. */
function lineDiff(a: readonly string[], b: readonly string[]): Line[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? (lengths[(i + 1) * width + j + 1] as number) + 1
          : Math.max(lengths[(i + 1) * width + j] as number, lengths[i * width + j + 1] as number);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: " ", text: a[i++] as string });
      j++;
    } else if (
      j >= b.length ||
      (i < a.length && (lengths[(i + 1) * width + j] as number) >= (lengths[i * width + j + 1] as number))
    )
      lines.push({ sign: "−", text: a[i++] as string });
    else lines.push({ sign: "+", text: b[j++] as string });
  }
  const near = lines.filter(
    (each, index) => each.sign !== " " || [-1, 1].some((by) => lines[index + by] && lines[index + by]?.sign !== " "),
  );
  return near.slice(0, MOST_SHOWN);
}
