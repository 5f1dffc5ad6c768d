import { type Finding, finding, type FindingPlace } from "../../findings/finding.js";
import { LogReader } from "../../storage/log-reader.js";
import { follows, fromHalves } from "../../storage/zxid.js";
import { addConfigNode } from "../../tree/fresh-tree.js";
import { PartialTree } from "../../tree/partial.js";
import { type DataTree, Outcome, type OutcomeCode } from "../../tree/index.js";
import { OpCode, TxnCursor } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { type Checkpoint, ReplayProof } from "./replay-proof.js";
import { isBefore34, isFrom36 } from "../scan/headers.js";
import { damageAtEnd, undecoded } from "./log-damage.js";
import type { ReplayMoment, ReplayOptions } from "./replay-options.js";
import { Prefetch } from "./prefetch.js";
import { logsAfter } from "./logs-after.js";
import type { Replay, ReplayStop } from "./replay-result.js";
import { type Fingerprint, fingerprint } from "./fingerprint.js";
import { type SessionEntries, SESSIONS_BEYOND } from "./session-list.js";
import { WindowWatch } from "./window-watch.js";
import { say } from "../../text/message.js";

/**
 * Applies the transactions after `from` to a tree, in order, from the logs that hold them.
 *
 * @example
 * import { discover, replay } from "zkrewind/recovery";
 * import { freshTree } from "zkrewind/tree";
 *
 * const tree = freshTree();
 * const { logs } = discover(["fixtures/3.8.6-standalone"]);
 * const { last, findings } = await replay(tree, logs, { from: 0n, to: 0x100n, exactFrom: 0n, proven: true });
 * console.log(last, tree.znodes.size, findings.length);
 */
export async function replay(tree: DataTree, logs: readonly StoredFile[], options: ReplayOptions): Promise<Replay> {
  const replayer = new Replayer(tree, options);
  const first = options.reapply ? options.from - 1n : options.from;
  const relevant = logsAfter(logs, first);
  tree.from36 ??= await isFrom36(relevant);
  for (const [index, log] of relevant.entries()) if (!(await replayer.read(log, index === relevant.length - 1))) break;
  return replayer.result();
}

class Replayer {
  private readonly tree: DataTree;
  private readonly options: ReplayOptions;
  private readonly cursor = new TxnCursor();
  private readonly prefetch = new Prefetch();
  private readonly proof: ReplayProof;
  private readonly logs: { file: string; applied: number }[] = [];
  private readonly checkpoints: readonly Checkpoint[];
  private checkpoint = 0;
  private high: number;
  private low: number;
  private readonly toHigh: number;
  private readonly toLow: number;
  private exactHigh: number;
  private exactLow: number;
  private readonly pauseHigh: number;
  private readonly pauseLow: number;
  private time = 0;
  private overlaps = false;
  private applied = 0;
  private first: bigint | null = null;
  private metBase = false;
  private exactFromStart: boolean;
  /** Bytes read of the logs before the current one. */
  private bytesBefore = 0;
  private stop: ReplayStop = { kind: "end" };
  private fingerprintAtExact: Fingerprint | null = null;
  private sessionsAtExact: SessionEntries = [];
  /** Built from nothing: /zookeeper/config appears with the first sign of a server that has it. */
  private mayLackConfig: boolean;
  private configShownAt: bigint | null = null;
  private readonly window: WindowWatch;
  private mayReapply: boolean;
  /** Damage that matters unless what follows shows that nothing is missing. */
  private damage: Finding | null = null;
  /** The changes of epochs: what was passed over there is not known until a log has it out of order. */
  private readonly leaps: { after: bigint; before: bigint }[] = [];
  private readonly holes: { after: bigint; before: bigint }[] = [];
  private readonly partial: PartialTree | null;
  /** The transaction that cleared earlier misfits, and the last one before something did not fit. */
  private clearedAt: bigint | null = null;
  private fittedTo: bigint | null = null;
  /** The last one before something did not fit that a match may still clear. */
  private openAfter: bigint | null = null;

  constructor(tree: DataTree, options: ReplayOptions) {
    this.tree = tree;
    this.proof = new ReplayProof(tree, options.proven ?? options.from === 0n);
    this.partial = options.partial ? new PartialTree(tree) : null;
    this.options = options;
    this.mayReapply = options.reapply ?? false;
    this.high = Number(options.from >> 32n);
    this.low = Number(options.from & 0xffffffffn);
    const to = options.to ?? MAX_ZXID;
    this.toHigh = Number(to >> 32n);
    this.toLow = Number(to & 0xffffffffn);
    this.exactHigh = Number(options.exactFrom >> 32n);
    this.exactLow = Number(options.exactFrom & 0xffffffffn);
    this.pauseHigh = options.pause ? Number(options.pause.at >> 32n) : -1;
    this.pauseLow = options.pause ? Number(options.pause.at & 0xffffffffn) : -1;
    this.checkpoints = [...(options.checkpoints ?? [])].sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
    this.mayLackConfig = options.from === 0n && tree.znodes.size === FRESH_SIZE;
    this.exactFromStart = options.from >= options.exactFrom;
    // Over holes, and of what has no beginning, anything may be missing.
    this.window = new WindowWatch(tree, !this.exactFromStart && !options.overHoles && !options.partial);
    this.meetCheckpoints();
    if (this.proof.undecided) this.openAfter = options.from - 1n;
  }

  /** Applies what one log adds; false when the replay is over. */
  async read(log: StoredFile, isLast: boolean): Promise<boolean> {
    this.tree.beforeParentCVersion = (await isBefore34(log)) ?? this.tree.beforeParentCVersion;
    this.reachExactAtStart();
    // What the padding of an earlier log hid would be missing before the next one's first transaction.
    const reader = new LogReader(log.open(), isLast);
    const entry = { file: log.name, applied: 0 };
    this.logs.push(entry);
    try {
      if (this.isDone()) return this.reach();
      const before = this.applied;
      let going = true;
      if (await reader.readHead()) {
        while (going && (await reader.fill())) {
          going = this.applyRead(reader);
          entry.applied = this.applied - before;
          this.options.onProgress?.(this.bytesBefore + reader.window.offset);
        }
      }
      if (going) this.damage ??= damageAtEnd(reader);
      return going;
    } finally {
      this.proof.findings.push(...reader.findings);
      this.bytesBefore += reader.window.offset;
      reader.close();
    }
  }

  result(): Replay {
    const { proof } = this;
    const last = fromHalves(this.high, this.low);
    this.reachExactAtStart();
    if (last === this.options.pause?.at) this.look();
    const { proven: provenBefore, doubts: doubtsBefore } = proof;
    if (last === this.options.to) this.stop = { kind: "reached" };
    else if (this.stop.kind === "end" && this.damage) this.stop = { kind: "damage", finding: this.damage };
    proof.settle(last);
    this.noteProof(last, last);
    // Without a proof of the base what did not fit may be the base itself.
    const disproven = !provenBefore && !proof.proven && proof.doubts > doubtsBefore;
    return {
      first: this.first,
      last,
      lastTime: this.applied > 0 ? BigInt(this.time) : null,
      applied: this.applied,
      stop: this.stop,
      digestsMatched: proof.digestsMatched,
      matchedLogged: proof.matchedLogged,
      verified: proof.verified,
      fingerprintAtExact: this.fingerprintAtExact,
      sessionsAtExact: this.sessionsAtExact,
      consistent: proof.consistent,
      proven: proof.proven,
      exact: this.exactZxids(last),
      disproven,
      unexplained: proof.unexplained,
      unnamedClose: this.window.unnamedClose,
      holes: this.holes,
      lacksConfig: this.mayLackConfig,
      configShownAt: this.configShownAt,
      metBase: this.metBase || this.applied > 0,
      assumed: this.partial?.assumed ?? 0,
      lastMisfit: this.window.misfit,
      recounted: this.window.recounted,
      overlaps: this.overlaps,
      standing: proof.standing,
      matchedTo: proof.digestsMatched > 0 ? fromHalves(proof.matchedHigh, proof.matchedLow) : null,
      findings: [...proof.findings],
      logs: this.logs.filter((each) => each.applied > 0),
    };
  }

  /** Where the tree followed the server's. */
  private exactZxids(last: bigint): { from: bigint; to: bigint } | null {
    const from = this.clearedAt ?? this.options.exactFrom;
    const to = this.fittedTo ?? last;
    return to >= from && !this.proof.undecided ? { from, to } : null;
  }

  /** Keeps where the proof changed its mind: `before` is the last transaction that was not in question. */
  private noteProof(now: bigint, before: bigint): void {
    const { proof } = this;
    if (proof.cleared) {
      this.clearedAt = now;
      this.openAfter = null;
      proof.cleared = false;
    }
    if (proof.undecided) this.openAfter ??= before;
    if (proof.doubts === 0 || this.fittedTo !== null) return;
    this.fittedTo = proof.sampled ? fromHalves(proof.matchedHigh, proof.matchedLow) : (this.openAfter ?? before);
  }

  /** What comes after the point cannot change what it was. */
  private isDone(): boolean {
    return this.high === this.toHigh && this.low === this.toLow && !this.mayReapply;
  }

  private reach(): false {
    this.stop = { kind: "reached" };
    return false;
  }

  private applyRead(reader: LogReader): boolean {
    const { cursor } = this;
    while (!this.isDone()) {
      if (!reader.next()) return true;
      const { block } = reader.window;
      this.prefetch.next(reader.window, this.tree.znodes);
      const shape = cursor.parse(block.view, reader.payloadStart, reader.payloadEnd);
      const { zxidHigh, zxidLow } = cursor;
      if (!reader.checksumOk) {
        this.noteDamage(finding("log.crc", say`the checksum does not match the bytes`, this.placeOf(reader)));
        continue;
      }
      if (zxidHigh < this.high || (zxidHigh === this.high && zxidLow <= this.low)) {
        // What was damaged before it was before it in time, too: the tree has it.
        this.damage = null;
        this.metBase = true;
        if (this.applied > 0) this.notePassed(cursor.zxid);
        if (this.mayReapply && zxidLow === this.low && zxidHigh === this.high) this.reapply(reader);
        continue;
      }
      if (zxidHigh > this.toHigh || (zxidHigh === this.toHigh && zxidLow > this.toLow)) {
        return this.passPoint(fromHalves(zxidHigh, zxidLow), reader.file);
      }
      if (shape !== "ok") {
        const what = undecoded(shape, cursor.type, this.placeOf(reader));
        this.proof.findings.push(what);
        if (this.options.overHoles) continue;
        this.stop = { kind: "damage", finding: what };
        return false;
      }
      if ((zxidHigh !== this.high || zxidLow !== this.low + 1) && !this.mayFollow(reader)) return false;
      this.damage = null;
      this.applyNext(reader);
      if (this.options.untilDigest && this.isDecided()) return false;
    }
    return this.reach();
  }

  private applyNext(reader: LogReader): void {
    const { cursor, proof } = this;
    if (this.low === this.pauseLow && this.high === this.pauseHigh) this.look();
    const { block } = reader.window;
    const { zxidHigh, zxidLow } = cursor;
    if (this.mayLackConfig && (cursor.hasDigest || cursor.type > OpCode.multi)) {
      addConfigNode(this.tree);
      this.mayLackConfig = false;
      this.configShownAt = cursor.zxid;
    }
    this.partial?.makeRoom(cursor, block);
    const outcome = this.tree.apply(cursor, block);
    const { high, low } = this;
    if (this.applied === 0) this.first = fromHalves(zxidHigh, zxidLow);
    this.high = zxidHigh;
    this.low = zxidLow;
    this.time = cursor.timeHigh * 2 ** 32 + cursor.timeLow;
    this.applied++;
    const atExact = zxidHigh === this.exactHigh && zxidLow === this.exactLow;
    const exact = atExact || zxidHigh > this.exactHigh || (zxidHigh === this.exactHigh && zxidLow > this.exactLow);
    if (!exact || atExact) this.window.note(outcome, cursor);
    if (!exact) {
      if (this.checkpoint < this.checkpoints.length) this.meetCheckpoints();
      return;
    }
    if (atExact) this.reachExact();
    const { doubts, undecided } = proof;
    this.window.end(atExact, proof);
    // A transaction inside the fuzzy window may meet its own effects; the one at its end is the last that may.
    if (outcome !== Outcome.ok && !atExact && !this.isSessionInStep(outcome))
      proof.reportOutcome(outcome, cursor, reader);
    proof.compareDigest(cursor, reader);
    if (this.checkpoint < this.checkpoints.length) this.meetCheckpoints();
    if (proof.cleared || proof.doubts !== doubts || proof.undecided !== undecided)
      this.noteProof(fromHalves(zxidHigh, zxidLow), fromHalves(high, low));
  }

  private look(): void {
    const { proof, applied } = this;
    const logs = this.logs.map((each) => ({ ...each }));
    // That of the log that is being read is not counted yet.
    const current = logs[logs.length - 1];
    if (current) current.applied = logs.slice(0, -1).reduce((left, each) => left - each.applied, applied);
    const moment: ReplayMoment = {
      tree: this.tree,
      time: applied > 0 ? BigInt(this.time) : null,
      verified: proof.verifiedNow,
      findings: [...proof.findings],
      logs: logs.filter((each) => each.applied > 0),
    };
    this.options.pause?.look(moment);
  }

  /** A snapshot's list of sessions runs ahead of its transactions, and is settled elsewhere. */
  private isSessionInStep(outcome: OutcomeCode): boolean {
    const { from, exactFrom } = this.options;
    return outcome === Outcome.session && from > 0n && this.cursor.zxid <= exactFrom + SESSIONS_BEYOND;
  }

  /** Whether the transaction that comes next is the one that must; if not, the replay goes over the hole, or stops. */
  private mayFollow(reader: LogReader): boolean {
    const last = fromHalves(this.high, this.low);
    const next = fromHalves(this.cursor.zxidHigh, this.cursor.zxidLow);
    // Only within an epoch does a counter tell that nothing is missing.
    if (follows(last, next) && this.damage === null) {
      this.leaps.push({ after: last, before: next });
      return true;
    }
    if (this.options.overHoles) {
      this.holes.push({ after: last, before: next });
      return true;
    }
    this.stop = this.damage ? { kind: "damage", finding: this.damage } : { kind: "gap", next, file: reader.file };
    return false;
  }

  /** A transaction that is not later than the last is there again, or comes too late: its log has another's name. */
  private notePassed(zxid: bigint): void {
    this.overlaps ||= zxid > this.options.from;
    const leap = this.leaps.find(({ after, before }) => after < zxid && zxid < before);
    if (leap && (this.fittedTo === null || this.fittedTo > leap.after)) this.fittedTo = leap.after;
  }

  private noteDamage(what: Finding): void {
    this.proof.findings.push(what);
    this.damage ??= what;
  }

  /** Whether a digest has said all that digests can say of the base. */
  private isDecided(): boolean {
    const { cursor, proof } = this;
    if (proof.digestsMatched > 0 || proof.undecided || proof.doubts > 0) return true;
    const beyond =
      cursor.zxidHigh > this.exactHigh || (cursor.zxidHigh === this.exactHigh && cursor.zxidLow >= this.exactLow);
    return beyond && !cursor.hasDigest && cursor.type !== OpCode.error;
  }

  /** The next transaction is beyond `to`: what is asked for has been reached unless it is in a hole before that. */
  private passPoint(next: bigint, file: string): false {
    const whole = this.damage === null && follows(fromHalves(this.high, this.low), next);
    this.stop = whole
      ? { kind: "reached" }
      : this.damage
        ? { kind: "damage", finding: this.damage }
        : { kind: "gap", next, file };
    return false;
  }

  private reapply(reader: LogReader): void {
    this.mayReapply = false;
    if (this.cursor.type === OpCode.multi) this.tree.apply(this.cursor, reader.window.block);
  }

  private placeOf(reader: LogReader): FindingPlace {
    const zxid = fromHalves(this.cursor.zxidHigh, this.cursor.zxidLow);
    return { file: reader.file, offset: reader.recordOffset, zxid };
  }

  /** Not before the release is known: what counts of a tree depends on it. */
  private reachExactAtStart(): void {
    if (this.exactFromStart) this.reachExact();
    this.exactFromStart = false;
  }

  private reachExact(): void {
    if (!this.options.fingerprint) return;
    this.fingerprintAtExact = fingerprint(this.tree);
    this.sessionsAtExact = this.tree.sessions.sorted();
  }

  /** Compares with the snapshots' digests whose zxid the replay has come to. */
  private meetCheckpoints(): void {
    const now = fromHalves(this.high, this.low);
    for (
      let next = this.checkpoints[this.checkpoint];
      next && next.zxid <= now;
      next = this.checkpoints[++this.checkpoint]
    ) {
      if (next.zxid !== now) continue;
      if (now >= this.options.exactFrom) this.proof.compareCheckpoint(next);
      else if (next.whole) this.proof.compareWhole(next);
    }
  }
}

/** A tree just made by freshTree. */
const FRESH_SIZE = 3;
const MAX_ZXID = 2n ** 63n - 1n;
