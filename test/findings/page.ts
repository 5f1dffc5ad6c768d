import type { FindingKind } from "../../src/findings/kind.js";
import { FINDINGS } from "../../src/findings/kinds.js";

const HEAD = `# Findings

What \`zkrewind verify\` and the other commands report, by its code. Codes are stable. This page is made from
src/findings/topics/ (\`UPDATE_DOCS=1 npx vitest run test/findings\`); \`zkrewind explain CODE\` prints one of them.

An **error** is damage that loses or falsifies something, a **warning** is damage at a place where it may be harmless,
a **note** is worth knowing and is no damage. The place where it is found may give another severity: an empty file is a
warning, but an error where later logs follow it.
`;

const STOPS: Record<FindingKind["stops"], string> = {
  nothing: "",
  snapshot: "A server takes an older snapshot.",
  log: "A server does not start if it has to play such a log.",
  either: "A server does not start if it has to play such a log; of snapshots it takes an older one.",
  start: "A server does not start.",
};

/** docs/findings.md. */
export function findingsPage(): string {
  const lines = [HEAD];
  let topic = "";
  for (const [code, kind] of Object.entries<FindingKind>(FINDINGS)) {
    const prefix = code.slice(0, code.indexOf("."));
    if (prefix !== topic) lines.push(`## ${prefix}\n`);
    topic = prefix;
    lines.push(...entry(code, kind), "");
  }
  return lines.join("\n");
}

function entry(code: string, { severity, meaning, server, next, damage, stops }: FindingKind): string[] {
  const traits = [damage ? "The file's bytes are damaged." : "", STOPS[stops]].filter((each) => each !== "");
  return [
    `### ${code}\n`,
    `${severity[0]?.toUpperCase()}${severity.slice(1)}. ${meaning}\n`,
    ...(server === "—" ? [] : [`- Servers: ${escaped(server)}`]),
    ...(traits.length === 0 ? [] : [`- ${traits.join(" ")}`]),
    `- Next: ${next}`,
  ];
}

/** Markdown would take these for marks of its own. */
function escaped(text: string): string {
  return text.replaceAll(/[*_<>]/g, (each) => `\\${each}`);
}
