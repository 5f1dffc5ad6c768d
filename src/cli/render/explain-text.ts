import type { FindingKind } from "../../findings/kind.js";
import { FINDINGS } from "../../findings/kinds.js";
import type { Evidence } from "../../forensics/explain/evidence.js";
import type { ExplainedCode } from "../../forensics/explain/explain-code.js";
import type { Explanation, LogSummary } from "../../forensics/explain/explain.js";
import type { Speaker } from "../../forensics/explain/message-table.js";
import { recommended, type NextStep } from "../../forensics/explain/next-steps.js";
import { hex } from "../../storage/zxid.js";
import { joinSafe, safe, type Safe, words } from "../../text/safe.js";
import type { Style } from "../output/output.js";
import { findingLine } from "../output/report.js";
import { counted, grouped, shown, visible } from "../output/text.js";
import { txnLines } from "./txn-text.js";

/** What there is to tell. */
export interface Told {
  summary: LogSummary;
  /** Null where there was no source to look in. */
  evidence: Evidence[] | null;
  /** Whether it is a whole log, whose harmless messages are summed up. */
  whole: boolean;
  /** The source as it stands in commands. */
  source: string;
}

const MOST = 10;
const WIDTH = 160;
const EMPTY = words("");

const STOPS: Record<Exclude<FindingKind["stops"], "nothing">, Safe> = {
  snapshot: words("a server takes an older snapshot"),
  log: words("a server does not start if it has to play such a log"),
  either: words("a server does not start if it has to play such a log; of snapshots it takes an older one"),
  start: words("a server does not start"),
};

export function codeLines(code: ExplainedCode, { bold }: Style): Safe[] {
  return [
    safe`${bold(words(code.code))} (${code.severity}): ${own(code.meaning)}`,
    safe`server: ${own(code.server)}`,
    ...(code.stops === "nothing" ? [] : [safe`start:  ${STOPS[code.stops]}`]),
    safe`next:   ${own(code.next)}`,
  ];
}

/** What `explain` tells, for people: the first cause first. */
export function explainLines(told: Told, style: Style): Safe[] {
  const { summary, evidence, whole } = told;
  const lines = whole ? [headline(summary), EMPTY] : [];
  const harmless: Explanation[] = [];
  for (const [index, each] of summary.explanations.entries()) {
    if (whole && each.answer.role === "normal" && !evidence?.[index]?.damaged) harmless.push(each);
    else lines.push(...explanationLines(each, evidence?.[index], told, style), EMPTY);
  }
  if (harmless.length > 0) lines.push(harmlessLine(harmless), EMPTY);
  if (!whole) {
    for (const [text, { speakers }] of summary.others)
      lines.push(safe`${style.bold(own(text.replaceAll("{}", "…")))}${fromText(speakers)}: not about files`, EMPTY);
  }
  if (evidence === null && summary.explanations.length > 0)
    lines.push(
      style.dim(words("Name the server's data directory as well, and zkrewind explain looks there for the cause.")),
    );
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The program's own text, and ZooKeeper's: escaped all the same. */
function own(text: string): Safe {
  return visible(text, "system");
}

function headline({ lines, unknown, explanations, others }: LogSummary): Safe {
  const apart = [...others.values()].reduce((sum, { count }) => sum + count, 0);
  const about = counted(explanations.length, "message");
  return safe`${counted(lines, "line")}: ${about} about files, ${grouped(apart)} other lines of ZooKeeper's, ${grouped(unknown)} not recognised`;
}

function harmlessLine(harmless: readonly Explanation[]): Safe {
  const named = harmless
    .slice(0, MOST)
    .map(({ phrase, count }) => safe`${own(phrase)}${count > 1 ? safe` (${grouped(count)})` : EMPTY}`);
  const more = harmless.length > MOST ? safe`; and ${harmless.length - MOST} more` : EMPTY;
  return safe`Harmless: ${joinSafe(named, "; ")}${more}`;
}

function explanationLines(
  explanation: Explanation,
  evidence: Evidence | undefined,
  { summary, whole, source }: Told,
  style: Style,
): Safe[] {
  const { answer, phrase, speakers, count, line } = explanation;
  const lines = [safe`${style.bold(own(phrase))}${fromText(speakers)}`];
  const when = timesText(explanation);
  if (when !== "") lines.push(safe`  when   ${when}`);
  if (whole || count > 1) lines.push(style.dim(safe`  first  ${visible(line, "line")}`));
  lines.push(safe`  means  ${own(answer.means)}`);
  // In a whole log its cause is told above, if it is there.
  const caused = whole && summary.explanations[0]?.answer.role !== "follows";
  if (caused && answer.role === "follows") return lines;
  if (evidence) lines.push(...evidenceLines(evidence, style));
  else {
    for (const code of answer.findings ?? [])
      lines.push(style.dim(safe`  look for ${code}: ${own(FINDINGS[code].meaning)}`));
  }
  const steps = evidence?.steps ?? recommended(answer.next ?? [], { source });
  for (const step of steps) lines.push(...stepLines(step));
  return lines;
}

function evidenceLines({ findings, seen, notes, transaction }: Evidence, style: Style): Safe[] {
  const found = [
    ...findings.map(findingLine),
    ...seen.map(({ look, ...each }) => findingLine({ ...each, code: look })),
  ];
  const lines = found.slice(0, MOST).map((each) => safe`  found  ${shown(each)}`);
  if (found.length > MOST) lines.push(safe`         … and ${found.length - MOST} more`);
  for (const each of notes) lines.push(safe`  note   ${shown(each)}`);
  if (transaction) {
    const { txn, checksumOk, file, offset } = transaction;
    lines.push(safe`  record ${hex(txn.zxid)}, ${visible(file, "file")} at byte ${offset}:`);
    for (const each of txnLines(txn, checksumOk, { style, width: WIDTH })) lines.push(safe`         ${each}`);
  }
  return lines;
}

function stepLines({ run, say }: NextStep): Safe[] {
  if (run === undefined) return [safe`  next   ${shown(say)}`];
  return [safe`  next   ${shown(run)}`, safe`         ${shown(say)}`];
}

function timesText({ count, first, last }: Explanation): Safe {
  const times = count > 1 ? safe`${grouped(count)} times` : EMPTY;
  if (first === null) return times;
  const begin = visible(first, "given");
  return count > 1 ? safe`${times}, first ${begin}, last ${visible(last ?? first, "given")}` : begin;
}

/** Which classes say it, as a log's message or as an exception's, in which releases. */
function fromText(speakers: readonly Speaker[]): Safe {
  if (speakers.length === 0) return words(", from Java itself");
  const levels = grouping(
    speakers,
    ({ class: name, releases }) => `${name}\t${releases}`,
    ({ level }) => level.slice(level.lastIndexOf("$") + 1),
  );
  const classes = grouping(
    levels,
    ([key, each]) => `${each.join(" and ")}, ${releasesText(key.slice(key.indexOf("\t") + 1))}`,
    ([key]) => key.slice(0, key.indexOf("\t")),
  );
  return own(`, from ${[...classes].map(([how, names]) => `${names.join(", ")} (${how})`).join("; ")}`);
}

function grouping<T>(
  list: Iterable<T>,
  keyOf: (each: T) => string,
  nameOf: (each: T) => string,
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const each of list) {
    const names = groups.get(keyOf(each)) ?? [];
    groups.set(keyOf(each), [...names, nameOf(each)]);
  }
  return groups;
}

/** "3.4.14 3.6.4-3.9.5" as "3.4.14, 3.6.4 to 3.9.5". */
function releasesText(releases: string): string {
  return releases.replaceAll(" ", ", ").replaceAll("-", " to ");
}
