import { setImmediate } from "node:timers/promises";

/** Milliseconds that work may take before others have their turn. */
const TURN = 8;

let since = performance.now();

/** Lets others do something if it was long ago: reading is synchronous, and a server is to answer meanwhile. */
export function breathe(): void | Promise<void> {
  if (performance.now() - since >= TURN) return pause();
}

async function pause(): Promise<void> {
  await setImmediate();
  since = performance.now();
}
