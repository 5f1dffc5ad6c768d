import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { JuteWriter } from "../../src/jute/index.js";
import { LogWriter } from "../../src/storage/log-writer.js";
import { SnapshotWriter } from "../../src/storage/snapshot-writer.js";
import type { Stored, StoredWriter } from "../../src/io/stored-writer.js";
import { encodeTxn, type NewTxn } from "../txn/encode.js";

export interface FileZnode {
  path: string;
  data: Buffer | null;
  children?: number;
}

/** A snapshot by the project's own writer, without a digest, at the zxid that it is named for. */
export async function writeSnapshot(folder: string, zxid: bigint, znodes: Iterable<FileZnode>): Promise<string> {
  const path = join(folder, `snapshot.${zxid.toString(16)}`);
  const writer = new SnapshotWriter(new PlainFile(path));
  await writer.begin([], []);
  for (const { path: name, data, children = 0 } of znodes) {
    const record = new JuteWriter((data?.length ?? 0) + name.length + 100).string(name).bytesOf(data).long(-1n);
    record.long(zxid).long(zxid).long(TIME).long(TIME).int(0).int(children).int(0).long(0n).long(zxid);
    await writer.add(Buffer.from(record.bytes), 0, record.bytes.length, -1);
  }
  await writer.finish({ digest: false, lastZxid: true }, zxid, 0n);
  return path;
}

/** A log by the project's own writer, named for its first transaction. */
export async function writeLog(folder: string, first: bigint, txns: readonly NewTxn[]): Promise<void> {
  await writeLogOf(
    folder,
    txns.map((txn, index) => ({ zxid: first + BigInt(index), time: TIME, txn })),
  );
}

/** `time` in milliseconds since 1970. */
export interface LoggedTxn {
  zxid: bigint;
  time: bigint;
  txn: NewTxn;
}

/** The same, with zxids and times of one's own. */
export async function writeLogOf(folder: string, txns: readonly LoggedTxn[]): Promise<void> {
  const writer = new LogWriter(new PlainFile(join(folder, `log.${(txns[0]?.zxid ?? 0n).toString(16)}`)));
  await writer.begin();
  for (const [cxid, { zxid, time, txn }] of txns.entries())
    writer.add(encodeTxn({ session: 1n, cxid, zxid, time }, txn));
  await writer.finish();
}

const TIME = 1_700_000_000_000n;

/** Thousands of files need not be on disk for good. */
export class PlainFile implements StoredWriter {
  private readonly path: string;
  private readonly chunks: Buffer[] = [];

  constructor(path: string) {
    this.path = path;
  }

  async write(bytes: Buffer): Promise<void> {
    this.chunks.push(Buffer.from(bytes));
  }

  async finish(): Promise<Stored> {
    const bytes = Buffer.concat(this.chunks);
    writeFileSync(this.path, bytes);
    return { size: bytes.length, crc32c: 0 };
  }

  abandon(): void {}
}
