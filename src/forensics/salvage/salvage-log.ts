import type { StoredFile } from "../../recovery/index.js";
import { readBytes } from "../../io/regular-file.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { LogReader } from "../../storage/log-reader.js";
import type { LogWriter } from "../../storage/log-writer.js";
import { epochOf, fromHalves } from "../../storage/zxid.js";
import { opName, TxnCursor } from "../../txn/index.js";
import { fill, type Filler } from "./fill.js";
import { type LogAccount, type SuspectTxn, without } from "./salvage-account.js";
import { sift, type Sifted } from "./sift.js";
import { say, type Message } from "../../text/message.js";

export interface SalvageLogOptions {
  keepSuspect: boolean;
  fillers: readonly Filler[];
  /** The first transaction of the next log, so that a lost end can be told; null where there is none. */
  nextFirst: bigint | null;
  /** Where sound transactions go; made for the first of them, whose zxid is the new file's name. */
  open(first: bigint): Promise<LogWriter>;
  /** Where suspect ones go, as they are. */
  openSuspect(): Promise<LogWriter>;
}

/** Rewrites a damaged log: every record that is proven, what other files have of the rest, and an account of it all. */
export async function salvageLog(log: StoredFile, options: SalvageLogOptions): Promise<LogAccount> {
  const salvager = new LogSalvager(log, options);
  await salvager.run();
  return salvager.account;
}

interface Suspect {
  entry: SuspectTxn;
  payload: Buffer;
  checksum: bigint;
}

class LogSalvager {
  readonly account: LogAccount;
  private readonly log: StoredFile;
  private readonly options: SalvageLogOptions;
  private readonly cursor = new TxnCursor();
  private writer: LogWriter | null = null;
  private suspectWriter: LogWriter | null = null;
  /** The last transaction that was written, and where its record lies in the damaged file. */
  private last: bigint;
  private lastPlace: { from: number; to: number } | null = null;
  private pending: Suspect[] = [];
  /** Whether bytes were lost since the last sound record: then there may have been transactions. */
  private damagedSince = false;
  /** What the header of a torn last record says, if as much as that is there. */
  private tornZxid: bigint | null = null;

  constructor(log: StoredFile, options: SalvageLogOptions) {
    this.log = log;
    this.options = options;
    this.last = (log.zxid ?? 1n) - 1n;
    this.account = {
      kind: "log",
      file: log.name,
      fate: "rewritten",
      output: null,
      kept: 0,
      repaired: [],
      suspect: [],
      recovered: [],
      lost: [],
      unknown: null,
      lostBytes: [],
    };
  }

  async run(): Promise<void> {
    const reader = new LogReader(this.log.open());
    try {
      if (await reader.readHead()) {
        let end = reader.window.offset;
        while (await reader.fill()) {
          while (reader.next()) {
            if (reader.recordOffset > end) await this.sift(end, reader.recordOffset);
            end = reader.window.offset;
            const { bytes } = reader.window.block;
            const payload = bytes.subarray(reader.payloadStart, reader.payloadEnd);
            if (reader.checksumOk) await this.take(payload, { from: reader.recordOffset, to: end });
            else this.suspect(payload, reader.recordOffset, bytes.readBigInt64BE(reader.record));
          }
        }
        await this.siftTail(end);
      } else this.loseAll();
      await this.atEnd();
    } finally {
      reader.close();
    }
    if (this.account.kept === 0 && this.account.recovered.length === 0) this.account.fate = "lost";
  }

  private async take(payload: Buffer, place: { from: number; to: number } | null): Promise<void> {
    const { cursor } = this;
    cursor.parse(new DataView(payload.buffer, payload.byteOffset, payload.byteLength), 0, payload.length);
    const zxid = fromHalves(cursor.zxidHigh, cursor.zxidLow);
    // A duplicate, or a step back: nothing that a replay would take.
    if (zxid <= this.last && this.writer) return;
    const jumps = zxid !== this.last + 1n && epochOf(zxid) === epochOf(this.last);
    if (this.damagedSince || jumps) await this.closeHole({ zxid, payload });
    await this.write(zxid, payload);
    this.account.kept++;
    this.lastPlace = place;
    this.damagedSince = false;
  }

  private async write(zxid: bigint, payload: Buffer): Promise<void> {
    this.writer ??= await this.options.open(zxid);
    this.last = zxid;
    if (this.writer.add(payload)) await this.writer.drain();
  }

  /** A record whose frame is whole and whose checksum is wrong. */
  private suspect(payload: Buffer, offset: number, checksum: bigint): void {
    this.damagedSince = true;
    const shape = this.cursor.parse(
      new DataView(payload.buffer, payload.byteOffset, payload.byteLength),
      0,
      payload.length,
    );
    if (shape !== "ok") {
      this.account.lostBytes.push({ from: offset, to: offset + payload.length + FRAME });
      return;
    }
    const zxid = fromHalves(this.cursor.zxidHigh, this.cursor.zxidLow);
    this.addSuspect(zxid, this.cursor.type, payload, checksum, offset, say`its checksum does not match its bytes`);
  }

  private addSuspect(zxid: bigint, op: number, payload: Buffer, checksum: bigint, offset: number, why: Message): void {
    const entry: SuspectTxn = {
      zxid,
      offset,
      bytes: payload.length + FRAME,
      op: opName(op),
      why,
      credible: false,
      fate: "apart",
    };
    this.account.suspect.push(entry);
    this.pending.push({ entry, payload: Buffer.from(payload), checksum });
  }

  /** Looks through bytes that the reader passed over. */
  private async sift(from: number, to: number): Promise<void> {
    this.damagedSince = true;
    if (to - from > MOST_SIFTED) {
      this.account.lostBytes.push({ from, to });
      return;
    }
    const bytes = this.bytesAt(from, to - from);
    await this.takeSifted(sift(bytes), from);
    if (from + bytes.length < to) this.account.lostBytes.push({ from: from + bytes.length, to });
  }

  private async takeSifted(found: readonly Sifted[], base: number): Promise<void> {
    for (const { kind, from, to, payload, checksum, zxid, op, why } of found) {
      if (kind === "lost" || !payload || checksum === undefined || zxid === undefined) {
        this.account.lostBytes.push({ from: base + from, to: base + to });
      } else if (kind === "repaired") {
        this.account.repaired.push({ zxid, offset: base + from, what: why ?? say`` });
        await this.take(payload, null);
      } else this.addSuspect(zxid, op ?? 0, payload, checksum, base + from, why ?? say``);
    }
  }

  /** What lies behind the last record that the reader gave: padding, or a torn record. */
  private async siftTail(end: number): Promise<void> {
    const { size } = this.log;
    let to = size;
    while (to > end) {
      const from = Math.max(end, to - PIECE);
      const piece = this.bytesAt(from, to - from);
      // What cannot be read, or is no longer there, is no padding.
      if (piece.length < to - from) break;
      let left = piece.length;
      while (left > 0 && piece[left - 1] === 0) left--;
      to -= piece.length - left;
      if (left > 0) break;
    }
    if (to <= end) return;
    const zxid = this.bytesAt(end + ZXID_AT, 8);
    if (zxid.length === 8 && end + ZXID_AT + 8 <= to) this.tornZxid = zxid.readBigInt64BE();
    await this.sift(end, Math.min(size, to));
  }

  private loseAll(): void {
    this.damagedSince = true;
    if (this.log.size > 0) this.account.lostBytes.push({ from: 0, to: this.log.size });
  }

  /** The file ends: what it lost at its end is known where the next log goes on in the same epoch. */
  private async atEnd(): Promise<void> {
    const { nextFirst } = this.options;
    if (nextFirst !== null && epochOf(nextFirst) === epochOf(this.last) && nextFirst > this.last) {
      await this.closeHole({ zxid: nextFirst, payload: null });
    } else if (this.damagedSince) {
      this.account.unknown = say`the file's end is damaged: how many transactions were there is not known`;
      const { last } = this;
      await this.closeHole(null);
      if (this.tornZxid === last + 1n && this.last === last)
        this.account.lost.push({ first: last + 1n, last: last + 1n });
    }
  }

  /**
   * Something is missing, or not, between the last transaction written and the next sound one. What other files have
   * is taken first, then (if asked for) what is suspect; the rest is lost.
   */
  private async closeHole(next: { zxid: bigint; payload: Buffer | null } | null): Promise<void> {
    const after = this.last;
    const suspects = this.pending.splice(0);
    judge(suspects, after, next?.zxid ?? null);
    const end = next?.zxid ?? (suspects.findLast(({ entry }) => entry.credible)?.entry.zxid ?? after) + 1n;
    // A new epoch begins at 1, so what is missing before it cannot be counted.
    const countable = epochOf(end) === epochOf(after);
    if (!countable && suspects.length + this.account.lostBytes.length > 0) {
      this.account.unknown = say`damage lies where a new epoch begins: how many transactions were there is not known`;
    }
    const present = await this.fillFromOthers(after, end, next?.payload ?? null, countable, suspects);
    for (const { entry, payload, checksum } of suspects) {
      if (entry.fate === "replaced") continue;
      this.suspectWriter ??= await this.options.openSuspect();
      if (this.suspectWriter.add(payload, checksum)) await this.suspectWriter.drain();
    }
    if (countable && end > after + 1n) {
      this.account.lost.push(...without({ first: after + 1n, last: end - 1n }, present));
    }
  }

  /** Writes what others have and what is to be kept, in order; answers the zxids that are proven now. */
  private async fillFromOthers(
    after: bigint,
    end: bigint,
    next: Buffer | null,
    countable: boolean,
    suspects: readonly Suspect[],
  ): Promise<bigint[]> {
    const wanted = countable ? end > after + 1n : true;
    const hole = { after, before: end, previous: this.lastPayload(), next };
    const filling = wanted ? await fill(this.options.fillers, hole) : null;
    const present: bigint[] = [];
    if (filling) {
      for await (const { zxid, payload } of filling.payloads()) {
        for (const each of suspects) {
          if (each.entry.credible && each.entry.zxid < zxid) await this.include(each);
          if (each.entry.credible && each.entry.zxid === zxid) each.entry.fate = "replaced";
        }
        await this.write(zxid, payload);
        present.push(zxid);
      }
      this.account.recovered.push(filling.recovered);
    }
    for (const each of suspects) if (each.entry.credible) await this.include(each);
    return present;
  }

  private async include({ entry, payload }: Suspect): Promise<void> {
    if (!this.options.keepSuspect || entry.fate !== "apart" || entry.zxid <= this.last) return;
    entry.fate = "included";
    await this.write(entry.zxid, payload);
  }

  /** The payload of the last sound record, read once more: it anchors what other files have. */
  private lastPayload(): Buffer | null {
    if (!this.lastPlace) return null;
    const { from, to } = this.lastPlace;
    const payload = this.bytesAt(from + FRAME - 1, to - from - FRAME);
    return payload.length === to - from - FRAME ? payload : null;
  }

  /** Bytes of the file; fewer where they cannot be read: they are lost as damaged ones are. */
  private bytesAt(from: number, length: number): Buffer {
    try {
      return readBytes(this.log.path, from, length);
    } catch (error) {
      if (error instanceof UnreadableFile) return Buffer.alloc(0);
      throw error;
    }
  }
}

/** Checksum, length and end mark around a payload. */
const FRAME = 13;
/** Where in a record its zxid lies: behind checksum, length, session and cxid. */
const ZXID_AT = 24;
const PIECE = 1 << 16;
/** More than this between two sound records is not looked through. */
const MOST_SIFTED = 256 << 20;

/** A suspect's zxid is credible where it lies between its neighbours' and they rise. */
function judge(suspects: readonly Suspect[], after: bigint, before: bigint | null): void {
  let last = after;
  for (const { entry } of suspects) {
    const fits = entry.zxid > last && (before === null ? entry.zxid === last + 1n : entry.zxid < before);
    entry.credible = fits;
    if (fits) last = entry.zxid;
  }
}
