import { ZkRewindError } from "../../findings/finding.js";
import { openBytes } from "../../io/open-bytes.js";
import { fileBytes } from "../../io/file-bytes.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { IGNORED } from "../../storage/large-value.js";
import { ACL_ID_LENGTH } from "../../storage/znode-record.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { isWithin } from "../link/line.js";
import type { Segment } from "../link/link.js";
import { parseSegmentName, type SegmentName, slotPrefix } from "../names.js";
import { type CutRun, RunCutter } from "./cutter.js";
import { LocalLogs } from "./local-logs.js";
import { localSnapshots } from "./local-snapshots.js";
import type { ServerSource } from "./source.js";
import type { Target } from "./target.js";

/**
 * Compares a server's directory with what is known of a history, before anything is shipped: by `targets`, and by the line
 * that was shipped to them since they were opened. Returns whether there was a transaction to compare.
 *
 * Throws ZkRewindError 1 where a server's directory holds another history than a repository: not one of its transactions
 * is there, though others of the same zxids are, and what its snapshot says of when znodes were made does not fit either.
 *
 * One segment that is the same is enough: its hash is over sessions and times as well. A server that was set back has
 * none in common where only a snapshot was restored; then its znodes were made when the repository's transactions were.
 */
export async function refuseAnotherLine(
  { logFolders, dataFolder }: ServerSource,
  location: string,
  targets: readonly Pick<Target, "names" | "catalogue">[],
  shipped: readonly Segment[] = [],
): Promise<boolean> {
  const bySlot = new Map<string, SegmentName[]>();
  for (const name of new Set(targets.flatMap(({ names }) => [...(names ?? [])]))) {
    const parsed = parseSegmentName(name);
    if (!parsed) continue;
    const slot = slotPrefix(parsed.first);
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), parsed]);
  }
  if (bySlot.size === 0) return true;
  let agrees = false;
  let contradicted: bigint | null = null;
  const compare = async ({ run }: CutRun): Promise<void> => {
    for (const each of bySlot.get(slotPrefix(run.first)) ?? []) {
      if (agrees || !isWithin(each, run)) continue;
      if (run.contentOf(each.first, each.last) === each.content) agrees = true;
      else contradicted ??= each.first;
    }
  };
  const cutter = new RunCutter(compare, undefined, () => agrees);
  const logs = new LocalLogs(logFolders);
  try {
    await logs.readAll(cutter);
    if (!agrees && cutter.current) await compare(cutter.current);
  } finally {
    logs.close();
  }
  if (agrees) return true;
  const read = targets.flatMap(({ catalogue }) => (catalogue?.heads ?? []).flatMap(({ line }) => line.segments));
  const segments = [...read, ...shipped];
  const fits = await timesFit(localSnapshots(dataFolder).at(-1)?.path, segments);
  if (fits === "yes" || (fits === "unknown" && contradicted === null)) return logs.lastHigh >= 0;
  const where = contradicted === null ? say`` : say`, from ${hex(contradicted)} on`;
  throw new ZkRewindError(
    say`this is another ensemble's history than the one in ${tag.file(location)}${where}: nothing is shipped`,
    {
      exitCode: 1,
      hint: say`Name another repository for it: zkrewind backup init makes one.`,
    },
  );
}

/** Whether the znodes of the newest snapshot were made when the repository's transactions of those zxids were. */
async function timesFit(newest: string | undefined, segments: readonly Segment[]): Promise<"yes" | "no" | "unknown"> {
  if (newest === undefined || segments.length === 0) return "unknown";
  const reader = new SnapshotReader(openBytes(fileBytes(newest)));
  reader.passLarge(IGNORED);
  let fit = 0;
  let compared = 0;
  try {
    if (!(await reader.readHead())) return "unknown";
    while (compared < ENOUGH && (await reader.fill())) {
      while (compared < ENOUGH && reader.next()) {
        const { view } = reader.window.block;
        const stat = reader.aclAt + ACL_ID_LENGTH;
        const czxid = view.getBigInt64(stat);
        const segment = segments.find(({ first, last }) => czxid >= first && czxid <= last);
        if (!segment) continue;
        const ctime = view.getBigInt64(stat + CTIME_AT);
        compared++;
        if (ctime >= segment.from - SLACK && ctime <= segment.to + SLACK) fit++;
      }
    }
  } finally {
    reader.close();
  }
  if (compared === 0) return "unknown";
  return fit >= compared * 0.9 ? "yes" : "no";
}

/** Znodes. */
const ENOUGH = 1000;
/** Milliseconds: a clock can step back within a segment. */
const SLACK = 2000n;
/** In StatPersisted: czxid, mzxid, ctime. */
const CTIME_AT = 16;
