import { context } from "../context/context.js";

/** Whether the request's input (0), output or messages come from or go to a terminal. */
export function isTerminal(descriptor: 0 | 1 | 2): boolean {
  return context().streams.isTerminal(descriptor);
}
