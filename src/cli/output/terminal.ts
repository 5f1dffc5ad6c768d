import { fstatSync } from "node:fs";

/** Whether a descriptor is a terminal. Only where it can be one is node:tty loaded: it takes longer than most questions. */
export function isTerminal(descriptor: number): boolean {
  try {
    if (!fstatSync(descriptor).isCharacterDevice()) return false;
  } catch {
    // Closed, or a console that this system has no status of: the other way of asking knows.
  }
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}
