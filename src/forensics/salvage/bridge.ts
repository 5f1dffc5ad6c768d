import { join } from "node:path";
import { rebuild, scanSnapshot, type StoredFile } from "../../recovery/index.js";
import { emptyDirectory } from "../../recovery/directory/data-directory.js";
import { provesItself } from "../../recovery/exact/base.js";
import { writeSnapshot } from "../../recovery/write/snapshot.js";
import { ZkRewindError } from "../../findings/finding.js";
import { fileName } from "../../storage/names.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { emptySnapshot, type SnapshotAccount, type SalvagedRange } from "./salvage-account.js";
import { holds, without } from "./zxid-ranges.js";

/**
 * Where the newest snapshot is exact, by its own digest, at a later zxid than its name says, and the logs that go on from there
 * lack what is between: the same snapshot under the name of that zxid, so that a server finds no hole. `kept`: the zxids
 * of the written logs. Null where no such snapshot is needed or can be had.
 */
export async function bridge(
  snapshots: readonly StoredFile[],
  kept: readonly SalvagedRange[],
  folder: string,
): Promise<SnapshotAccount | null> {
  const newest = snapshots.findLast(({ zxid }) => zxid !== null);
  if (!newest || newest.zxid === null) return null;
  const end = provesItself(await scanSnapshot(newest));
  if (end === null || end <= newest.zxid || !holds(kept, end + 1n)) return null;
  const lacking = without({ first: newest.zxid + 1n, last: end }, kept);
  if (lacking.length === 0) return null;
  const name = fileName("snapshot", end);
  const why = say`${tag.file(newest.name)} at ${hex(end)}, which its own digest proves: no log has the transactions between`;
  const account = emptySnapshot({ name }, why);
  try {
    const alone = { ...emptyDirectory([newest.path]), snapshots: [newest] };
    const state = await rebuild(alone, { point: { kind: "zxid", zxid: end, text: hex(end) }, inclusive: true });
    if (!state.exact) return null;
    const { znodes, sessions } = await writeSnapshot(state, join(folder, name), { layout: state.layout });
    return { ...account, fate: "rebuilt", output: `version-2/${name}`, znodes, sessions };
  } catch (error) {
    if (error instanceof ZkRewindError) return null;
    throw error;
  }
}
