import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { adler32 } from "../../src/checksum/index.js";
import { JuteWriter } from "../../src/jute/index.js";
import { FILE_VERSION, LOG_MAGIC } from "../../src/storage/header.js";
import { counterOf, epochOf, makeZxid } from "../../src/storage/zxid.js";

/** A transaction as a test knows it. */
export interface Txn {
  zxid: bigint;
  value: string;
  /** What it sets instead of the value's text. */
  data?: Buffer;
  /** Whether it is a multi that failed: its members have their own types on one server, and are errors on another. */
  failed?: boolean;
}

/** What a server's data directory is, for who only reads its logs: transactions are appended, rolled, cut, purged. */
export class FakeServer {
  readonly folder: string;
  readonly version: string;
  /** What its logs hold. */
  txns: Txn[] = [];
  private file = "";
  private files: { path: string; first: bigint; ends: { zxid: bigint; end: number }[] }[] = [];
  /** Whether it writes the members of a failed multi as errors. */
  private readonly asErrors: boolean;

  constructor(folder: string, id: number | null, asErrors = false) {
    this.folder = folder;
    this.version = join(folder, "version-2");
    this.asErrors = asErrors;
    mkdirSync(this.version, { recursive: true });
    if (id !== null) writeFileSync(join(folder, "myid"), `${id}\n`);
  }

  get last(): bigint {
    return this.txns.at(-1)?.zxid ?? 0n;
  }

  append(...txns: readonly Txn[]): void {
    for (const txn of txns) {
      if (this.file === "") this.begin(txn.zxid);
      const current = this.files.at(-1) as (typeof this.files)[number];
      const bytes = recordOf(txn, this.asErrors);
      appendFileSync(this.file, bytes);
      current.ends.push({ zxid: txn.zxid, end: (current.ends.at(-1)?.end ?? 16) + bytes.length });
      this.txns.push(txn);
    }
  }

  /** What a kill in the midst of a write leaves. */
  appendTorn(): void {
    if (this.file === "") return;
    appendFileSync(this.file, recordOf({ zxid: this.last + 1n, value: "torn" }, false).subarray(0, 30));
  }

  /** The next transaction goes to another file. */
  roll(): void {
    this.file = "";
  }

  /** As FileTxnLog.truncate: the file is cut, later ones are deleted, and what comes next goes to a new one. */
  truncate(zxid: bigint): void {
    this.txns = this.txns.filter((each) => each.zxid <= zxid);
    for (const file of this.files.filter(({ first }) => first > zxid)) rmSync(file.path);
    this.files = this.files.filter(({ first }) => first <= zxid);
    const current = this.files.at(-1);
    if (current) {
      current.ends = current.ends.filter((each) => each.zxid <= zxid);
      const descriptor = openSync(current.path, "r+");
      ftruncateSync(descriptor, current.ends.at(-1)?.end ?? 16);
      closeSync(descriptor);
    }
    this.file = "";
  }

  /** Deletes all files but the newest `keep`. */
  purge(keep: number): void {
    for (const { path } of this.files.splice(0, Math.max(this.files.length - keep, 0))) rmSync(path);
    const first = this.files[0]?.first ?? null;
    this.txns = this.txns.filter(({ zxid }) => first !== null && zxid >= first);
  }

  /** An empty directory. */
  reset(): void {
    for (const name of readdirSync(this.version)) rmSync(join(this.version, name));
    this.files = [];
    this.file = "";
    this.txns = [];
  }

  private begin(zxid: bigint): void {
    this.file = join(this.version, `log.${zxid.toString(16)}`);
    writeFileSync(this.file, new JuteWriter().int(LOG_MAGIC).int(FILE_VERSION).long(0n).bytes);
    this.files.push({ path: this.file, first: zxid, ends: [] });
  }
}

/** As many transactions after a zxid, in its epoch. */
export function txnsAfter(zxid: bigint, count: number, value: string): Txn[] {
  return Array.from({ length: count }, (_, index) => ({
    zxid: zxid + BigInt(index + 1),
    value: `${value}.${index}`,
    ...(index % 7 === 3 ? { failed: true } : {}),
  }));
}

/** The zxid before the first of the next epoch. */
export function nextEpoch(zxid: bigint): bigint {
  return makeZxid(epochOf(zxid) + 1, 0);
}

export function isFirstOfEpoch(zxid: bigint): boolean {
  return counterOf(zxid) === 1;
}

function recordOf({ zxid, value, failed, data = Buffer.from(value) }: Txn, asErrors: boolean): Buffer {
  const head = new JuteWriter()
    .long(0x1234n)
    .int(1)
    .long(zxid)
    .long(1_700_000_000_000n + zxid);
  const payload = failed
    ? head
        .int(14)
        .int(2)
        .int(asErrors ? -1 : 5)
        .bytesOf(setData(data))
        .int(-1)
        .bytesOf(new JuteWriter().int(-110).bytes).bytes
    : head.int(5).raw(setData(data)).bytes;
  return Buffer.concat([
    new JuteWriter().long(BigInt(adler32(payload))).int(payload.length).bytes,
    payload,
    Buffer.from("B"),
  ]);
}

function setData(data: Buffer): Buffer {
  return new JuteWriter().string("/a").bytesOf(data).int(1).bytes;
}
