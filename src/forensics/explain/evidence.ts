import { type DataDirectory, LATEST, rebuild, type State, type Verification, verify } from "../../recovery/index.js";
import { type Finding, ZkRewindError } from "../../findings/finding.js";
import { isAbout, isFindingCode } from "../../findings/kinds.js";
import { hex } from "../../storage/zxid.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { safe } from "../../text/safe.js";
import { readTxn, type Txn } from "../../txn/index.js";
import type { Explanation } from "./explain.js";
import type { LookContext } from "./looks/look.js";
import { LOOKS } from "./looks/index.js";
import { findRecord } from "./looks/records.js";
import { type NextStepCause, contextOf, type NextStep, stepsFor } from "./next-steps.js";
import type { Seen } from "./seen.js";

/** What the files themselves have to say about an explanation. */
export interface Evidence {
  explanation: Explanation;
  /** Findings of `verify` that can be behind it, those that the line points at first. */
  findings: Finding[];
  /** What else was looked for, and seen. */
  seen: Seen[];
  /** The transaction with the zxid that the line names; null where it names none or the logs lack it. */
  transaction: { txn: Txn; checksumOk: boolean; file: string; offset: number } | null;
  /** What else can be said, in whole sentences. */
  notes: Message[];
  /** Whether something here is damaged, or keeps a server from starting. */
  damaged: boolean;
  /** What to do. */
  steps: NextStep[];
}

/**
 * Looks in the files for what is behind the messages: every file is read and replayed once. In a whole log, messages
 * that mean no harm are given what that shows, and nothing more is looked for.
 */
export async function findEvidence(
  directory: DataDirectory,
  explanations: readonly Explanation[],
  source: string,
  { whole = false } = {},
): Promise<Evidence[]> {
  const verification = await verify(directory);
  const latest = once(() => latestOf(directory));
  const list: Evidence[] = [];
  for (const explanation of explanations) {
    const brief = whole && explanation.answer.role === "normal";
    list.push(await evidenceOf({ directory, verification, explanation, latest }, source, brief));
  }
  return list;
}

async function evidenceOf(context: LookContext, source: string, brief: boolean): Promise<Evidence> {
  const { directory, verification, explanation } = context;
  const { answer, zxid } = explanation;
  const findings = pick(findingsOf(verification), explanation);
  const seen: Seen[] = [];
  for (const look of brief ? [] : (answer.looks ?? []))
    for (const each of await LOOKS[look](context)) seen.push({ look, ...each });
  const transaction = brief || zxid === null ? null : await transactionOf(directory, zxid);
  const causes: NextStepCause[] = [
    ...findings.filter(isCause).map(({ code, file }) => ({ kind: code, file })),
    ...seen.filter(isCause).map(({ look, file }) => ({ kind: look, file })),
  ];
  const severe = answer.role === "stops" ? isCause : isError;
  return {
    explanation,
    findings,
    seen,
    transaction,
    notes: brief
      ? []
      : notesOf(explanation, causes.length + seen.length > 0, verification.coverage.last, transaction !== null),
    damaged: findings.some(severe) || seen.some(severe),
    steps: stepsOf(explanation, causes, verification, source),
  };
}

/** What `verify` reports, and why a server would not start. */
function findingsOf({ findings, startable }: Verification): Finding[] {
  return findings.map((each) =>
    each.code === "server.start"
      ? { ...each, message: say`${each.message}: ${joined(startable.reasons, "; ")}` }
      : each,
  );
}

/** Those with a fitting code; first what the line points at by path, file or zxid, then by likelihood. */
function pick(findings: readonly Finding[], { answer, facts, zxid }: Explanation): Finding[] {
  const codes = answer.findings ?? [];
  const rank = (each: Finding): number => {
    const pointed =
      (facts.path !== undefined && each.path === facts.path) ||
      (facts.file !== undefined && each.file !== undefined && baseName(each.file) === baseName(facts.file)) ||
      (zxid !== null && each.zxid === zxid);
    return codes.indexOf(each.code) - (pointed ? codes.length : 0);
  };
  const fitting = findings.filter(({ code }) => codes.includes(code));
  return fitting.sort((a, b) => rank(a) - rank(b));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function notesOf({ answer, zxid }: Explanation, told: boolean, last: bigint | null, logged: boolean): Message[] {
  const notes: Message[] = [];
  if (zxid !== null) {
    const where = logged ? "is in these logs" : "is in none of these logs";
    const known = last === null ? "" : safe`; the last zxid in these files is ${hex(last)}`;
    notes.push(say`the line names ${hex(zxid)}, which ${where}${known}`);
  }
  if (!told && answer.otherwise !== undefined)
    notes.push(say`these files show no cause for it now: ${tag.system(answer.otherwise)}`);
  return notes;
}

/** Whether something can be behind a message; a note only tells how things are. */
function isCause({ severity }: Pick<Finding, "severity">): boolean {
  return severity !== "note";
}

function isError({ severity }: Pick<Finding, "severity">): boolean {
  return severity === "error";
}

function stepsOf(
  { answer, facts }: Explanation,
  causes: readonly NextStepCause[],
  verification: Verification,
  source: string,
): NextStep[] {
  const { logs, snapshots } = verification;
  const longestValue = snapshots.reduce((most, { largestValue }) => Math.max(most, largestValue), 0);
  const longest = logs.reduce((most, { largestRecord }) => Math.max(most, largestRecord), longestValue);
  const moved = causes.find(({ kind: code }) => isFindingCode(code) && isAbout({ code }, "file"))?.file;
  return stepsFor(answer.next ?? [], causes, {
    ...contextOf(verification, source),
    longest,
    ...(facts.path === undefined ? {} : { path: facts.path }),
    ...(facts.session === undefined ? {} : { session: `0x${facts.session.replace(/^0x/, "")}` }),
    ...(moved === undefined ? {} : { file: moved }),
  });
}

async function transactionOf(directory: DataDirectory, zxid: bigint): Promise<Evidence["transaction"]> {
  return findRecord(directory, zxid, ({ log, reader, cursor, shape }) => ({
    txn: readTxn(cursor, shape),
    checksumOk: reader.checksumOk,
    file: log.name,
    offset: reader.recordOffset,
  }));
}

async function latestOf(directory: DataDirectory): Promise<State | null> {
  try {
    return await rebuild(directory, LATEST, { inexact: true });
  } catch (error) {
    if (error instanceof ZkRewindError) return null;
    throw error;
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
