import { findingShape } from "../../export/shapes/finding.js";
import { txnShape } from "../../export/shapes/txn.js";
import type { Evidence } from "../../forensics/explain/evidence.js";
import type { ExplainedCode } from "../../forensics/explain/explain-code.js";
import type { Explanation } from "../../forensics/explain/explain.js";
import { recommended } from "../../forensics/explain/next-steps.js";
import type { Told } from "./explain-text.js";

/** A finding's kind. */
export function codeJson({ code, severity, meaning, server, next, damage, stops }: ExplainedCode): object {
  return { code, severity, meaning, server, next, damage, stops };
}

/** What `explain` tells, for programs. */
export function explainJson({ summary, evidence, source: named }: Told, source: readonly string[]): object {
  const { lines, unknown, others } = summary;
  return {
    source,
    lines,
    unknown,
    explanations: summary.explanations.map((each, index) => explanationJson(each, evidence?.[index], named)),
    others: [...others].map(([text, { count, speakers }]) => ({ phrase: text.replaceAll("{}", "…"), count, speakers })),
  };
}

function explanationJson(
  { answer, phrase, speakers, line, count, first, last, facts, zxid }: Explanation,
  evidence: Evidence | undefined,
  source: string,
): object {
  return {
    id: answer.id,
    role: answer.role,
    phrase,
    speakers,
    meaning: answer.means,
    line,
    count,
    ...(first === null ? {} : { first, last }),
    facts,
    ...(zxid === null ? {} : { zxid }),
    codes: answer.findings ?? [],
    ...(evidence ? evidenceJson(evidence) : { next: recommended(answer.next ?? [], { source }) }),
  };
}

function evidenceJson({ findings, seen, notes, damaged, transaction, steps }: Evidence): object {
  return {
    findings: findings.map(findingShape),
    seen,
    notes,
    damaged,
    ...(transaction ? { transaction: txnShape(transaction.txn, "none", transaction) } : {}),
    next: steps,
  };
}
