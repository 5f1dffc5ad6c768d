import type { Finding } from "../../findings/finding.js";
import type { ByteRange } from "../../storage/log-slice.js";
import { counterOf, epochOf, follows, fromHalves } from "../../storage/zxid.js";
import type { DataDirectory } from "../directory/data-directory.js";
import { sameTransaction } from "./same-txn.js";
import { TxnStream } from "./txn-stream.js";

/** Records of one log that belong to a span. */
export interface LogPart extends ByteRange {
  /** An index of the directory's logs. */
  file: number;
  first: bigint;
  last: bigint;
  count: number;
}

/** Transactions that follow each other without a hole and that the same servers hold in the same way. */
export interface Span {
  first: bigint;
  last: bigint;
  firstTime: bigint;
  lastTime: bigint;
  count: number;
  /**
   * For each server: 0 where its logs lack them; else a number, the same for servers whose records say the same.
   * 1 everywhere is what one expects.
   */
  versions: number[];
  /** For each server, where its records are. */
  parts: LogPart[][];
}

/** What a server's logs say an epoch began after. */
export interface EpochStart {
  epoch: number;
  /** The epoch's first transaction. */
  first: bigint;
  /** The transaction before it in this server's logs; null where there is none. */
  previous: bigint | null;
  node: number;
}

/** Several servers' logs, compared record by record. */
export interface AlignedLogs {
  spans: Span[];
  epochStarts: EpochStart[];
  /** For each server, what was found damaged on the way. */
  findings: Finding[][];
  /** The first transaction whose bytes are the same but whose tree digest is not; null if there is none. */
  digestConflict: { zxid: bigint; nodes: number[] } | null;
}

/**
 * Reads all servers' logs once, side by side, in the order of their zxids and in bounded memory: what comes out grows
 * with the differences, not with the logs.
 */
export async function alignLogs(
  directories: readonly DataDirectory[],
  onProgress?: (bytes: number) => void,
): Promise<AlignedLogs> {
  const reader = new StepReader(directories, onProgress);
  try {
    return await reader.run();
  } finally {
    reader.close();
  }
}

class StepReader {
  private readonly streams: TxnStream[];
  private readonly sizes: number[][];
  private readonly onProgress: ((bytes: number) => void) | undefined;
  private readonly spans: Span[] = [];
  private readonly epochStarts: EpochStart[] = [];
  /** Each server's last transaction before the current one. */
  private readonly previous: (bigint | null)[];
  private digestConflict: AlignedLogs["digestConflict"] = null;
  private steps = 0;

  constructor(directories: readonly DataDirectory[], onProgress?: (bytes: number) => void) {
    this.streams = directories.map(({ logs }) => new TxnStream(logs));
    this.sizes = directories.map(({ logs }) => logs.map(({ size }) => size));
    this.previous = directories.map(() => null);
    this.onProgress = onProgress;
  }

  async run(): Promise<AlignedLogs> {
    const { streams } = this;
    for (const stream of streams) await stream.refill();
    const versions = streams.map(() => 0);
    for (;;) {
      const zxid = this.earliest();
      if (zxid === null) break;
      this.compareAt(zxid, versions);
      this.take(zxid, versions);
      for (const [node, stream] of streams.entries()) {
        if (versions[node] === 0) continue;
        this.previous[node] = zxid;
        if (!stream.next()) await stream.refill();
      }
      if ((++this.steps & 0x3fff) === 0) this.onProgress?.(this.bytesRead());
    }
    const findings = streams.map((stream) => [...stream.findings]);
    return { spans: this.spans, epochStarts: this.epochStarts, findings, digestConflict: this.digestConflict };
  }

  close(): void {
    for (const stream of this.streams) stream.close();
  }

  private earliest(): bigint | null {
    let first: TxnStream | null = null;
    for (const stream of this.streams) {
      if (stream.ended) continue;
      if (!first || before(stream, first)) first = stream;
    }
    return first ? fromHalves(first.cursor.zxidHigh, first.cursor.zxidLow) : null;
  }

  /** Which servers hold `zxid`, and whose records are the same, into `versions`. */
  private compareAt(zxid: bigint, versions: number[]): void {
    const { streams } = this;
    let different = 0;
    for (const [node, stream] of streams.entries()) {
      versions[node] = 0;
      if (stream.ended || stream.zxid !== zxid) continue;
      for (let other = 0; other < node && versions[node] === 0; other++) {
        if (versions[other] === 0) continue;
        const twin = streams[other] as TxnStream;
        if (!sameTransaction(stream.parsed, twin.parsed)) continue;
        versions[node] = versions[other] as number;
        if (!sameDigest(stream, twin)) this.digestConflict ??= { zxid, nodes: [other, node] };
      }
      if (versions[node] === 0) versions[node] = ++different;
    }
  }

  private take(zxid: bigint, versions: readonly number[]): void {
    let span = this.spans.at(-1);
    const goesOn = span !== undefined && epochOf(span.last) === epochOf(zxid) && follows(span.last, zxid);
    if (!span || !goesOn || span.versions.some((version, node) => version !== versions[node])) {
      const time = this.timeHere(versions);
      const parts = versions.map((): LogPart[] => []);
      span = { first: zxid, last: zxid, firstTime: time, lastTime: time, count: 0, versions: [...versions], parts };
      this.spans.push(span);
    }
    this.noteEpochStarts(zxid, versions);
    span.last = zxid;
    span.lastTime = this.timeHere(versions);
    span.count++;
    for (const [node, stream] of this.streams.entries()) {
      if (versions[node] === 0) continue;
      const parts = span.parts[node] as LogPart[];
      const part = parts.at(-1);
      const { file, recordStart: from, recordEnd: to } = stream;
      if (part && part.file === file) {
        part.to = to;
        part.last = zxid;
        part.count++;
      } else parts.push({ file, from, to, first: zxid, last: zxid, count: 1 });
    }
  }

  /** Only an epoch's very first transaction tells what the epoch began after. */
  private noteEpochStarts(zxid: bigint, versions: readonly number[]): void {
    if (counterOf(zxid) > 1) return;
    for (const [node, version] of versions.entries()) {
      const previous = this.previous[node] ?? null;
      if (version === 0 || (previous !== null && epochOf(previous) === epochOf(zxid))) continue;
      this.epochStarts.push({ epoch: epochOf(zxid), first: zxid, previous, node });
    }
  }

  private timeHere(versions: readonly number[]): bigint {
    const { cursor } = this.streams[versions.findIndex((version) => version !== 0)] as TxnStream;
    return cursor.time;
  }

  private bytesRead(): number {
    let bytes = 0;
    for (const [node, { file, recordEnd }] of this.streams.entries()) {
      const sizes = this.sizes[node] as number[];
      for (const size of sizes.slice(0, Math.max(file, 0))) bytes += size;
      // Of a compressed log, records end behind its stored bytes.
      bytes += Math.min(recordEnd, sizes[file] ?? 0);
    }
    return bytes;
  }
}

function before(a: TxnStream, b: TxnStream): boolean {
  const [x, y] = [a.cursor, b.cursor];
  return x.zxidHigh < y.zxidHigh || (x.zxidHigh === y.zxidHigh && x.zxidLow < y.zxidLow);
}

/** A server that writes no digests says nothing about another's. */
function sameDigest(a: TxnStream, b: TxnStream): boolean {
  const [x, y] = [a.cursor, b.cursor];
  if (!x.hasDigest || !y.hasDigest || x.digestVersion !== y.digestVersion) return true;
  return x.digestHigh === y.digestHigh && x.digestLow === y.digestLow;
}
