import type { Answer } from "./answer.js";
import { differences } from "./differences.js";
import { session, sessions } from "./sessions.js";
import { grown, space } from "./space.js";
import { backups, ensemble, summary, verdict } from "./summary.js";
import { timeline } from "./timeline.js";
import { changes, near, transactions } from "./transactions.js";
import { children, node, point } from "./tree.js";

/** The answers by the last part of their address; `search` is apart, since it answers line by line. */
export const ANSWERS = {
  summary,
  verdict,
  timeline,
  transactions,
  near,
  point,
  children,
  node,
  history: changes,
  diff: differences,
  sessions,
  session,
  space,
  growth: grown,
  ensemble,
  backups,
} satisfies Record<string, Answer>;

export type AnswerName = keyof typeof ANSWERS;

export function isAnswer(name: string): name is AnswerName {
  return Object.hasOwn(ANSWERS, name);
}
