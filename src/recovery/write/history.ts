import { join } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { type Compression, SUFFIX } from "../../io/byte-source.js";
import { copyStored } from "../../io/copy-stored.js";
import { createStored, type Stored } from "../../io/stored-writer.js";
import { LogWriter } from "../../storage/log-writer.js";
import { fileName } from "../../storage/names.js";
import type { SnapshotLayout } from "../../storage/snapshot-trailers.js";
import { follows, fromHalves, hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { freshTree } from "../../tree/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { logsAfter } from "../replay/logs-after.js";
import { eachRecord } from "../scan/each-record.js";
import type { StateBase } from "../state.js";
import { convert } from "./convert.js";
import { writeSnapshot } from "./snapshot.js";

/** What led to a state: the snapshot that it was built on, and the transactions from there to its point. */
export interface KeptHistory {
  base: StateBase;
  /** The snapshot's. */
  layout: SnapshotLayout;
  logs: readonly StoredFile[];
  /** The point: the last transaction that is kept. */
  to: bigint;
  /** What the files that are written must lead to. */
  digest: bigint;
  sessions: readonly bigint[];
}

export interface WrittenHistory {
  snapshot: WrittenFile;
  layout: SnapshotLayout;
  /** None where the snapshot is of the point itself: no release before 3.9.3 starts on an empty log. */
  logs: WrittenFile[];
  transactions: number;
}

export interface WrittenFile {
  name: string;
  stored: Stored;
  /** Uncompressed. */
  bytes: number;
}

export interface KeptHistoryOptions {
  layout: SnapshotLayout;
  compression: Compression;
  /** Whether servers load another snapshot, of a later zxid. */
  isBelow: boolean;
}

/**
 * Writes a history's snapshot into one folder and its logs into another, or the same: the snapshot as it is, but for the
 * trailers and the compression that were not asked for; the logs from the first transaction after its zxid to the point.
 * Below another snapshot, one that does not say when it ended is given the trailer that says so (lastZxid): it could be as
 * late as that other otherwise.
 *
 * Throws ZkRewindError 4 where the logs do not lead from the one to the other.
 */
export async function writeHistory(
  history: KeptHistory,
  folders: { snapshots: string; logs: string },
  options: KeptHistoryOptions,
): Promise<WrittenHistory> {
  // A trailer that is not there is not made up: every release reads a snapshot without it.
  const digest = history.layout.digest && options.layout.digest;
  const { from, window } = history.base;
  const isBounded = from === 0n || window.proof === "digest" || window.proof === "last zxid";
  const lastZxid = (history.layout.lastZxid && options.layout.lastZxid) || (options.isBelow && !isBounded);
  const layout = { digest, lastZxid };
  const snapshot = await writeBase(history, folders.snapshots, { ...options, layout });
  const writer = new LogsWriter(history, folders.logs);
  await writer.run();
  return { snapshot, layout, logs: writer.written, transactions: writer.transactions };
}

async function writeBase(
  { base: { snapshot, from, window }, layout: own }: KeptHistory,
  folder: string,
  { layout, compression }: Omit<KeptHistoryOptions, "isBelow">,
): Promise<WrittenFile> {
  const name = fileName("snapshot", from, SUFFIX[compression]);
  const path = join(folder, name);
  if (snapshot === null) {
    // Most releases do not start on logs without a snapshot; a server's first one is of zxid 0.
    const { stored, bytes } = await writeSnapshot({ tree: freshTree(), zxid: 0n }, path, { layout, compression });
    return { name, stored, bytes };
  }
  const isSame = layout.digest === own.digest && layout.lastZxid === own.lastZxid;
  if (isSame && compression === "none" && compressionOf(snapshot) === "none") {
    const stored = await copyStored(snapshot.bytes, path);
    return { name, stored, bytes: stored.size };
  }
  const { stored, bytes } = await convert(snapshot, path, { layout, compression, release: null, lastZxid: window.end });
  return { name, stored, bytes };
}

function compressionOf(file: StoredFile): Compression {
  const source = file.open();
  source.close();
  return source.compression;
}

/** Cuts logs to the transactions after a snapshot, up to a point: each new one is called by its first. */
class LogsWriter {
  readonly written: WrittenFile[] = [];
  transactions = 0;
  private readonly history: KeptHistory;
  private readonly folder: string;
  private readonly to: readonly [high: number, low: number];
  private high: number;
  private low: number;
  private writer: LogWriter | null = null;
  private name = "";

  constructor(history: KeptHistory, folder: string) {
    this.history = history;
    this.folder = folder;
    this.to = halves(history.to);
    [this.high, this.low] = halves(history.base.from);
  }

  async run(): Promise<void> {
    const { base, logs } = this.history;
    try {
      for (const log of logsAfter(logs, base.from)) {
        if (this.isDone()) return;
        await this.copy(log);
        await this.finish(log);
      }
    } catch (error) {
      this.writer?.abandon();
      throw error;
    }
    if (!this.isDone()) throw this.broken(null);
  }

  private async copy(log: StoredFile): Promise<void> {
    const [toHigh, toLow] = this.to;
    await eachRecord(log, (txn, shape, reader) => {
      const { zxidHigh, zxidLow } = txn;
      if (this.isDone()) return false;
      if (!reader.checksumOk) return true;
      if (zxidHigh < this.high || (zxidHigh === this.high && zxidLow <= this.low)) return true;
      if (zxidHigh > toHigh || (zxidHigh === toHigh && zxidLow > toLow)) throw this.broken(txn.zxid);
      const isNext = zxidHigh === this.high && zxidLow === this.low + 1;
      if (shape !== "ok" || (!isNext && !follows(fromHalves(this.high, this.low), txn.zxid)))
        throw this.broken(txn.zxid);
      this.high = zxidHigh;
      this.low = zxidLow;
      this.transactions++;
      const payload = reader.window.block.bytes.subarray(reader.payloadStart, reader.payloadEnd);
      if (this.writer === null) return this.begin(txn.zxid, payload);
      return this.writer.add(payload) ? this.writer.drain().then(() => true) : true;
    });
  }

  private async begin(first: bigint, payload: Buffer): Promise<true> {
    this.name = fileName("log", first);
    this.writer = new LogWriter(createStored(join(this.folder, this.name), "none"));
    await this.writer.begin();
    this.writer.add(payload);
    return true;
  }

  /** Zeros follow to where the log's own server had preallocated it. */
  private async finish(log: StoredFile): Promise<void> {
    const { writer, name } = this;
    if (!writer) return;
    this.writer = null;
    const stored = await writer.finish(compressionOf(log) === "none" ? log.bytes.size : 0);
    this.written.push({ name, stored, bytes: stored.size });
  }

  private isDone(): boolean {
    return this.high === this.to[0] && this.low === this.to[1];
  }

  private broken(next: bigint | null): ZkRewindError {
    const last = hex(fromHalves(this.high, this.low));
    const { base, to } = this.history;
    const name = base.snapshot === null ? say`the beginning` : tag.file(base.snapshot.name);
    const what = next === null ? say`after ${last} the logs end` : say`after ${last} comes ${hex(next)}`;
    return new ZkRewindError(say`the logs do not lead from ${name} to ${hex(to)} without a gap: ${what}`, {
      exitCode: 4,
      hint: WITHOUT,
    });
  }
}

/** What helps where the logs are the trouble. */
export const WITHOUT = say`Without --with-logs the tree alone is written: one snapshot of the point, which needs no log.`;

function halves(zxid: bigint): [number, number] {
  return [Number(zxid >> 32n), Number(zxid & 0xffffffffn)];
}
