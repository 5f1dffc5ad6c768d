import { FINDINGS, type FindingCode } from "../../findings/codes.js";

/** What a finding's code means, for those who have no line to show. */
export function explainCode(code: string): { code: FindingCode; meaning: string; server: string; next: string } | null {
  if (!Object.hasOwn(FINDINGS, code)) return null;
  const known = code as FindingCode;
  const { meaning, server, next } = FINDINGS[known];
  return { code: known, meaning, server, next };
}
