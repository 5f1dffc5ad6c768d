import { type ExactRange, isoTime, type PointFacts, type State, type Verification } from "../../recovery/index.js";
import { type FindingCode, isAbout } from "../../findings/kinds.js";
import type { Finding } from "../../findings/finding.js";
import type { LookName } from "../../forensics/explain/looks/names.js";
import { counterOf, epochOf, hex } from "../../storage/zxid.js";
import { asOfLiveFiles } from "./live-findings.js";
import { unprovenText } from "../../recovery/exact/unproven-text.js";
import { writeText } from "./descriptors.js";
import { shown } from "./text.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { joinSafe, type Safe, safe } from "../../text/safe.js";
import { counts, isQuiet, raiseExitCode } from "./verdict.js";
import { context } from "../context/context.js";

/** A line on standard error: what a user should know, and a program that reads the output should not. */
export function note(message: Message): void {
  if (!isQuiet()) writeText(2, safe`${shown(message)}\n`);
}

/**
 * Says what was found damaged, and makes the exit code 1: never 0 where damage was seen. Warnings are told, and count
 * with --strict; notes are left to `info` and `verify`.
 */
export function reportFindings(findings: readonly Finding[]): void {
  const serious = asOfLiveFiles(findings.filter((each) => each.severity !== "note"));
  for (const each of serious) if (isNews(each)) note(findingLine(each));
  if (serious.some(counts)) raiseExitCode(1);
}

/** Says that findings are in what a command prints itself: they are not repeated. */
export function alreadyTold(findings: readonly Finding[]): void {
  for (const each of findings) isNews(each);
}

/** What is found about a file as a whole, or about a backup, is found by everyone who reads it. */
function isNews(finding: Finding): boolean {
  const { code, file, offset, zxid } = finding;
  const isBackup = isAbout(finding, "backup");
  if (!isBackup && !isAbout(finding, "file") && !isAbout(finding, "archive")) return true;
  const place = isBackup ? `${offset} ${zxid}` : `${offset}`;
  const key = code === "file.unreadable" ? `${code} ${file}` : `${code} ${file} ${place}`;
  const { toldOfFiles } = context();
  const known = toldOfFiles.has(key);
  toldOfFiles.add(key);
  return !known;
}

/** `error log.crc: FILE at byte 1234, zxid 0x5: …` */
export function findingLine({
  severity,
  code,
  message,
  file,
  offset,
  zxid,
}: Omit<Finding, "code"> & { code: FindingCode | LookName }): Message {
  const place = [
    ...(file === undefined ? [] : [say`${tag.file(file)}${offset === undefined ? "" : say` at byte ${offset}`}`]),
    ...(zxid === undefined ? [] : [say`zxid ${hex(zxid)}`]),
  ];
  return say`${severity} ${code}: ${joined(place, ", ")}${place.length === 0 ? "" : ": "}${message}`;
}

/** What the ends of a range of transactions resolved to; null where it has none. */
export function reportRange(from: Place | null, to: Place | null): void {
  const ends = [
    ...(from ? [safe`from ${placeText(from.zxid, from.time)}`] : []),
    ...(to ? [safe`to ${placeText(to.zxid, to.time)}`] : []),
  ];
  if (ends.length > 0) note(joined(ends, " "));
}

/** What a point of several servers' histories resolved to; how exact each tree there is, the report says. */
export function reportPlace(name: "at", zxid: bigint, time: bigint | null): void {
  note(say`${name} ${placeText(zxid, time)}`);
}

interface Place {
  zxid: bigint;
  time: bigint | null;
}

function placeText(zxid: bigint, time: bigint | null): Safe {
  const where = [
    safe`epoch ${epochOf(zxid)}`,
    safe`counter ${counterOf(zxid)}`,
    ...(time === null ? [] : [isoTime(time)]),
  ];
  return safe`${hex(zxid)} (${joinSafe(where, ", ")})`;
}

/** What a point resolved to: always told, so that nobody takes one state for another. */
export function reportPoint(
  state: PointFacts & Pick<State, "digest">,
  name: "at" | "from" | "to" | "graft" = "at",
): void {
  const { zxid, time, exact, doubt, digest, inDoubt } = state;
  const sure = exact
    ? say`exact${digest.verified ? ", digest verified" : ""}`
    : say`NOT exact: ${doubt ?? "unknown reason"}`;
  note(say`${name} ${placeText(zxid, time)}, ${sure}`);
  if (state.unproven.length > 0) note(say`  not proven: ${unprovenText(state.unproven)}`);
  if (state.later) note(say`  not the latest: ${state.later.why}`);
  if (inDoubt.length === 0) return;
  const more = inDoubt.length > MOST_PATHS ? say`, and ${inDoubt.length - MOST_PATHS} more` : "";
  note(say`  in doubt: ${joined(inDoubt.slice(0, MOST_PATHS).map(tag.path), ", ")}${more}`);
}

/** `0x1 to 0x235` */
export function rangeText({ from, to }: ExactRange): Safe {
  return from === to ? hex(from) : safe`${hex(from)} to ${hex(to)}`;
}

/** Ranges in a line for all that is proven in full, and one for each that is not, with what is not. */
export function rangeLines(ranges: readonly ExactRange[]): Safe[] {
  const groups = new Map<Safe, Safe[]>();
  for (const range of ranges) {
    const key = unprovenText(range.unproven);
    groups.set(key, [...(groups.get(key) ?? []), rangeText(range)]);
  }
  return [...groups]
    .sort(([a], [b]) => a.length - b.length)
    .map(
      ([unproven, texts]) => safe`${joinSafe(texts, ", ")}${unproven === "" ? "" : safe` (not proven: ${unproven})`}`,
    );
}

/** That the newest exact point is not the latest state, where the files show a later one. */
export function laterLines({ later }: Pick<Verification, "later">): Safe[] {
  return later ? [safe`a later state, ${hex(later.zxid)}, is not exact: ${shown(later.why)}`] : [];
}

const MOST_PATHS = 10;
