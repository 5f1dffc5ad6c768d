/**
 * ZKREWIND_THOROUGH=1 (npm run test:all, .ci/run): every fixture at every point, every property as often as is written
 * there. `npm test` takes a sample where that takes long, of every kind of check.
 */
export const THOROUGH = process.env["ZKREWIND_THOROUGH"] === "1";

/** ZKREWIND_PROCESSES=1: each request of the command line in a process of its own, where most share a thread; four times slower. */
export const OWN_PROCESSES = process.env["ZKREWIND_PROCESSES"] === "1";

/** For fast-check: how often a property is tried. */
export function runs(thorough: number, usual: number): { numRuns: number } {
  return { numRuns: THOROUGH ? thorough : usual };
}
