import { type FuzzyWindow, fuzzyWindow, type SnapshotScan, type StoredFile } from "../recovery/index.js";
import type { Finding } from "../storage/finding.js";
import { SnapshotReader } from "../storage/snapshot-reader.js";
import { hex } from "../storage/zxid.js";
import { AclTable } from "../tree/index.js";
import { AclJsonById } from "./acl-json.js";
import type { Counts, TreeFormat, TreeHeader } from "./format.js";
import { JsonBytes } from "./json-bytes.js";
import type { Sink } from "./sink.js";
import { pointOf, writeSessions } from "./tree.js";
import type { DataMode } from "./value.js";
import { ZnodeJson } from "./znode-json.js";

export interface SnapshotExportOptions {
  format: TreeFormat;
  source: readonly string[];
  /** From `scanSnapshot`: what the header says must be known before the first znode is written. */
  scan: SnapshotScan;
  data?: DataMode;
}

/**
 * Writes one snapshot's znodes in the order of the file, which may have any size: no more of it than a window is in
 * memory. So numChildren, which is counted and not stored, is left out.
 */
export async function exportSnapshot(
  file: StoredFile,
  sink: Sink,
  options: SnapshotExportOptions,
): Promise<Counts & { findings: readonly Finding[] }> {
  const { format, scan, data = "auto" } = options;
  const reader = new SnapshotReader(file.open());
  try {
    const out = new JsonBytes();
    format.header(out, snapshotHeader(scan, options.source));
    const counts = { nodes: 0, sessions: 0 };
    if (await reader.readHead()) {
      const sessions = reader.sessions.map(({ id, timeout }) => ({ id: hex(id), timeout }));
      counts.sessions = writeSessions(out, format, sessions);
      format.beginNodes(out);
      counts.nodes = await writeNodes(reader, out, sink, format, data);
    } else format.beginNodes(out);
    format.end(out, counts, scan.sound && reader.findings.every(({ severity }) => severity !== "error"));
    await out.drain(sink);
    return { ...counts, findings: reader.findings };
  } finally {
    reader.close();
  }
}

async function writeNodes(
  reader: SnapshotReader,
  out: JsonBytes,
  sink: Sink,
  format: TreeFormat,
  data: DataMode,
): Promise<number> {
  const acls = new AclTable();
  for (const { id, acl } of reader.acls) acls.adopt(id, acl);
  const writer = new ZnodeJson(out, new AclJsonById((id) => acls.entries(id)), data);
  const place = { numChildren: -1, orphan: false };
  while (await reader.fill()) {
    while (reader.next()) {
      const { block } = reader.window;
      const long = writer.write(format.nodeBegin(reader.count === 1), block, reader.record, place, sink);
      if (long) await long;
      out.raw(format.nodeEnd);
      if (out.isFull) await out.drain(sink);
    }
  }
  return reader.count;
}

function snapshotHeader(scan: SnapshotScan, source: readonly string[]): TreeHeader {
  const { trailers } = scan;
  const begin = scan.zxid ?? trailers?.lastZxid ?? trailers?.digest?.zxid ?? scan.newestChange;
  const { newestChange } = scan;
  const window = fuzzyWindow(begin, { trailers, newestChange, nextSnapshot: null, lastLogged: null });
  const doubt = scan.sound ? doubtOf(window) : "the snapshot is damaged";
  const digest = trailers?.sealed && trailers.digest?.version === 2 ? trailers.digest : null;
  return {
    source,
    at: { ...pointOf(begin), time: null, exact: doubt === null, ...(doubt === null ? {} : { doubt }) },
    digest: {
      version: 2,
      value: String(scan.digest),
      verified: digest !== null && digest.zxid === begin && BigInt.asUintN(64, BigInt(digest.value)) === scan.digest,
    },
  };
}

function doubtOf(window: FuzzyWindow): string | null {
  if (window.end > window.begin) return `fuzzy: it may hold changes up to ${hex(window.end)}`;
  // Before 3.6 a snapshot says nothing about when it ended, and some changes leave no zxid in a stat.
  return window.proof === "stats" ? "nothing in it proves that it holds no later change" : null;
}
