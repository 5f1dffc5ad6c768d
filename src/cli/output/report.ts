import { isoTime, type State } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import { counterOf, epochOf, hex } from "../../storage/zxid.js";
import { writeText } from "./descriptors.js";
import { visible } from "./text.js";
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
export function findingLine({ severity, code, message, file, offset, zxid, path }: Finding): string {
  const place = [
    ...(file === undefined ? [] : [offset === undefined ? file : `${file} at byte ${offset}`]),
    ...(zxid === undefined ? [] : [`zxid ${hex(zxid)}`]),
  ].join(", ");
  return `${severity} ${code}: ${place === "" ? "" : `${visible(place, "message")}: `}${visible(message, "message", path)}`;
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
    : `NOT exact: ${visible(doubt ?? "unknown reason", "message")}`;
  note(`${name} ${placeText(zxid, time)}, ${sure}`);
  if (inDoubt.length === 0) return;
  const more = inDoubt.length > MOST_PATHS ? `, and ${inDoubt.length - MOST_PATHS} more` : "";
  note(
    `  in doubt: ${inDoubt
      .slice(0, MOST_PATHS)
      .map((path) => visible(path, "path"))
      .join(", ")}${more}`,
  );
}

const MOST_PATHS = 10;
