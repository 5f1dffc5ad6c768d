import { type ExactRange, isoTime, type State, type Unproven, type Verification } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import { counterOf, epochOf, hex } from "../../storage/zxid.js";
import { writeText } from "./descriptors.js";
import { shown, visible } from "./text.js";
import { say } from "../../text/message.js";
import { counts, isQuiet, raiseExitCode } from "./verdict.js";

/** A line on standard error: what a user should know, and a program that reads the output should not. */
export function note(message: string): void {
  if (!isQuiet()) writeText(2, `${message}\n`);
}

/**
 * Says what was found damaged, and makes the exit code 1: never 0 where damage was seen. Warnings are told, and count
 * with --strict; notes are left to `info` and `verify`.
 */
export function reportFindings(findings: readonly Finding[]): void {
  const serious = findings.filter((each) => each.severity !== "note");
  for (const each of serious) note(findingLine(each));
  if (serious.some(counts)) raiseExitCode(1);
}

/** `error log.crc: FILE at byte 1234, zxid 0x5: …` */
export function findingLine({ severity, code, message, file, offset, zxid }: Finding): string {
  const place = [
    ...(file === undefined ? [] : [offset === undefined ? file : `${file} at byte ${offset}`]),
    ...(zxid === undefined ? [] : [`zxid ${hex(zxid)}`]),
  ].join(", ");
  return `${severity} ${code}: ${place === "" ? "" : `${visible(place, "file")}: `}${shown(message)}`;
}

/** What the ends of a range of transactions resolved to; null where it has none. */
export function reportRange(from: Place | null, to: Place | null): void {
  const ends = [
    ...(from ? [`from ${placeText(from.zxid, from.time)}`] : []),
    ...(to ? [`to ${placeText(to.zxid, to.time)}`] : []),
  ];
  if (ends.length > 0) note(ends.join(" "));
}

interface Place {
  zxid: bigint;
  time: bigint | null;
}

function placeText(zxid: bigint, time: bigint | null): string {
  const where = [`epoch ${epochOf(zxid)}`, `counter ${counterOf(zxid)}`, ...(time === null ? [] : [isoTime(time)])];
  return `${hex(zxid)} (${where.join(", ")})`;
}

/** What a point resolved to: always told, so that nobody takes one state for another. */
export function reportPoint(state: State, name = "at"): void {
  const { zxid, time, exact, doubt, digest, inDoubt } = state;
  const sure = exact
    ? `exact${digest.verified ? ", digest verified" : ""}`
    : `NOT exact: ${shown(doubt ?? say`unknown reason`)}`;
  note(`${name} ${placeText(zxid, time)}, ${sure}`);
  if (state.unproven.length > 0) note(`  not proven: ${unprovenText(state.unproven)}`);
  if (state.later) note(`  not the latest: ${shown(state.later.why)}`);
  if (inDoubt.length === 0) return;
  const more = inDoubt.length > MOST_PATHS ? `, and ${inDoubt.length - MOST_PATHS} more` : "";
  note(
    `  in doubt: ${inDoubt
      .slice(0, MOST_PATHS)
      .map((path) => visible(path, "path"))
      .join(", ")}${more}`,
  );
}

/** `0x1 to 0x235` */
export function rangeText({ from, to }: ExactRange): string {
  return from === to ? hex(from) : `${hex(from)} to ${hex(to)}`;
}

/** Ranges in a line for all that is proven in full, and one for each that is not, with what is not. */
export function rangeLines(ranges: readonly ExactRange[]): string[] {
  const groups = new Map<string, string[]>();
  for (const range of ranges) {
    const key = unprovenText(range.unproven);
    groups.set(key, [...(groups.get(key) ?? []), rangeText(range)]);
  }
  return [...groups]
    .sort(([a], [b]) => a.length - b.length)
    .map(([unproven, texts]) => `${texts.join(", ")}${unproven === "" ? "" : ` (not proven: ${unproven})`}`);
}

/** That the newest exact point is not the latest state, where the files show a later one. */
export function laterLines({ later }: Pick<Verification, "later">): string[] {
  return later ? [`a later state, ${hex(later.zxid)}, is not exact: ${shown(later.why)}`] : [];
}

function unprovenText(unproven: readonly Unproven[]): string {
  return unproven.map((each) => UNPROVEN_WORDS[each]).join(", ");
}

const UNPROVEN_WORDS: Record<Unproven, string> = {
  sessions: "sessions",
  acls: "ACLs",
  "/zookeeper": "what is below /zookeeper",
};

const MOST_PATHS = 10;
