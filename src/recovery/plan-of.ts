import { type Attempt, windowText } from "./attempt.js";
import type { PlanStep } from "./state.js";
import { say } from "../text/message.js";

/** The files that an attempt used, in order. */
export function planOf({ base, loaded, replay: { logs } }: Pick<Attempt, "base" | "loaded" | "replay">): PlanStep[] {
  const detail = say`${loaded?.trailers?.sealed ? "" : "not "}sealed, ${windowText(base.window)}`;
  return [
    ...(base.snapshot ? [{ file: base.snapshot.name, use: "snapshot" as const, detail }] : []),
    ...logs.map(({ file, applied }) => ({ file, use: "log" as const, detail: say`${applied} transactions` })),
  ];
}
