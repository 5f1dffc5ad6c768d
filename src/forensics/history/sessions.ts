import type { Moment } from "../../recovery/scan/headers.js";
import type { DataDirectory, StoredFile } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import { IGNORED } from "../../storage/large-value.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { follows, fromHalves } from "../../storage/zxid.js";
import { SessionMap, STAT } from "../../tree/index.js";
import { Body, errorName, OpCode, opName, type TxnCursor } from "../../txn/index.js";
import { keyAt } from "./baseline.js";
import type { Hole } from "./change.js";
import { type EphemeralLife, newLife, type SessionLife } from "./session-life.js";
import { readTimeline } from "./timeline.js";
import { type Safe, words } from "../../text/safe.js";

/** Which transactions {@link sessionLives} reads: zxids, both ends included. */
export interface SessionsOptions {
  /** The first zxid whose writes and errors count, and where ephemerals still are; null for all. */
  from?: bigint | null;
  /** The last zxid to look at; null for all. */
  to?: bigint | null;
  onFinding?: (finding: Finding) => void;
  onHole?: (hole: Hole) => void;
}

/**
 * Every session that the files know of, by id: those that logs mention, and those of the snapshot before them.
 *
 * @example
 * import { sessionLives } from "zkrewind/forensics";
 * import { discover } from "zkrewind/recovery";
 * import { hex } from "zkrewind/storage";
 *
 * for (const { id, writes } of await sessionLives(discover(["fixtures/3.8.6-standalone"]))) console.log(hex(id), writes);
 */
export async function sessionLives(directory: DataDirectory, options: SessionsOptions = {}): Promise<SessionLife[]> {
  const reading = new SessionsReading(null);
  await reading.run(directory, options);
  return reading.lives.sorted().map(([, life]) => life);
}

/**
 * One session, with its ephemerals; null where there is no trace of it.
 *
 * @example
 * import { sessionLife } from "zkrewind/forensics";
 * import { discover } from "zkrewind/recovery";
 *
 * const found = await sessionLife(discover(["fixtures/3.8.6-standalone"]), 0x10000337d0c0001n);
 * console.log(found?.life.writes, found?.ephemerals.length);
 */
export async function sessionLife(
  directory: DataDirectory,
  id: bigint,
  options: SessionsOptions = {},
): Promise<{ life: SessionLife; ephemerals: EphemeralLife[] } | null> {
  const reading = new SessionsReading(id);
  await reading.run(directory, options);
  const life = reading.lives.get(...halvesOf(id));
  const from = options.from ?? 0n;
  return life ? { life, ephemerals: reading.ephemerals.filter(({ lost }) => !lost || lost.zxid >= from) } : null;
}

class SessionsReading {
  readonly lives = new SessionMap<SessionLife>();
  /** Of the one session that is asked for, in the order in which they were made. */
  readonly ephemerals: EphemeralLife[] = [];
  private readonly only: readonly [high: number, low: number] | null;
  /** Its ephemerals that exist, by the bytes of their paths. */
  private readonly open = new Map<string, EphemeralLife>();
  private fromHigh = 0;
  private fromLow = 0;

  constructor(only: bigint | null) {
    this.only = only === null ? null : halvesOf(only);
  }

  async run(directory: DataDirectory, { from, to = null, onFinding, onHole }: SessionsOptions): Promise<void> {
    [this.fromHigh, this.fromLow] = halvesOf(from ?? 0n);
    let begun = false;
    const last = await readTimeline(
      directory.logs,
      { from: null, to },
      {
        begin: async (next, after) => {
          begun = true;
          const base = baseFor(directory.snapshots, next, after);
          if (after !== null) onHole?.({ after, before: next });
          if (base) await this.readSnapshot(base, next - 1n);
        },
        take: (txn, _shape, _bytes, { length }) => this.take(txn, length),
        finding: (finding) => onFinding?.(finding),
      },
    );
    // Without a log, or after the last: what the newest snapshot says.
    const newest = directory.snapshots.findLast(({ zxid }) => zxid !== null && (to === null || zxid <= to));
    if (newest && (!begun || (last !== null && (newest.zxid as bigint) > last)))
      await this.readSnapshot(newest, newest.zxid as bigint);
  }

  /** Takes in the sessions that were open at a snapshot's zxid, and the ephemerals of the one that is asked for. */
  private async readSnapshot(file: StoredFile, zxid: bigint): Promise<void> {
    const reader = new SnapshotReader(file.open());
    reader.passLarge(IGNORED);
    try {
      if (!(await reader.readHead())) return;
      for (const { id, timeout } of reader.sessions) {
        const [high, low] = halvesOf(id);
        if (this.isAsked(high, low)) this.lifeOf(high, low).timeout = timeout;
      }
      // Only one session's ephemerals are worth reading all of it.
      while (this.only && (await reader.fill())) while (reader.next()) this.noteZnode(reader, zxid);
    } finally {
      reader.close();
    }
  }

  private noteZnode(reader: SnapshotReader, zxid: bigint): void {
    const { view } = reader.window.block;
    const stat = reader.aclAt + 8;
    const [high, low] = this.only ?? [0, 0];
    if (view.getInt32(stat + STAT.ephemeralOwner) !== high || view.getUint32(stat + STAT.ephemeralOwner + 4) !== low)
      return;
    const czxid = view.getBigInt64(stat + STAT.czxid);
    const key = keyAt(view, reader.pathStart, reader.pathLength);
    // Later ones are told by their transactions.
    if (czxid <= zxid && !this.open.has(key)) this.addEphemeral(key, czxid, null);
  }

  private isAsked(high: number, low: number): boolean {
    return this.only === null || (this.only[0] === high && this.only[1] === low);
  }

  private take(txn: TxnCursor, length: number): void {
    const { sessionHigh: high, sessionLow: low } = txn;
    if (this.open.size > 0) this.noteDeletes(txn);
    // 0 is the server's own: containers and TTLs.
    if ((high === 0 && low === 0) || !this.isAsked(high, low)) return;
    const life = this.lifeOf(high, low);
    switch (txn.body) {
      case Body.createSession:
        life.born ??= momentOf(txn);
        life.timeout = txn.timeout;
        life.last ??= momentOf(txn);
        return;
      case Body.closeSession:
        this.end(life, txn);
        return;
      case Body.error:
        if (this.counts(txn)) increment(life.errors, errorName(txn.error));
        break;
      case Body.multi:
        this.multi(life, txn, length);
        break;
      default:
        this.write(life, txn, length);
        if (txn.body === Body.create && txn.ephemeral) this.made(life, txn);
    }
    life.last = momentOf(txn);
  }

  /** Whether it is in the range that is asked for; what is before it is followed all the same. */
  private counts({ zxidHigh, zxidLow }: TxnCursor): boolean {
    return zxidHigh > this.fromHigh || (zxidHigh === this.fromHigh && zxidLow >= this.fromLow);
  }

  private write(life: SessionLife, txn: TxnCursor, length: number): void {
    if (!this.counts(txn)) return;
    life.writes++;
    life.bytes += length;
    increment(life.ops, opName(txn.type));
  }

  private multi(life: SessionLife, txn: TxnCursor, length: number): void {
    if (txn.multiFailed()) {
      if (this.counts(txn)) increment(life.errors, words("multi"));
      return;
    }
    this.write(life, txn, length);
    txn.eachMember((member) => {
      if (member.body === Body.create && member.ephemeral) this.made(life, member);
    });
  }

  private made(life: SessionLife, txn: TxnCursor): void {
    life.ephemeralsMade++;
    if (!this.only) return;
    const moment = momentOf(txn);
    this.addEphemeral(keyAt(txn.view, txn.pathStart, txn.pathLength), moment.zxid, moment);
  }

  private addEphemeral(key: string, czxid: bigint, made: Moment | null): void {
    const ephemeral: EphemeralLife = { path: Buffer.from(key, "latin1").toString("utf8"), czxid, made, lost: null };
    this.ephemerals.push(ephemeral);
    this.open.set(key, ephemeral);
  }

  private noteDeletes(txn: TxnCursor): void {
    if (txn.type === OpCode.delete) this.lose(txn);
    else if (txn.body === Body.multi && !txn.multiFailed())
      txn.eachMember((member) => {
        if (member.type === OpCode.delete) this.lose(member);
      });
  }

  private lose(txn: TxnCursor): void {
    const key = keyAt(txn.view, txn.pathStart, txn.pathLength);
    const ephemeral = this.open.get(key);
    if (!ephemeral) return;
    this.open.delete(key);
    const by = this.isAsked(txn.sessionHigh, txn.sessionLow) ? "client" : "another session";
    ephemeral.lost = { ...momentOf(txn), by, session: txn.session };
  }

  private end(life: SessionLife, txn: TxnCursor): void {
    const moment = momentOf(txn);
    const ending = txn.cxid === 0 ? "server" : "client";
    const { timeout, last } = life;
    const idle = last === null ? undefined : Number(moment.time - last.time);
    life.end ??= {
      ...moment,
      ending,
      deletes: txn.items < 0 ? null : txn.items,
      mayHaveExpired:
        ending === "client" ? false : timeout === undefined || idle === undefined ? null : idle >= timeout,
    };
    for (const ephemeral of this.open.values()) ephemeral.lost = { ...moment, by: "session end", session: life.id };
    this.open.clear();
  }

  private lifeOf(high: number, low: number): SessionLife {
    let life = this.lives.get(high, low);
    if (life) return life;
    life = newLife(fromHalves(high, low));
    this.lives.set(high, low, life);
    return life;
  }
}

/** The snapshot whose sessions were open just before a transaction that follows a hole (or is the first). */
function baseFor(snapshots: readonly StoredFile[], next: bigint, after: bigint | null): StoredFile | undefined {
  return snapshots.findLast(
    ({ zxid }) =>
      zxid !== null && zxid < next && (after === null || zxid >= after) && (zxid === next - 1n || follows(zxid, next)),
  );
}

function momentOf({ zxid, time }: TxnCursor): Moment {
  return { zxid, time };
}

function halvesOf(id: bigint): [high: number, low: number] {
  return [Number(BigInt.asIntN(32, id >> 32n)), Number(id & 0xffffffffn)];
}

function increment(counts: Map<Safe, number>, name: Safe): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
