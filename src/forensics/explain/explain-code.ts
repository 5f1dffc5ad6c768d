import type { FindingKind } from "../../findings/kind.js";
import { FINDINGS, type FindingCode, isFindingCode } from "../../findings/kinds.js";

export interface ExplainedCode extends FindingKind {
  code: FindingCode;
}

/** What is known of a finding's kind, for those who have no line to show; null where `code` is none. */
export function explainCode(code: string): ExplainedCode | null {
  return isFindingCode(code) ? { code, ...FINDINGS[code] } : null;
}
