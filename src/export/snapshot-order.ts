import type { Block } from "../checksum/index.js";
import { type FuzzyWindow, fuzzyWindow, scanSnapshot, type SnapshotScan, type StoredFile } from "../recovery/index.js";
import { type Finding, ZkRewindError } from "../findings/finding.js";
import type { LargeValues } from "../storage/large-value.js";
import { SnapshotReader } from "../storage/snapshot-reader.js";
import { hex } from "../storage/zxid.js";
import { AclTable } from "../tree/index.js";
import { AclJsonById } from "./acl-json.js";
import type { Counts, TreeFormat, TreeHeader } from "./format.js";
import { JsonBytes } from "./json-bytes.js";
import { LargeTexts } from "./large-texts.js";
import type { Sink } from "../io/sink.js";
import { pointOf, writeSessions } from "./tree.js";
import { type DataMode, LargeData, textRule } from "./value.js";
import { ZnodeJson, type ZnodePlace } from "./znode-json.js";
import { type Message, plain, say, tag } from "../text/message.js";

/** What must be known of a snapshot before its first znode is written. */
export interface ExportScan {
  scan: SnapshotScan;
  data: DataMode;
  /** Null where the data mode does not ask. */
  texts: LargeTexts | null;
}

/** Reads a snapshot for `exportSnapshot`, which reads it again. */
export async function scanForExport(file: StoredFile, data: DataMode = "auto"): Promise<ExportScan> {
  const rule = textRule(data);
  const texts = rule && new LargeTexts(rule.printable);
  return { scan: await scanSnapshot(file, undefined, texts ?? undefined), data, texts };
}

export interface SnapshotExportOptions {
  format: TreeFormat;
  source: readonly string[];
  /** How messages become text; as they are, if not given. */
  say?: (message: Message) => string;
}

/**
 * Writes one snapshot's znodes in the order of the file, which may have any size: no more of it than a window is in
 * memory. So numChildren, which is counted and not stored, is left out.
 */
export async function exportSnapshot(
  file: StoredFile,
  scanned: ExportScan,
  sink: Sink,
  options: SnapshotExportOptions,
): Promise<Counts & { findings: readonly Finding[] }> {
  const { format } = options;
  const { scan } = scanned;
  const reader = new SnapshotReader(file.open());
  try {
    const out = new JsonBytes();
    format.header(out, snapshotHeader(scan, options.source, options.say ?? plain));
    const counts = { nodes: 0, sessions: 0 };
    if (await reader.readHead()) {
      const sessions = Array.from(reader.sessions, ({ id, timeout }) => ({ id: hex(id), timeout }));
      counts.sessions = writeSessions(out, format, sessions);
      format.beginNodes(out);
      counts.nodes = await new SnapshotNodes(reader, scanned, format, out, sink).write();
    } else format.beginNodes(out);
    format.end(out, counts, scan.sound && reader.findings.every(({ severity }) => severity !== "error"));
    await out.drain(sink);
    return { ...counts, findings: [...reader.findings] };
  } finally {
    reader.close();
  }
}

/** Writes a snapshot's znodes; large values as they pass by. */
class SnapshotNodes implements LargeValues {
  private readonly reader: SnapshotReader;
  private readonly scanned: ExportScan;
  private readonly format: TreeFormat;
  private readonly out: JsonBytes;
  private readonly sink: Sink;
  private readonly writer: ZnodeJson;
  private readonly place: ZnodePlace = { numChildren: -1, orphan: false };
  private large: LargeData | null = null;
  private largeValues = 0;

  constructor(reader: SnapshotReader, scanned: ExportScan, format: TreeFormat, out: JsonBytes, sink: Sink) {
    this.reader = reader;
    this.scanned = scanned;
    this.format = format;
    this.out = out;
    this.sink = sink;
    const acls = new AclTable();
    for (const { id, acl } of reader.acls) acls.adopt(id, acl);
    this.writer = new ZnodeJson(out, new AclJsonById(out, (id) => acls.entries(id)), scanned.data);
    reader.passLarge(this);
  }

  async write(): Promise<number> {
    const { reader, writer, format, out, sink, place } = this;
    while (await reader.fill()) {
      while (reader.next()) {
        const { block } = reader.window;
        if (reader.passed > 0) this.endLarge(block);
        else {
          const long = writer.write(format.nodeBegin(reader.count === 1), block, reader.record, place, sink);
          if (long) await long;
        }
        out.raw(format.nodeEnd);
        if (out.isFull) await out.drain(sink);
      }
    }
    if (this.large) throw this.changed();
    return reader.count;
  }

  begin(): void {
    const { reader, scanned } = this;
    // In a cut file the last value may be one whose record does not end.
    if (reader.count >= scanned.scan.znodes) return;
    const { pathStart, pathLength, window } = reader;
    const begin = this.format.nodeBegin(reader.count === 0);
    this.writer.beginLarge(begin, window.block.bytes, pathStart, pathLength);
    const isText = scanned.texts?.isText(this.largeValues++) ?? false;
    this.large = new LargeData(this.out, scanned.data, isText, this.sink);
  }

  piece(block: Block, from: number, to: number): void | Promise<void> {
    return this.large?.piece(block.bytes, from, to);
  }

  private endLarge(block: Block): void {
    const { reader, large } = this;
    if (!large?.end()) throw this.changed();
    this.large = null;
    this.writer.endLarge(block, reader.aclAt, reader.dataLength, this.place);
  }

  private changed(): ZkRewindError {
    return new ZkRewindError(say`${tag.file(this.reader.file)} changed while it was read`, {
      exitCode: 3,
      hint: say`Copy it, and export the copy.`,
    });
  }
}

function snapshotHeader(scan: SnapshotScan, source: readonly string[], text: (message: Message) => string): TreeHeader {
  const { trailers } = scan;
  const begin = scan.zxid ?? trailers?.lastZxid ?? trailers?.digest?.zxid ?? scan.newestChange;
  const { newestChange } = scan;
  const window = fuzzyWindow(begin, { trailers, newestChange, nextSnapshot: null, lastLogged: null });
  const doubt = scan.sound ? doubtOf(window) : say`the snapshot is damaged`;
  const digest = trailers?.sealed && trailers.digest?.version === 2 ? trailers.digest : null;
  return {
    source,
    at: { ...pointOf(begin), time: null, exact: doubt === null, ...(doubt === null ? {} : { doubt: text(doubt) }) },
    digest: {
      version: 2,
      value: String(scan.digest),
      verified: digest !== null && digest.zxid === begin && BigInt.asUintN(64, BigInt(digest.value)) === scan.digest,
    },
  };
}

function doubtOf(window: FuzzyWindow): Message | null {
  if (window.end > window.begin) return say`fuzzy: it may hold changes up to ${hex(window.end)}`;
  // Before 3.6 a snapshot says nothing about when it ended, and some changes leave no zxid in a stat.
  return window.proof === "stats" ? say`nothing in it proves that it holds no later change` : null;
}
