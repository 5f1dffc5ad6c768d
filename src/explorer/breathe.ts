import { setImmediate } from "node:timers/promises";

/** Milliseconds that work may take before it yields. */
const TURN = 8;

let since = performance.now();

/** Yields to other work if the last time was long ago: reading is synchronous, and a server must answer meanwhile. */
export function breathe(): void | Promise<void> {
  if (performance.now() - since >= TURN) return pause();
}

async function pause(): Promise<void> {
  await setImmediate();
  since = performance.now();
}
