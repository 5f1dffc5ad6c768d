/**
 * A `zookeeper_stats` value with something added, as StatsTrack reads and writes it (3.7 on): `count=N,bytes=M`, and
 * where there are other keys `=;key=value;key=value`, sorted. Null where a server cannot read it, and so writes nothing.
 */
export function addToStats(data: Buffer | null, count: number, bytes: number): string | null {
  if (data === null) return null;
  const text = data.toString("utf8");
  const values = new Map<string, bigint>();
  for (const pair of text === "" ? [] : split(text, /[,;]+/)) {
    const [key, value] = split(pair, "=");
    const number = value === "" ? -1n : longOf(value ?? "");
    if (key === undefined || number === null) return null;
    values.set(key, number);
  }
  const sum = (key: string, more: number): bigint => BigInt.asIntN(64, (values.get(key) ?? -1n) + BigInt(more));
  const sums = `count=${sum("count", count)},bytes=${sum("bytes", bytes)}`;
  const others = [...values.keys()].filter((key) => key !== "count" && key !== "bytes").sort();
  return others.length === 0 ? sums : `${sums}=;${others.map((key) => `${key}=${values.get(key)}`).join(";")}`;
}

/** String.split: without what is empty at the end. */
function split(text: string, by: string | RegExp): string[] {
  const parts = text.split(by);
  while (parts.at(-1) === "") parts.pop();
  return parts;
}

/** Long.parseLong, for the digits that servers write; null where it throws. */
function longOf(text: string): bigint | null {
  if (!/^[+-]?\d+$/.test(text)) return null;
  const value = BigInt(text.replace(/^\+/, ""));
  return BigInt.asIntN(64, value) === value ? value : null;
}
