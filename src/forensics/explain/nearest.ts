import { messageTable } from "./message-table.js";

/** How many are given, and the least share of words that must be the same. */
const MOST = 3;
const LEAST_SHARE = 0.4;

/** Known messages whose words are nearest to a line's, for one in which none is known: nearest first. */
export function nearestMessages(line: string): string[] {
  const wanted = wordsOf(line);
  if (wanted.size === 0) return [];
  const near: { text: string; share: number }[] = [];
  for (const text of messageTable().keys()) {
    const words = wordsOf(text);
    if (words.size < 2) continue;
    const same = [...words].filter((word) => wanted.has(word)).length;
    const share = same / words.size;
    if (same >= 2 && share >= LEAST_SHARE) near.push({ text, share: share + same / 100 });
  }
  near.sort((a, b) => b.share - a.share);
  return near.slice(0, MOST).map(({ text }) => text.replaceAll("{}", "…"));
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[a-z]{3,}/g) ?? []);
}
