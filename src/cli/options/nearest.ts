import { joined, type Message, plain, say, tag, type Tagged } from "../../text/message.js";

/** How many suggestions are made at most. */
const MOST = 3;
/** Words of more characters are not typed, and are told in other ways. */
const LONGEST = 200;

/** The candidates that a word was most probably meant to be, the nearest first: a slip of the finger or two away. */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  if (word.length > LONGEST) return [];
  const allowed = Math.max(1, Math.floor(word.length / 3));
  const wanted = word.toLowerCase();
  let found: { text: string; distance: number }[] = [];
  for (const text of candidates) {
    if (Math.abs(text.length - word.length) > allowed) continue;
    // Another case is a slip as well, but a lesser one than another letter.
    const distance = slips(wanted, text.toLowerCase()) + (text.toLowerCase() === text ? 0 : 0.5);
    if (distance > allowed + 0.5) continue;
    found.push({ text, distance });
    if (found.length > 1000) found = best(found);
  }
  return best(found).map(({ text }) => text);
}

function best<T extends { text: string; distance: number }>(found: T[]): T[] {
  return found.sort((a, b) => a.distance - b.distance || (a.text < b.text ? -1 : 1)).slice(0, MOST);
}

/** `Did you mean a, or b?`; undefined where nothing is near. */
export function didYouMean(near: readonly Tagged[]): Message | undefined {
  return near.length === 0 ? undefined : say`Did you mean ${joined(near, ", or ")}?`;
}

/** The same for a word of the program's own, or which ones there are. */
export function didYouMeanOf(word: string, known: readonly string[]): string {
  const hint = didYouMean(nearest(word, known).map(tag.given));
  return hint ? plain(hint) : `Choose from ${known.join(", ")}.`;
}

/** Characters put in, left out, or taken for others, and neighbours that changed places (optimal string alignment). */
function slips(a: string, b: string): number {
  let [older, old] = [new Uint16Array(b.length + 1), Uint16Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = new Uint16Array(b.length + 1);
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((old[j] as number) + 1, (row[j - 1] as number) + 1, (old[j - 1] as number) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (older[j - 2] as number) + 1);
      row[j] = least;
    }
    [older, old] = [old, row];
  }
  return old[b.length] as number;
}
