import { peekTrailers } from "../../storage/snapshot-trailers.js";
import { counterOf, follows, hex } from "../../storage/zxid.js";
import type { DataDirectory, StoredFile } from "../directory/data-directory.js";
import { filesSetAside } from "../directory/for-servers.js";
import { eachHeader } from "../scan/headers.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import type { Assessment } from "./assessment.js";
import type { Coverage } from "./coverage.js";
import { say, tag, type Message } from "../../text/message.js";

/** A state later than what could be rebuilt, by what the files show of it. */
export interface LaterState {
  /** At least this zxid was reached. */
  zxid: bigint;
  /** What shows it, as a sentence without its end. */
  why: Message;
}

/** What reading found out of snapshots that were looked at, by their paths: the newest change that one shows. */
export type NewestChanges = ReadonlyMap<string, bigint>;

/**
 * The newest state that the files give evidence of beyond `last`; null where none does, so that `last` is the latest.
 *
 * A snapshot's name and trailers count, whether it can be read or not: no server writes a snapshot of what it has not
 * applied. So does the name of a log with bytes in it, and of an empty one all before that. What does not count: an
 * epoch file, which a server writes before an epoch's first transaction, and a last log that is empty or torn in its
 * first record, for the name is then of a transaction that was never written whole.
 *
 * @example
 * import { plain } from "zkrewind";
 * import { discover, laterState } from "zkrewind/recovery";
 *
 * const later = laterState(discover(["fixtures/3.8.6-standalone"]), 0x100n);
 * console.log(later?.zxid, later && plain(later.why));
 */
export function laterState(
  directory: DataDirectory,
  last: bigint | null,
  seen: NewestChanges = new Map(),
): LaterState | null {
  let newest: LaterState | null = null;
  const note = (zxid: bigint, why: Message): void => {
    if (zxid > (newest?.zxid ?? last ?? -1n)) newest = { zxid, why };
  };
  for (const snapshot of directory.snapshots) {
    if (snapshot.size === 0) continue;
    if (snapshot.zxid !== null) note(snapshot.zxid, say`there is ${tag.file(snapshot.name)}`);
    const end = endOf(snapshot, seen);
    if (end !== null) note(end, say`${tag.file(snapshot.name)} holds changes up to ${hex(end)}`);
  }
  for (const log of directory.logs) {
    if (log.zxid !== null && last !== null && !follows(last, log.zxid) && counterOf(log.zxid) > 1)
      note(log.zxid - 1n, say`${tag.file(log.name)} follows it`);
  }
  for (const { code, zxid, file, message } of directory.findings) {
    if (zxid === undefined) continue;
    const what = file === undefined ? "a file" : tag.file(file);
    if (code === "file.unreadable") note(zxid, say`${what} cannot be read`);
    // What a backup had, and has no longer.
    if (code === "backup.lost" || code === "backup.rolled-back") note(zxid, say`${what}: ${message}`);
  }
  return newest;
}

/** The newest transaction in logs that a replay did not read, whatever their names say; null where none is later. */
export async function laterInLogs(logs: readonly StoredFile[], last: bigint): Promise<LaterState | null> {
  let later: LaterState | null = null;
  for (const log of logs)
    await eachHeader(log, ({ zxid }) => {
      if (zxid > (later?.zxid ?? last))
        later = { zxid, why: say`${tag.file(log.name)} has transactions up to ${hex(zxid)}` };
      return true;
    });
  return later;
}

/** The same of files that were set aside in their folder: they are not read, and yet show what there was. */
export async function laterSetAside(directory: DataDirectory, last: bigint | null): Promise<LaterState | null> {
  const aside = filesSetAside(directory);
  let later: LaterState | null = null;
  for (const { kind, zxid, name } of aside)
    if (kind === "snapshot" && zxid !== null && zxid > (later?.zxid ?? last ?? -1n))
      later = { zxid, why: say`there is ${tag.file(name)}` };
  const logs = aside.filter(({ kind }) => kind === "log");
  const logged = await laterInLogs(logs, later?.zxid ?? last ?? -1n);
  return logged
    ? { ...logged, why: say`${logged.why}, ${TO_READ}` }
    : later && { ...later, why: say`${later.why}, ${TO_READ}` };
}

const TO_READ = "set aside: to have it read, name it as a source too";

/** The same of the newest exact state, with what reading and replaying all files has shown. */
export async function laterThan(
  { exact, segments }: Pick<Assessment, "exact" | "segments">,
  directory: DataDirectory,
  snapshots: readonly SnapshotScan[],
  coverage: Coverage,
): Promise<LaterState | null> {
  const last = exact.reduce<bigint | null>((most, { to }) => (most === null || to > most ? to : most), null);
  const logged = coverage.runs.at(-1)?.last ?? null;
  if (logged !== null && (last === null || logged > last))
    return { zxid: logged, why: say`the logs have transactions up to ${hex(logged)}` };
  const sealed = snapshots.filter(({ trailers }) => trailers?.sealed);
  const changes = new Map(sealed.map(({ path, newestChange }) => [path, newestChange]));
  const later = laterState(directory, last, changes);
  if (later) return later;
  const aside = await laterSetAside(directory, last);
  const end = segments.at(-1);
  if (aside || last === null || end?.stop.kind !== "damage") return aside;
  return { zxid: last + 1n, why: say`after ${hex(last)}: ${end.stop.finding.message}` };
}

function endOf(snapshot: StoredFile, seen: NewestChanges): bigint | null {
  const trailers = peekTrailers(snapshot.bytes);
  const known = [trailers?.digest?.zxid ?? null, trailers?.lastZxid ?? null, seen.get(snapshot.path) ?? null];
  return known.reduce((most, each) => (each !== null && (most === null || each > most) ? each : most), null);
}
