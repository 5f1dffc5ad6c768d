import { LOG_MAGIC, SNAPSHOT_MAGIC } from "../model/files.js";
import { type LogReading, readLog } from "../model/read-log.js";
import { readSnapshot, type SnapshotReading } from "../model/read-snapshot.js";
import { unpacked } from "../mutations/edit.js";
import type { Folder } from "../seeds/seed.js";

/** The files of a folder as the harness reads them itself. */
export interface FolderReading {
  logs: { name: string; zxid: bigint; reading: LogReading; bytes: Buffer }[];
  snapshots: { name: string; zxid: bigint; reading: SnapshotReading }[];
  /** Names of logs and snapshots that are no regular files. */
  unreadable: { name: string; kind: "log" | "snapshot"; zxid: bigint }[];
  /** What somebody renamed in place, with the newest zxid that it shows: servers from 3.6 on read it. */
  aside: { name: string; zxid: bigint }[];
}

/** Told apart by their magic, inside gzip too, else by their names; names give the zxid, and files of other names are not read. */
export function readFolder(folder: Folder): FolderReading {
  const found: FolderReading = { logs: [], snapshots: [], unreadable: [], aside: [] };
  for (const [name, entry] of folder) {
    const match = NAME.exec(name);
    if (!match) {
      const aside = ASIDE.exec(name);
      if (aside && entry.kind === "file") found.aside.push({ name, zxid: newestAside(entry.bytes, `0x${aside[2]}`) });
      continue;
    }
    const named = match[1] as "log" | "snapshot";
    const zxid = BigInt.asIntN(64, BigInt(`0x${match[2]}`));
    if (entry.kind !== "file") {
      found.unreadable.push({ name, kind: named, zxid });
      continue;
    }
    const inside = unpacked(entry.bytes) ?? entry.bytes;
    const kind = kindOf(inside) ?? named;
    // A compressed log beside the plain one is its copy.
    if (kind === "log" && match[3] !== undefined && folder.get(name.slice(0, -match[3].length))?.kind === "file")
      continue;
    if (kind === "log") found.logs.push({ name, zxid, reading: readLog(inside), bytes: inside });
    else found.snapshots.push({ name, zxid, reading: readSnapshot(entry.bytes) });
  }
  found.logs.sort(byZxid);
  found.snapshots.sort(byZxid);
  return found;
}

const NAME = /^(snapshot|log)\.([0-9a-fA-F]{1,16})(\.gz)?$/;

const ASIDE = /^(snapshot|log)\.([0-9a-fA-F]{1,16})\.(bad|old|bak)$/;

/** A log is asked for its transactions; a snapshot's name is of what its server had applied. */
function newestAside(bytes: Buffer, name: string): bigint {
  if (kindOf(bytes) !== "log") return kindOf(unpacked(bytes) ?? bytes) === "snapshot" ? BigInt(name) : 0n;
  return readLog(bytes).records.reduce((most, { zxid }) => (zxid > most ? zxid : most), 0n);
}

function kindOf(bytes: Buffer): "log" | "snapshot" | null {
  if (bytes.length < 4) return null;
  if (bytes.readUInt32BE() === SNAPSHOT_MAGIC) return "snapshot";
  return bytes.readUInt32BE() === LOG_MAGIC ? "log" : null;
}

function byZxid(a: { name: string; zxid: bigint }, b: { name: string; zxid: bigint }): number {
  return a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : a.name < b.name ? -1 : 1;
}
