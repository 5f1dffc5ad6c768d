import { type Finding, ZkRewindError } from "../findings/finding.js";
import { hex } from "../storage/zxid.js";
import type { DataDirectory } from "./directory/data-directory.js";
import { assess } from "./exact/assess.js";
import { coverageOf, type ExactRange } from "./exact/coverage.js";
import type { LaterState } from "./exact/evidence.js";
import { scanLog } from "./scan/scan-log.js";
import { scanSnapshot } from "./scan/scan-snapshot.js";
import { joined, type Message, say } from "../text/message.js";

/** The newest point up to `to` (null: any) that is exact; null where none is. For this every file is read. */
export async function newestExactPoint(directory: DataDirectory, to: bigint | null): Promise<bigint | null> {
  const { exact } = await everyPoint(directory);
  return newestIn(exact, to);
}

/** Says why a point cannot be had exactly, and what can be had instead. For this every file is read. */
export async function unreachable(
  directory: DataDirectory,
  to: bigint | null,
  later: LaterState | null,
  reasons: readonly Message[],
  findings: readonly Finding[],
): Promise<ZkRewindError> {
  const { exact, newest } = await everyPoint(directory);
  const last = later && (newest === null || later.zxid > newest) ? later.zxid : newest;
  const what = to === null ? latest(last, newestIn(exact, null)) : say`the state at ${hex(to)}`;
  const why = reasons.length > 0 ? reasons : later ? [later.why] : [];
  return new ZkRewindError(say`${what} cannot be rebuilt exactly${why.length > 0 ? say`: ${joined(why, "; ")}` : ""}`, {
    exitCode: 4,
    hint: choices(exact, newest, to),
    findings,
  });
}

/** Where damage follows the newest zxid that can be read, the latest state is later than that. */
function latest(last: bigint | null, exact: bigint | null): Message {
  if (last === null) return say`the latest state`;
  return exact !== null && exact >= last
    ? say`the latest state, later than ${hex(last)},`
    : say`the latest state, ${hex(last)},`;
}

/** The exact points, and the newest zxid that any file holds something of. */
async function everyPoint(directory: DataDirectory): Promise<{ exact: ExactRange[]; newest: bigint | null }> {
  const snapshots = [];
  for (const file of directory.snapshots) snapshots.push(await scanSnapshot(file));
  const logs = [];
  for (const file of directory.logs) logs.push(await scanLog(file));
  const coverage = coverageOf(directory.snapshots, snapshots, logs);
  const { exact } = await assess(directory, coverage, logs);
  return { exact, newest: coverage.last };
}

function newestIn(exact: readonly ExactRange[], to: bigint | null): bigint | null {
  const below = exact.filter(({ from }) => to === null || from <= to);
  return below.reduce<bigint | null>((newest, range) => {
    const end = to !== null && range.to > to ? to : range.to;
    return newest === null || end > newest ? end : newest;
  }, null);
}

function choices(exact: readonly ExactRange[], newest: bigint | null, to: bigint | null): Message {
  if (exact.length === 0) {
    const inexact = newest === null ? "" : "; --inexact gives the nearest, with what is in doubt";
    return say`No point can be rebuilt exactly from these files${inexact}.`;
  }
  const ranges = joined(
    exact.map(({ from, to: end }) => (from === end ? hex(from) : say`${hex(from)} to ${hex(end)}`)),
    ", ",
  );
  const below = newestIn(exact, to);
  const above = to === null ? undefined : exact.find(({ from }) => from > to);
  return joined(
    [
      ...(below === null
        ? []
        : [say`--newest-exact gives ${hex(below)}, the newest exact state${to === null ? "" : " before it"}.`]),
      say`--inexact gives ${to === null && newest !== null ? say`${hex(newest)}, ` : ""}the ${to === null ? "newest" : "nearest"} state, with what is in doubt.`,
      ...(above ? [say`The next exact point after it is ${hex(above.from)}.`] : []),
      say`Exact points: ${ranges}.`,
    ],
    " ",
  );
}
