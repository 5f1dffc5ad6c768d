import { type Finding, ZkRewindError } from "../findings/finding.js";
import { hex } from "../storage/zxid.js";
import { type AllPoints, newestExact } from "./exact/all-points.js";
import type { Assessment } from "./exact/assessment.js";
import type { LaterState } from "./exact/evidence.js";
import { joined, type Message, say } from "../text/message.js";

/** Says why a point cannot be had exactly, and what can be had instead. */
export function unreachable(
  { assessment, coverage }: AllPoints,
  to: bigint | null,
  later: LaterState | null,
  reasons: readonly Message[],
  findings: readonly Finding[],
): ZkRewindError {
  const newest = coverage.last;
  const last = later && (newest === null || later.zxid > newest) ? later.zxid : newest;
  const what = to === null ? latest(last, newestExact(assessment, null)?.zxid ?? null) : say`the state at ${hex(to)}`;
  const why = reasons.length > 0 ? reasons : later ? [later.why] : [];
  return new ZkRewindError(say`${what} cannot be rebuilt exactly${why.length > 0 ? say`: ${joined(why, "; ")}` : ""}`, {
    exitCode: 4,
    hint: choices(assessment, newest, to),
    findings,
  });
}

/** Where damage follows the newest exact zxid, no more is known than that the latest state is later than that. */
function latest(last: bigint | null, exact: bigint | null): Message {
  if (last === null) return say`the latest state`;
  return exact !== null && exact + 1n >= last
    ? say`the latest state, later than ${hex(exact)},`
    : say`the latest state, ${hex(last)},`;
}

function choices(assessment: Assessment, newest: bigint | null, to: bigint | null): Message {
  const { exact } = assessment;
  if (exact.length === 0) {
    const inexact = newest === null ? "" : "; --inexact gives the nearest state, and names what is in doubt";
    return say`No point can be rebuilt exactly from these files${inexact}.`;
  }
  const ranges = joined(
    exact.map(({ from, to: end }) => (from === end ? hex(from) : say`${hex(from)} to ${hex(end)}`)),
    ", ",
  );
  const below = newestExact(assessment, to)?.zxid ?? null;
  const above = to === null ? undefined : exact.find(({ from }) => from > to);
  return joined(
    [
      ...(below === null
        ? []
        : [say`--newest-exact gives ${hex(below)}, the newest exact state${to === null ? "" : " before it"}.`]),
      say`--inexact gives ${to === null && newest !== null ? say`${hex(newest)}, ` : ""}the ${to === null ? "newest" : "nearest"} state, and names what is in doubt.`,
      ...(above ? [say`The next exact point is ${hex(above.from)}.`] : []),
      say`Exact points: ${ranges}.`,
    ],
    " ",
  );
}
