import type { CaseVerdicts } from "../../recovery/servers/case-directory.js";
import type { ServerCase } from "../../recovery/servers/cases.js";
import type { Cell, Mode } from "../../recovery/servers/observed.js";
import type { Release } from "../../../src/recovery/servers/releases.js";
import type { Seen } from "./observe.js";

/** What a start and a replay of the same files showed, as it is kept. */
export async function cellOfSeen(
  each: ServerCase,
  release: Release,
  mode: Mode,
  { start, replay }: { start: Seen; replay: Seen },
  verdicts: CaseVerdicts,
): Promise<Cell> {
  const verdict = await verdicts.verdict(release, mode);
  const expected = start.starts ? await verdicts.paths(verdict) : null;
  const had = new Set(start.paths);
  const gone = [...(expected ?? [])].filter((path) => !had.has(path) && path !== CONFIG);
  const unexpected = [...had].filter((path) => expected && !expected.has(path) && path !== CONFIG);
  if (unexpected.length > 0)
    throw new Error(`${each.name} on ${release.name}: also there are ${unexpected.join(", ")}`);
  return {
    starts: start.starts,
    zxid: start.starts ? (mode === "ensemble" ? start.loaded : start.serves) : null,
    problem: problemOf(start),
    played: replay.played,
    gone: gone.sort(),
  };
}

/** Each release's own way with it is not transactional. */
const CONFIG = "/zookeeper/config";

/** The innermost exception, without the folder that the case lay in. */
function problemOf({ starts, problems, messages }: Seen): string | null {
  if (starts) return null;
  const text = problems.at(-1) ?? messages.at(-1) ?? "it does not serve";
  return text.replace(/\/\S*\/(data|log)\/version-2/g, "DIR");
}
