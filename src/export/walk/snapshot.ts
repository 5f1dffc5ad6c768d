import type { Block } from "../../checksum/index.js";
import { type Finding, ZkRewindError } from "../../findings/finding.js";
import {
  contradictsName,
  doubtOfWindow,
  type FuzzyWindow,
  fuzzyWindow,
  NOT_IN_DIGEST,
  type PointFacts,
  provesItself,
  scanSnapshot,
  type SnapshotScan,
  type StoredFile,
} from "../../recovery/index.js";
import type { LargeValues } from "../../storage/large-value.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { hex } from "../../storage/zxid.js";
import { type Message, plain, say, tag } from "../../text/message.js";
import { AclTable } from "../../tree/index.js";
import type { Counts, Format, TreeHeader, TreeWriter, ZnodePlace } from "../format.js";
import { pointShape, saidPoint } from "../shapes/point.js";
import { sessionLine } from "../shapes/session.js";
import type { Sink } from "../../io/sink.js";
import { type DataMode, textRule } from "../value/data-mode.js";
import { LargeTexts } from "../value/large-texts.js";

/** What must be known of a snapshot before its first znode is written. */
export interface ExportScan {
  scan: SnapshotScan;
  data: DataMode;
  /** Null where the data mode does not ask. */
  texts: LargeTexts | null;
}

/**
 * Reads a snapshot for `exportSnapshot`, which reads it again.
 *
 * @example
 * import { scanForExport } from "zkrewind/export";
 * import { discover } from "zkrewind/recovery";
 *
 * const { scan } = await scanForExport(discover(["fixtures/3.8.6-standalone"]).snapshots[1], "utf8");
 * console.log(scan.sound, scan.znodes);
 */
export async function scanForExport(file: StoredFile, data: DataMode = "auto"): Promise<ExportScan> {
  const rule = textRule(data);
  const texts = rule && new LargeTexts(rule.printable);
  return { scan: await scanSnapshot(file, undefined, texts ?? undefined), data, texts };
}

/** How {@link exportSnapshot} writes a snapshot. */
export interface SnapshotExportOptions {
  format: Format;
  source: readonly string[];
  /** How messages become text; as they are, if not given. */
  say?: (message: Message) => string;
}

/**
 * Writes one snapshot's znodes in the order of the file, which may have any size: no more of it than a window is in
 * memory. So numChildren, which is counted and not stored, is left out.
 *
 * @example
 * import { exportSnapshot, MemorySink, ndjson, scanForExport } from "zkrewind/export";
 * import { discover } from "zkrewind/recovery";
 *
 * const [snapshot] = discover(["fixtures/3.8.6-standalone"]).snapshots;
 * const sink = new MemorySink();
 * const { nodes } = await exportSnapshot(snapshot, await scanForExport(snapshot), sink, { format: ndjson, source: [] });
 * console.log(nodes, sink.bytes.length);
 */
export async function exportSnapshot(
  file: StoredFile,
  scanned: ExportScan,
  sink: Sink,
  options: SnapshotExportOptions,
): Promise<Counts & { findings: readonly Finding[] }> {
  const { scan } = scanned;
  const reader = new SnapshotReader(file.open());
  try {
    const hasHead = await reader.readHead();
    const acls = new AclTable();
    if (hasHead) for (const { id, acl } of reader.acls) acls.adopt(id, acl);
    const writer = options.format.tree(sink, (id) => acls.entries(id), scanned.data);
    writer.header(snapshotHeader(scan, options.source, options.say ?? plain));
    const counts = { nodes: 0, sessions: hasHead ? reader.sessions.length : 0 };
    if (hasHead) for (const { id, timeout } of reader.sessions) writer.session(sessionLine(id, timeout));
    writer.beginNodes();
    if (hasHead) counts.nodes = await new SnapshotNodes(reader, scanned, writer).write();
    writer.end(counts, scan.sound && reader.findings.every(({ severity }) => severity !== "error"));
    await writer.drain();
    return { ...counts, findings: [...reader.findings] };
  } finally {
    reader.close();
  }
}

/** Writes a snapshot's znodes; large values as they pass by. */
class SnapshotNodes implements LargeValues {
  private readonly reader: SnapshotReader;
  private readonly scanned: ExportScan;
  private readonly writer: TreeWriter;
  private readonly place: ZnodePlace = { numChildren: -1, orphan: false };
  private isPassing = false;
  private largeValues = 0;

  constructor(reader: SnapshotReader, scanned: ExportScan, writer: TreeWriter) {
    this.reader = reader;
    this.scanned = scanned;
    this.writer = writer;
    reader.passLarge(this);
  }

  async write(): Promise<number> {
    const { reader, writer, place } = this;
    while (await reader.fill()) {
      while (reader.next()) {
        const { block } = reader.window;
        if (reader.passed > 0) this.endLarge(block);
        else {
          const long = writer.znode(block, reader.record, place);
          if (long) await long;
        }
        if (writer.isFull) await writer.drain();
      }
    }
    if (this.isPassing) throw this.changed();
    return reader.count;
  }

  begin(): void {
    const { reader, scanned } = this;
    // In a cut file the last value may be one whose record does not end.
    if (reader.count >= scanned.scan.znodes) return;
    const { pathStart, pathLength, window } = reader;
    const isText = scanned.texts?.isText(this.largeValues++) ?? false;
    this.writer.beginLarge(window.block.bytes, pathStart, pathLength, isText);
    this.isPassing = true;
  }

  piece(block: Block, from: number, to: number): void | Promise<void> {
    if (this.isPassing) return this.writer.piece(block.bytes, from, to);
  }

  private endLarge(block: Block): void {
    const { reader } = this;
    if (!this.isPassing) throw this.changed();
    this.isPassing = false;
    if (!this.writer.endLarge(block, reader.aclAt, reader.dataLength, this.place)) throw this.changed();
  }

  private changed(): ZkRewindError {
    return new ZkRewindError(say`${tag.file(this.reader.file)} changed while it was read`, {
      exitCode: 3,
      hint: say`Copy it, and export the copy.`,
    });
  }
}

/** What a snapshot is by its own word. */
export interface SnapshotPoint extends PointFacts {
  digest: { version: number; value: bigint; verified: boolean };
}

/**
 * The point that a snapshot alone shows: where its digest proves its znodes, that digest's zxid, as every command has it;
 * otherwise the zxid in its name, exact only where nothing later can be in it.
 *
 * @example
 * import { snapshotPoint } from "zkrewind/export";
 * import { discover, scanSnapshot } from "zkrewind/recovery";
 *
 * const { zxid, exact } = snapshotPoint(await scanSnapshot(discover(["fixtures/3.8.6-standalone"]).snapshots[1]));
 * console.log(zxid, exact);
 */
export function snapshotPoint(scan: SnapshotScan): SnapshotPoint {
  const { trailers, newestChange, digest } = scan;
  const own = provesItself(scan);
  const zxid = own ?? scan.zxid ?? trailers?.lastZxid ?? trailers?.digest?.zxid ?? newestChange;
  const window = fuzzyWindow(zxid, { trailers, newestChange, nextSnapshot: null, lastLogged: null });
  const doubt = scan.sound ? (own === null ? doubtOf(scan, window) : null) : say`the snapshot is damaged`;
  return {
    zxid,
    time: null,
    exact: doubt === null,
    doubt,
    // A server writes snapshot.0 before its first transaction; what another has of these may be of any time until its end.
    unproven: doubt !== null || zxid === 0n ? [] : NOT_IN_DIGEST,
    inDoubt: [],
    partial: false,
    later: null,
    digest: { version: 2, value: digest, verified: own !== null },
  };
}

function snapshotHeader(scan: SnapshotScan, source: readonly string[], text: (message: Message) => string): TreeHeader {
  const point = snapshotPoint(scan);
  return {
    source,
    at: saidPoint(pointShape(point), text),
    digest: { ...point.digest, value: String(point.digest.value) },
  };
}

function doubtOf(scan: SnapshotScan, window: FuzzyWindow): Message | null {
  const contradiction = contradictsName(scan);
  if (contradiction !== null) return contradiction;
  if (window.end > window.begin) return say`fuzzy: it may hold changes up to ${hex(window.end)}`;
  const digest = scan.trailers?.sealed ? scan.trailers.digest : null;
  if (digest && digest.version === 2 && digest.zxid === window.begin && window.begin !== 0n)
    return say`its znodes do not give the digest that its server wrote`;
  // Before 3.6 a snapshot says nothing about when it ended, and some changes leave no zxid in a stat.
  return doubtOfWindow(window);
}
