import { type Finding, finding } from "../../findings/finding.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import { type DataTree, SessionMap } from "../../tree/index.js";
import { OpCode } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { logsAfter } from "./replay.js";
import { eachHeader } from "../scan/headers.js";

/** How many transactions behind a snapshot's window are looked at. */
const BEYOND = 256n;

/**
 * Sets the sessions of a tree right that came from a snapshot.
 *
 * A server writes the sessions that its session tracker knows, and that is not in step with the transactions: a session
 * can be in the list before its createSession is applied, and missing from it before its closeSession is. The digest
 * does not show it. What the log has just after the state's zxid tells: a session that is created there is not open
 * yet, one that is closed there still is.
 */
export async function settleSessions(
  tree: DataTree,
  logs: readonly StoredFile[],
  zxid: bigint,
  windowEnd: bigint,
): Promise<Finding[]> {
  const until = windowEnd + BEYOND;
  if (zxid >= until) return [];
  const findings: Finding[] = [];
  const later = new SessionMap<true>();
  for (const log of logsAfter(logs, zxid)) {
    let more = true;
    await eachHeader(log, (cursor) => {
      const at = fromHalves(cursor.zxidHigh, cursor.zxidLow);
      if (at > until) more = false;
      if (at <= zxid || !more) return more;
      const { sessionHigh, sessionLow } = cursor;
      if (cursor.type === OpCode.createSession && !later.has(sessionHigh, sessionLow)) {
        tree.sessions.delete(sessionHigh, sessionLow);
        later.set(sessionHigh, sessionLow, true);
      } else if (cursor.type === OpCode.closeSession && !later.has(sessionHigh, sessionLow)) {
        if (!tree.sessions.has(sessionHigh, sessionLow)) findings.push(missing(sessionHigh, sessionLow, zxid, at));
        later.set(sessionHigh, sessionLow, true);
      }
      return true;
    });
    if (!more) break;
  }
  return findings;
}

function missing(high: number, low: number, zxid: bigint, closed: bigint): Finding {
  const message = `session ${hex(fromHalves(high, low))} was open at ${hex(zxid)}, for ${hex(closed)} closes it, but the snapshot lacks it: its timeout is not known`;
  return finding("session.not-listed", message, { zxid });
}
