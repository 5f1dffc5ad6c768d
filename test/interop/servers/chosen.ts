import { type Release, TRIED } from "../../../src/recovery/servers/releases.js";

/** ZKREWIND_SERVERS: `sample`, `all`, or `record`. */
export const WHICH = process.env["ZKREWIND_SERVERS"] ?? "sample";

/** What is kept is of all. */
const named = WHICH === "record" ? undefined : process.env["ZKREWIND_RELEASES"];

/**
 * The releases to try: a sample, or all of `whole`, which is every one that cells are of unless given. ZKREWIND_RELEASES: a
 * pattern of their names, to go on with a run that was broken off, or to share it out.
 */
export function chosenReleases(whole: readonly string[] = TRIED.map(({ name }) => name)): readonly Release[] {
  const names = WHICH === "sample" ? ["3.5.10", "3.9.5"] : whole;
  const wanted = named === undefined ? null : new RegExp(named);
  return TRIED.filter(({ name }) => (wanted === null ? names.includes(name) : wanted.test(name)));
}
