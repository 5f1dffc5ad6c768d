import { ZkRewindError } from "../../findings/finding.js";
import { joined, say, tag } from "../../text/message.js";
import { parseFileName } from "../../storage/names.js";

/** What no point is, with the forms that would do instead. */
export function refusal(text: string): ZkRewindError {
  const meant = guesses(text);
  const hint = meant.length > 0 ? say`Did you mean ${joined(meant.map(tag.given), ", or ")}?` : FORMS;
  return new ZkRewindError(say`not a point in time: ${tag.line(text)}`, { exitCode: 2, hint });
}

const FORMS = say`A point is latest, 0x1d8e (a zxid), e1:34 (EPOCH:COUNTER), 2026-11-23T14:05:00Z, -2h (before the last transaction), or @snapshot.1f3.`;

function guesses(text: string): string[] {
  const pair = /^(\d{1,10}):(\d{1,10}|0x[0-9a-f]{1,8})$/i.exec(text);
  if (pair) return [`e${Number(pair[1])}:${pair[2]?.replace(/^0+(?=\d)/, "")}`, ...clock(text)];
  if (/^\d{1,2}:\d{2}:\d{2}(\.\d+)?$/.test(text)) return clock(text);
  if (/^\d{4}-\d{2}-\d{2}([Zz]|[+-]\d{2}:?\d{2})?$/.test(text)) return [`${text.slice(0, 10)}T00:00:00Z`];
  if (/^\d{1,16}$/.test(text)) return [...sinceEpoch(text), `0x${text} (a zxid in hex)`, ...hexOf(text)];
  if (/^[0-9a-f]{1,16}$/i.test(text)) return [`0x${text}`];
  const unit = /^[+-]?((?:\d+[wdhms])+)$/i.exec(text);
  if (unit) return [`-${inOrder(unit[1] as string)} (before the last transaction's time)`];
  if (/^-\d{1,9}$/.test(text)) return [`${text}m`, `${text}h (before the last transaction's time)`];
  if (parseFileName(text.slice(text.lastIndexOf("/") + 1))) return [`@${text}`];
  return /^(latest|now|head|last|newest)$/i.test(text) ? ["latest"] : [];
}

/** Today, as a day to show the form with. */
function clock(text: string): string[] {
  const [, hour, minute, second = "00"] = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) return [];
  return [`${new Date().toISOString().slice(0, 10)}T${hour.padStart(2, "0")}:${minute}:${second}Z`];
}

/** Ten digits are seconds since 1970, thirteen milliseconds: for some hundreds of years. */
function sinceEpoch(digits: string): string[] {
  if (digits.length !== 10 && digits.length !== 13) return [];
  return [new Date(Number(digits.padEnd(13, "0"))).toISOString()];
}

function hexOf(digits: string): string[] {
  const hex = BigInt(digits).toString(16);
  return hex === digits ? [] : [`0x${hex} (in decimal)`];
}

/** The units from weeks to seconds, each once. */
function inOrder(text: string): string {
  const sums = new Map<string, bigint>();
  for (const [, digits, unit] of text.toLowerCase().matchAll(/(\d+)([wdhms])/g))
    sums.set(unit as string, (sums.get(unit as string) ?? 0n) + BigInt(digits as string));
  return ["w", "d", "h", "m", "s"].flatMap((unit) => (sums.has(unit) ? [`${sums.get(unit)}${unit}`] : [])).join("");
}
