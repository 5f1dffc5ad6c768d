import { type DataTree, pathOf, STAT } from "../../tree/index.js";
import { readTxn, type Txn } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { logsAfter } from "./logs-after.js";
import { eachRecord } from "../scan/each-record.js";

/**
 * The znodes that may be wrong in a tree whose base was fuzzy beyond it: those that show a later change themselves, and
 * those that a transaction after `zxid`, up to the window's end, touches and so may have changed early.
 */
export async function doubtfulPaths(
  tree: DataTree,
  logs: readonly StoredFile[],
  zxid: bigint,
  windowEnd: bigint,
): Promise<string[]> {
  const paths = new Set<string>();
  const { znodes } = tree;
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    const view = znodes.viewOf(slot);
    const stat = znodes.statOf(slot);
    for (const field of [STAT.czxid, STAT.mzxid, STAT.pzxid]) {
      if (view.getBigInt64(stat + field) > zxid) paths.add(pathOf(tree, slot));
    }
  }
  for (const log of logsAfter(logs, zxid)) if (!(await collect(log, zxid, windowEnd, paths))) break;
  return [...paths].sort();
}

async function collect(log: StoredFile, after: bigint, until: bigint, paths: Set<string>): Promise<boolean> {
  let goOn = true;
  await eachRecord(log, (cursor, shape) => {
    const { zxid } = cursor;
    if (zxid > after && zxid <= until) touched(readTxn(cursor, shape), paths);
    goOn = zxid <= until;
    return goOn;
  });
  return goOn;
}

/** A change touches the znode itself, and where it comes or goes its parent. */
function touched(txn: Txn, paths: Set<string>): void {
  for (const member of txn.members ?? []) touched(member, paths);
  for (const path of [...(txn.path === undefined ? [] : [txn.path]), ...(txn.paths ?? [])]) {
    paths.add(path);
    if (/^(create|delete|closeSession)/.test(txn.op)) paths.add(path.slice(0, path.lastIndexOf("/")) || "/");
  }
}
