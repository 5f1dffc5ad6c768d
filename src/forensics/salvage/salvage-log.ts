import type { StoredFile } from "../../recovery/index.js";
import { Excerpts } from "../../io/excerpts.js";
import { HEADER_LENGTH } from "../../storage/header.js";
import { LogReader } from "../../storage/log-reader.js";
import { RECORD_HEAD, ZXID_AT } from "../../storage/log-record.js";
import type { LogWriter } from "../../storage/log-writer.js";
import { firstNonZero, zerosAtEnd } from "../../storage/zeros.js";
import { epochOf } from "../../storage/zxid.js";
import { opName, TxnCursor } from "../../txn/index.js";
import { fillHole, type Filler } from "./fill-hole.js";
import { emptyLog, type LogAccount, type LostBytes, type SuspectTxn, type SalvagedRange } from "./salvage-account.js";
import { findRecords, type Found, type FoundRecord } from "./find-records.js";
import { say, type Message } from "../../text/message.js";
import { zxidsIn } from "./zxid-ranges.js";

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

/**
 * Rewrites a damaged log: every record that is proven, in its order, what other files have of the rest, and an account
 * of it all but for what is lost, which only all the new files together tell (losses.ts).
 */
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
  private readonly excerpts: Excerpts;
  private readonly cursor = new TxnCursor();
  private writer: LogWriter | null = null;
  private suspectWriter: LogWriter | null = null;
  /** The zxids of the log's own sound transactions: they are no hole, wherever they are. */
  private own: SalvagedRange[] = [];
  /** The highest zxid that was written, and its payload, which anchors what other files have. */
  private highest: bigint;
  private anchor: Buffer | null = null;
  private pending: Suspect[] = [];
  /** Whether bytes were lost since the last sound record: then there may have been transactions. */
  private damagedSince = false;
  /** Where the last record ends that the reader gave. */
  private end = 0;
  private isCompressed = false;

  constructor(log: StoredFile, options: SalvageLogOptions) {
    this.log = log;
    this.options = options;
    this.excerpts = new Excerpts(() => log.open());
    this.highest = (log.zxid ?? 0n) - 1n;
    this.account = { ...emptyLog(log), fate: "rewritten" };
  }

  async run(): Promise<void> {
    this.own = await zxidsIn([this.log]);
    if (this.log.zxid === null) this.highest = (this.own[0]?.first ?? 1n) - 1n;
    const reader = new LogReader(this.log.open());
    try {
      if (await reader.readHead()) {
        this.isCompressed = reader.window.unread === Number.POSITIVE_INFINITY;
        await this.readRecords(reader);
        await this.readTail(reader);
      } else this.loseAll(reader.findings.some(({ code }) => code === "file.unreadable"));
      await this.atEnd();
    } finally {
      reader.close();
      this.excerpts.close();
    }
    if (this.account.kept > 0 || this.account.recovered.length > 0) return;
    this.account.fate = this.account.lostBytes.length > 0 || this.damagedSince ? "lost" : "left out";
  }

  private async readRecords(reader: LogReader): Promise<void> {
    this.end = reader.window.offset;
    while (await reader.fill()) {
      while (reader.next()) {
        if (reader.recordOffset > this.end) await this.lookInto(this.end, reader.recordOffset);
        this.end = reader.window.offset;
        const { bytes } = reader.window.block;
        const payload = bytes.subarray(reader.payloadStart, reader.payloadEnd);
        if (reader.checksumOk) await this.take(payload);
        else this.suspect(payload, reader.recordOffset, bytes.readBigInt64BE(reader.record));
      }
    }
  }

  private async take(payload: Buffer): Promise<void> {
    const zxid = payload.readBigInt64BE(ZXID_AT);
    const jumps = zxid > this.highest + 1n && epochOf(zxid) === epochOf(this.highest);
    if ((this.damagedSince && zxid > this.highest) || jumps) await this.closeHole({ zxid, payload });
    await this.write(zxid, payload);
    this.account.kept++;
    this.damagedSince = false;
  }

  private async write(zxid: bigint, payload: Buffer): Promise<void> {
    this.writer ??= await this.options.open(zxid);
    if (zxid >= this.highest) {
      this.highest = zxid;
      this.anchor = Buffer.from(payload);
    }
    if (this.writer.add(payload)) await this.writer.drain();
  }

  /** A record whose frame is whole and whose checksum is wrong. */
  private suspect(payload: Buffer, offset: number, checksum: bigint): void {
    this.damagedSince = true;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    if (this.cursor.parse(view, 0, payload.length) !== "ok") {
      this.lose(offset, offset + payload.length + FRAME);
      return;
    }
    const zxid = payload.readBigInt64BE(ZXID_AT);
    this.addSuspect(zxid, this.cursor.type, payload, checksum, offset, say`its checksum does not match its bytes`);
  }

  private addSuspect(zxid: bigint, op: number, payload: Buffer, checksum: bigint, offset: number, why: Message): void {
    const bytes = payload.length + FRAME;
    const entry: SuspectTxn = { zxid, offset, bytes, op: opName(op), why, credible: false, fate: "apart" };
    this.account.suspect.push(entry);
    this.pending.push({ entry, payload: Buffer.from(payload), checksum });
  }

  /** Bytes of which nothing can be read; what is beside others is one place with them, however many records it was. */
  private lose(from: number, to: number): void {
    const last = this.account.lostBytes.at(-1);
    if (last?.to === from) last.to = to;
    else this.account.lostBytes.push({ from, to });
  }

  /** Looks through bytes that the reader passed over. */
  private async lookInto(from: number, to: number): Promise<void> {
    this.damagedSince = true;
    if (to - from > MOST_SIFTED) {
      this.lose(from, to);
      return;
    }
    const bytes = await this.excerpts.read(from, to - from);
    for (const each of findRecords(bytes)) await this.takeFound(each, from);
    if (from + bytes.length < to) this.lose(from + bytes.length, to);
  }

  private async takeFound(each: Found, base: number): Promise<void> {
    const offset = base + each.from;
    if (each.kind === "lost") this.lose(offset, base + each.to);
    else if (each.kind === "suspect")
      this.addSuspect(each.zxid, each.op, each.payload, each.checksum, offset, each.why);
    else {
      this.account.repaired.push({ zxid: each.zxid, offset, what: each.why });
      await this.take(each.payload);
    }
  }

  /** What is after the last record that the reader gave: padding, a record that was being written, or damage. */
  private async readTail({ end: kind }: LogReader): Promise<void> {
    const { end } = this;
    const rest = await this.nonZero();
    if (kind === "clean") {
      if (rest) this.lose(rest.from, rest.to);
      return;
    }
    const to = rest?.to ?? end;
    const found = await this.lookIntoTail(to);
    if (kind === "torn") return this.takeTorn(found, to);
    this.damagedSince = true;
    for (const [index, each] of found.entries()) {
      const { from, to: behind } = each;
      const isLast = index === found.length - 1;
      if (isLast && each.kind === "repaired" && !this.isThere(each)) this.lose(end + from, end + behind);
      else await this.takeFound(each, end);
    }
    const read = found.length === 0 ? end : Math.max(to, end);
    // What cannot be read, or is no longer there, is no padding.
    if (read < this.log.size && !rest && !this.isCompressed) this.lose(read, this.log.size);
  }

  /** A record that was being written: all of it can be there but its end mark. */
  private async takeTorn(found: readonly Found[], to: number): Promise<void> {
    const { end } = this;
    const whole = found.find((each): each is FoundRecord => each.kind === "repaired");
    if (whole && this.isThere(whole)) return this.takeFound(whole, end);
    const at = RECORD_HEAD + ZXID_AT;
    const head = await this.excerpts.read(end, Math.min(at + 8, to - end));
    const zxid = head.length < at + 8 ? 0n : head.readBigInt64BE(at);
    this.account.unfinished = { zxid: zxid > this.highest ? zxid : null, offset: end, bytes: to - end };
  }

  private async lookIntoTail(to: number): Promise<Found[]> {
    const { end } = this;
    if (to - end > MOST_SIFTED) return [{ kind: "lost", from: 0, to: to - end }];
    const head = await this.excerpts.read(end, RECORD_HEAD);
    // A payload and an end mark can end in zeros.
    const claimed = head.length < RECORD_HEAD ? 0 : Math.min(head.readInt32BE(8), MOST_SIFTED) + FRAME;
    const bytes = await this.excerpts.read(end, Math.max(to - end, claimed));
    return findRecords(bytes.length === claimed - 1 ? Buffer.concat([bytes, NO_MARK]) : bytes);
  }

  /**
   * Whether a last record that its checksum proves counts. For a server one without its end mark is not there: the next
   * log shows whether it was, when that began.
   */
  private isThere({ zxid, damage }: FoundRecord): boolean {
    const { nextFirst } = this.options;
    return damage === "end mark" ? nextFirst === zxid + 1n : nextFirst === null || nextFirst > zxid;
  }

  /** Where the first byte after the last record that is not 0 begins, and where the last one ends; null if all are. */
  private async nonZero(): Promise<LostBytes | null> {
    let from = -1;
    let to = -1;
    for (let at = this.end; ; ) {
      const piece = await this.excerpts.read(at, PIECE);
      const last = zerosAtEnd(piece, 0, piece.length);
      if (last > 0) to = at + last;
      if (last > 0 && from < 0) from = at + firstNonZero(piece, 0, last);
      at += piece.length;
      if (piece.length < PIECE) return from < 0 ? null : { from, to };
    }
  }

  /** A file that is too short for a header holds nothing; else nobody knows what it held. */
  private loseAll(unreadable: boolean): void {
    const { size } = this.log;
    this.damagedSince = unreadable || size >= HEADER_LENGTH;
    if (this.damagedSince && size > 0) this.lose(0, size);
  }

  /** The file ends: what it lost at its end is known where the next log goes on in the same epoch. */
  private async atEnd(): Promise<void> {
    const { nextFirst } = this.options;
    const { unfinished } = this.account;
    if (nextFirst !== null && epochOf(nextFirst) === epochOf(this.highest) && nextFirst > this.highest + 1n) {
      // It had been finished when the next log began.
      if (unfinished) this.lose(unfinished.offset, unfinished.offset + unfinished.bytes);
      this.account.unfinished = null;
      await this.closeHole({ zxid: nextFirst, payload: null });
    } else if (this.damagedSince) {
      if (nextFirst === null || epochOf(nextFirst) !== epochOf(this.highest))
        this.account.unknown = say`the file's end is damaged: it is not known how many transactions were there`;
      await this.closeHole(null);
    } else await this.closeHole(null);
  }

  /**
   * Something is missing, or not, between the highest transaction written and the next sound one. What other files have
   * is taken first, then (if asked for) what is suspect.
   */
  private async closeHole(next: { zxid: bigint; payload: Buffer | null } | null): Promise<void> {
    const after = this.highest;
    const suspects = this.pending.splice(0);
    judge(suspects, after, next?.zxid ?? null);
    const end = next?.zxid ?? (suspects.findLast(({ entry }) => entry.credible)?.entry.zxid ?? after) + 1n;
    // A new epoch begins at 1, so what is missing before it cannot be counted.
    const countable = epochOf(end) === epochOf(after);
    if (!countable && this.damagedSince) {
      this.account.unknown = say`the damage is where a new epoch begins: it is not known how many transactions were there`;
    }
    await this.fillFromOthers(after, end, next?.payload ?? null, countable, suspects);
    for (const { entry, payload, checksum } of suspects) {
      if (entry.fate === "replaced") continue;
      this.suspectWriter ??= await this.options.openSuspect();
      if (this.suspectWriter.add(payload, checksum)) await this.suspectWriter.drain();
    }
  }

  /** Writes what others have and what is to be kept, in order. */
  private async fillFromOthers(
    after: bigint,
    end: bigint,
    next: Buffer | null,
    countable: boolean,
    suspects: readonly Suspect[],
  ): Promise<void> {
    const wanted = countable ? end > after + 1n : true;
    const hole = { after, before: end, previous: this.anchor, next, present: this.own };
    const filling = wanted ? await fillHole(this.options.fillers, hole) : null;
    if (filling) {
      for await (const { zxid, payload } of filling.payloads()) {
        for (const each of suspects) {
          if (each.entry.credible && each.entry.zxid < zxid) await this.include(each);
          if (each.entry.credible && each.entry.zxid === zxid) each.entry.fate = "replaced";
        }
        await this.write(zxid, payload);
      }
      this.account.recovered.push(filling.recovered);
    }
    for (const each of suspects) if (each.entry.credible) await this.include(each);
  }

  private async include({ entry, payload }: Suspect): Promise<void> {
    if (!this.options.keepSuspect || entry.fate !== "apart" || entry.zxid <= this.highest) return;
    entry.fate = "included";
    await this.write(entry.zxid, payload);
  }
}

/** Checksum, length and end mark around a payload. */
const FRAME = RECORD_HEAD + 1;
const NO_MARK = Buffer.alloc(1);
const PIECE = 1 << 20;
/** More than this between two sound records is not looked through. */
const MOST_SIFTED = 256 << 20;

/** A suspect's zxid is credible where it is between its neighbours' and they rise. */
function judge(suspects: readonly Suspect[], after: bigint, before: bigint | null): void {
  let last = after;
  for (const { entry } of suspects) {
    const fits = entry.zxid > last && (before === null ? entry.zxid === last + 1n : entry.zxid < before);
    entry.credible = fits;
    if (fits) last = entry.zxid;
  }
}
