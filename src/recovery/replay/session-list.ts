import { type Finding, finding } from "../../findings/finding.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import { SessionMap } from "../../tree/index.js";
import { OpCode } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { logsAfter } from "./logs-after.js";
import { eachRecord } from "../scan/each-record.js";
import { say } from "../../text/message.js";
import { safe, type Safe } from "../../text/safe.js";

/**
 * How many transactions after a snapshot's window are looked at. In 1,627 snapshots of 3.5.10, 3.6.4, 3.8.6 and 3.9.5
 * servers, standalone and in ensembles, under 700 new sessions and 2,500 transactions a second, a listed session's
 * createSession, or a missing one's closeSession, was at most 97 transactions after the zxid in the name, and never
 * after the end of the window. What is further off is a `session.mismatch`.
 */
export const SESSIONS_BEYOND = 256n;

/**
 * Sets the sessions right that came from a snapshot.
 *
 * A server writes the sessions that its session tracker knows, and that is not in step with the transactions: a session
 * can be in the list before its createSession is applied, and missing from it before its closeSession is. The digest
 * does not show it. What the log has just after the state's zxid tells: a session that is created there is not open
 * yet, one that is closed there still is. Those in `opened` were opened by transactions up to then, whatever comes later.
 */
export async function settleSessions(
  sessions: SessionMap<number>,
  logs: readonly StoredFile[],
  zxid: bigint,
  windowEnd: bigint,
  opened?: SessionMap<true>,
): Promise<SettledSessions> {
  const until = windowEnd + SESSIONS_BEYOND;
  if (zxid >= until) return { findings: [], closing: [], seenAll: true };
  const findings: Finding[] = [];
  const closing: EarlyClose[] = [];
  let seenAll = false;
  const later = new SessionMap<true>();
  for (const log of logsAfter(logs, zxid)) {
    let more = true;
    await eachRecord(log, (cursor, shape, reader) => {
      if (!reader.checksumOk || shape !== "ok") return true;
      const at = fromHalves(cursor.zxidHigh, cursor.zxidLow);
      if (at > until) {
        more = false;
        seenAll = true;
      }
      if (at <= zxid || !more) return more;
      const { sessionHigh, sessionLow } = cursor;
      if (cursor.type === OpCode.createSession && !later.has(sessionHigh, sessionLow)) {
        if (!opened?.has(sessionHigh, sessionLow)) sessions.delete(sessionHigh, sessionLow);
        later.set(sessionHigh, sessionLow, true);
      } else if (cursor.type === OpCode.closeSession && !later.has(sessionHigh, sessionLow)) {
        if (!sessions.has(sessionHigh, sessionLow)) {
          findings.push(missing(sessionHigh, sessionLow, zxid, at));
          closing.push({ id: fromHalves(sessionHigh, sessionLow), zxid: at });
        }
        later.set(sessionHigh, sessionLow, true);
      }
      return true;
    });
    if (!more) break;
  }
  return { findings, closing, seenAll };
}

/** What is known of a snapshot's sessions once the logs after it have been read. */
export interface SettledSessions {
  findings: Finding[];
  closing: EarlyClose[];
  /** Whether the logs go on far enough for all that a snapshot can be out of step by. */
  seenAll: boolean;
}

/** A session that is open although the snapshot lacks it, and the transaction that closes it soon after. */
export interface EarlyClose {
  id: bigint;
  zxid: bigint;
}

/** Open sessions with their timeouts in milliseconds, by unsigned id. */
export type SessionEntries = readonly (readonly [id: bigint, timeout: number])[];

/** The same for sessions as a list, at the end of their snapshot's window. */
export async function settledEntries(
  entries: SessionEntries,
  logs: readonly StoredFile[],
  windowEnd: bigint,
): Promise<SettledSessions & { sessions: SessionEntries }> {
  const sessions = new SessionMap<number>();
  for (const [id, timeout] of entries) sessions.set(Number(id >> 32n), Number(id & 0xffffffffn), timeout);
  const settled = await settleSessions(sessions, logs, windowEnd, windowEnd);
  return { ...settled, sessions: sessions.sorted() };
}

/**
 * How a snapshot's sessions, settled, differ from those that the replay from another base has at the same zxid; null if
 * they do not, "unknown" where the logs end so soon that the snapshot may have been out of step.
 */
export function sessionDifference(
  replayed: SessionEntries,
  listed: SessionEntries,
  { closing, seenAll }: Pick<SettledSessions, "closing" | "seenAll">,
): Safe | "unknown" | null {
  const open = new Map(replayed);
  const own = new Set<bigint>(closing.map(({ id }) => id));
  for (const [id, timeout] of listed) {
    const known = open.get(id);
    if (known === undefined && !seenAll) return "unknown";
    if (known === undefined) return safe`session ${hex(id)} is in the snapshot, and no transaction opened it`;
    if (known !== timeout) return otherTimeout(id, timeout, known);
    own.add(id);
  }
  const lost = [...open.keys()].find((id) => !own.has(id));
  // What a server was closing when the logs end is not known.
  if (lost !== undefined && !seenAll) return "unknown";
  return lost === undefined
    ? null
    : safe`session ${hex(lost)} is open according to the transactions, but not in the snapshot`;
}

/** How timeouts in a snapshot differ from those of the same sessions elsewhere, whenever that is: they stay what they are. */
export function timeoutDifference(replayed: SessionEntries, listed: SessionEntries): Safe | null {
  const known = new Map(replayed);
  const other = listed.find(([id, timeout]) => (known.get(id) ?? timeout) !== timeout);
  return other ? otherTimeout(other[0], other[1], known.get(other[0]) as number) : null;
}

function otherTimeout(id: bigint, listed: number, opened: number): Safe {
  return safe`session ${hex(id)} has a timeout of ${listed} ms in the snapshot, but was opened with ${opened} ms`;
}

function missing(high: number, low: number, zxid: bigint, closed: bigint): Finding {
  const session = fromHalves(high, low);
  const message = say`session ${hex(session)} was open at ${hex(zxid)}, because ${hex(closed)} closes it, but the snapshot lacks it: its timeout is not known`;
  return finding("session.not-listed", message, { zxid });
}
