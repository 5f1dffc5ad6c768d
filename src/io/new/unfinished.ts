/**
 * What is being made has a temporary name, and must not stay if the process is ended in the midst of it. Who handles
 * the process's signals, as the command line does and a library must not, says how with `guardUnfinished`.
 */
export type Guard = (remove: () => void) => () => void;

let guard: Guard = () => () => {};

/** `by` is given what removes something unfinished, and returns what to call when it is finished or removed. */
export function guardUnfinished(by: Guard): void {
  guard = by;
}

/** Has `remove` called if the process is ended before the function that this answers is called. */
export function whileUnfinished(remove: () => void): () => void {
  return guard(remove);
}
