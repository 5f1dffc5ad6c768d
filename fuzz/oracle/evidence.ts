import { follows, HEADER_LENGTH, hex } from "../model/files.js";
import { type Damage, isZero } from "../model/read-log.js";
import type { Folder } from "../seeds/seed.js";
import { impossible, type Line, linesOf, tell, type Told } from "./lines.js";
import { type FolderReading, readFolder } from "./reading.js";

/** Something that any reader of the files can see is wrong, and in which file where it is in one. */
export interface Trouble {
  file: string | null;
  what: string;
  /**
   * Whether a note of it will do: a follower that took a snapshot from its leader goes on in the same log; and a server
   * that is killed as it begins a snapshot leaves an empty file, without which nothing is lost where the logs go on.
   */
  mild: boolean;
}

/** All that the harness finds out about a folder by itself. */
export interface Evidence {
  reading: FolderReading;
  told: ReadonlyMap<bigint, Told>;
  lines: readonly Line[];
  troubles: readonly Trouble[];
  /** The newest state that the files surely speak of, and what does. */
  latest: { zxid: bigint; by: string };
  /** Zxids of records that lack only their end mark, and of no other record. */
  unmarked: ReadonlySet<bigint>;
}

export function evidenceOf(folder: Folder): Evidence {
  const reading = readFolder(folder);
  const told = tell(reading);
  const lines = linesOf(reading, told);
  const unmarked = new Set<bigint>();
  // Where its successor is there, the server had gone on from it, whatever became of that one's own mark.
  for (const { reading: log } of reading.logs)
    for (const { zxid } of log.damage)
      if (
        zxid !== undefined &&
        !told.has(zxid) &&
        !told.has(zxid + 1n) &&
        !log.damage.some((each) => each.zxid === zxid + 1n)
      )
        unmarked.add(zxid);
  return {
    reading,
    told,
    lines,
    troubles: troublesOf(reading, told, lines),
    latest: latestOf(reading, told),
    unmarked,
  };
}

function troublesOf(reading: FolderReading, told: ReadonlyMap<bigint, Told>, lines: readonly Line[]): Trouble[] {
  const troubles: Trouble[] = [];
  const add = (file: string | null, what: string, mild = false): void => void troubles.push({ file, what, mild });
  for (const { name, zxid, reading: log } of reading.logs) {
    if (log.header !== "ok") add(name, `its header: ${log.header}`);
    for (const each of log.damage) if (!isGoneOnFrom(reading, log, each)) add(name, `${each.kind} at ${each.at}`);
    let before: bigint | null = null;
    for (const record of log.records) {
      if (!record.txn) add(name, `${hex(record.zxid)} does not parse`);
      if (before !== null && record.zxid < before) add(name, `${hex(record.zxid)} after ${hex(before)}`);
      if (before !== null && record.zxid > before && !follows(before, record.zxid))
        add(null, `${hex(record.zxid)} right behind ${hex(before)} in ${name}`, true);
      before = record.zxid;
    }
    const [first] = log.records;
    if (first && !(log.damage[0] && log.damage[0].at < first.at) && first.zxid !== zxid)
      add(name, `it begins with ${hex(first.zxid)}`);
  }
  for (const { record, conflict } of told.values())
    if (conflict) add(null, `${hex(record.zxid)} is there twice, with different bytes`);
  const logged = [...told.keys()].reduce((most, zxid) => (zxid > most ? zxid : most), -1n);
  for (const { name, zxid, reading: snapshot } of reading.snapshots)
    if (snapshot.trouble !== null) add(name, snapshot.trouble, snapshot.bytes.length === 0 && zxid <= logged);
    else if (new Set(snapshot.sessions.map(([id]) => id)).size < snapshot.sessions.length)
      add(name, "a session is in its list twice");
    else if (isMisnamed(zxid, snapshot.trailers.digest?.zxid ?? 0n, logged))
      add(name, "its digest is of far below its name");
  for (const { name } of reading.unreadable) add(name, "it is no regular file");
  for (const line of lines)
    for (const what of [...line.contradictions.map((each) => each.what), ...line.doubts]) add(null, what);
  for (const { name } of reading.aside) add(name, "it is set aside, and a server from 3.6 on reads it", true);
  return troubles;
}

/** A server's snapshot ends behind where it begins: what its digest is of, too, unless that is of nothing. */
function isMisnamed(zxid: bigint, digestZxid: bigint, logged: bigint): boolean {
  return digestZxid > 0n && zxid > logged && digestZxid < zxid;
}

/** A record that a server was writing when it died, and wrote again in its next log: that is no damage. */
function isGoneOnFrom(
  { logs }: FolderReading,
  log: FolderReading["logs"][number]["reading"],
  { kind, more, soundBehind }: Damage,
): boolean {
  const last = log.records.at(-1)?.zxid;
  if (last === undefined || more || soundBehind || (kind !== "torn" && kind !== "unmarked")) return false;
  return logs.some(({ reading }) => {
    // A record that lacks only its end mark is there where its successor follows.
    const zxid = reading.damage[0]?.at === HEADER_LENGTH ? reading.damage[0].zxid : reading.records[0]?.zxid;
    return reading !== log && zxid !== undefined && follows(last, zxid);
  });
}

/**
 * Sound records, sound snapshots, names of later logs that hold something unreadable, whole records whose checksum is
 * wrong, and what lies after a torn one. No evidence: a last log that is empty, or torn in its first record.
 */
function latestOf(reading: FolderReading, told: ReadonlyMap<bigint, Told>): Evidence["latest"] {
  let latest = { zxid: 0n, by: "nothing" };
  const see = (zxid: bigint, by: string): void => {
    if (zxid > latest.zxid) latest = { zxid, by };
  };
  for (const { record, log } of told.values()) see(record.zxid, `a record in ${log}`);
  for (const [index, snapshot] of reading.snapshots.entries()) {
    if (snapshot.reading.trouble !== null) continue;
    const next = reading.snapshots.slice(index + 1).find(({ zxid }) => zxid > snapshot.zxid);
    const { digest, lastZxid } = snapshot.reading.trailers;
    // A name that its own contents contradict says nothing.
    if (impossible(snapshot, next?.zxid ?? null) !== null) continue;
    if (digest && digest.zxid < snapshot.zxid && digest.zxid > 0n) continue;
    for (const each of [snapshot.zxid, snapshot.reading.newest, digest?.zxid ?? 0n, lastZxid ?? 0n])
      see(each, `the snapshot ${snapshot.name}`);
  }
  for (const { name, zxid } of reading.aside) see(zxid, `${name}, which is set aside,`);
  for (const { name, kind, zxid } of reading.unreadable) if (kind === "log") see(zxid, `the name of ${name}`);
  const lastLog = reading.logs.at(-1);
  for (const log of reading.logs) {
    const {
      name,
      zxid,
      reading: { records, damage, header },
      bytes,
    } = log;
    const torn = damage.at(-1);
    if (records.length === 0) {
      const nothing = header === "empty" || header === "short" || damage.length === 0;
      const tornFirst = header !== "magic" && damage.length === 1 && torn?.kind === "torn" && !torn.more;
      // It was begun behind what was written before.
      if ((zxid & 0xffffffffn) > 1n) see(zxid - 1n, `the name of ${name}`);
      if (log !== lastLog && !nothing) see(zxid, `the name of ${name}`);
      else if (log === lastLog && !nothing && !tornFirst && torn?.kind !== "unmarked" && !isZero(bytes, 16))
        see(zxid, `the name of ${name}`);
    } else if (
      torn &&
      !torn.soundBehind &&
      (torn.kind === "crc" || (torn.kind !== "torn" && torn.kind !== "zeros" && torn.more))
    ) {
      const last = records.reduce((most, { zxid: each }) => (each > most ? each : most), 0n);
      see(last + 1n, `what is damaged behind ${hex(last)} in ${name}`);
    }
  }
  return latest;
}
