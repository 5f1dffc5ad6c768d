import { FindingList } from "../../findings/finding-list.js";
import { type Finding, finding, type FindingPlace } from "../../findings/finding.js";
import { isMisfitOfTxn } from "../../findings/kinds.js";
import type { LogReader } from "../../storage/log-reader.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import type { DataTree, OutcomeCode } from "../../tree/index.js";
import type { OpenMisfit } from "../../tree/index.js";
import { OpCode, type TxnCursor } from "../../txn/index.js";
import { OUTCOME_CODES, OUTCOME_WORDS } from "./outcomes.js";
import { charsetMessage, ServerCharset } from "../charset/server-charset.js";
import { type Message, say, tag } from "../../text/message.js";

/** A tree digest that a snapshot carries, to be met when the replay passes its zxid. */
export interface Checkpoint {
  zxid: bigint;
  /** As a signed long. */
  value: bigint;
  file: string;
  /** Whether its snapshot holds nothing later: then the tree is whole at its zxid, even before the window's end. */
  whole?: boolean;
}

/** Holds a replay against what the servers wrote: the digests of transactions and snapshots, and that each change fits. */
export class ReplayProof {
  readonly findings = new FindingList();
  /** How many digests were compared and matched. */
  digestsMatched = 0;
  /** Whether a digest that a transaction carries was among them, before anything did not fit. */
  matchedLogged = false;
  /** Whether the state after the last transaction was proven by a digest. */
  verified = false;
  /** Whether a digest was of the tree as it is: errors since have changed nothing. */
  standing = false;
  /** How many things did not fit, sessions aside. */
  doubts = 0;
  /** Whether the base is proven: it needs no proof, or a digest has matched. Until then a misfit may be its fuzziness. */
  proven: boolean;
  /** Whether the last comparison matched after others had not: only from here on does the tree follow the server's. */
  cleared = false;
  /** Whether something was found wrong long after: a digest that was compared after others had been taken unseen. */
  sampled = false;
  /** What did not fit until a digest matched, although no transaction had met its own effect: no race shows it. */
  unexplained: Finding | null = null;
  /** Where a digest matched last. */
  matchedHigh = 0;
  matchedLow = 0;

  private readonly tree: DataTree;
  private provisional: Finding[] = [];
  /** Digests of snapshots that the tree did not have; it may have them a little later. */
  private unmet: { value: bigint; left: number; finding: Finding }[] = [];
  /** Of the digests in the logs: in an ensemble those of the leader. */
  private readonly charset = new ServerCharset();
  /** Of those in snapshots: the server's own. */
  private readonly snapshotCharset = new ServerCharset();
  private snapshotCharsetAt: FindingPlace | null = null;
  /** What has been said of `charset`. */
  private charsetSaid: { found: number; finding: Finding } | null = null;
  private cversionSaid = false;

  constructor(tree: DataTree, baseIsProven: boolean) {
    this.tree = tree;
    this.proven = baseIsProven;
  }

  /** Whether everything fitted. */
  get consistent(): boolean {
    return this.doubts === 0;
  }

  /** Whether something does not fit that a match may still clear. */
  get undecided(): boolean {
    return this.provisional.length > 0;
  }

  /** Compares the tree with the digest of the transaction that was just applied, if it has one. */
  compareDigest(txn: TxnCursor, reader: LogReader): void {
    const { znodes } = this.tree;
    this.verified = false;
    this.standing &&= txn.type === OpCode.error;
    if (this.unmet.length > 0) this.meetLate();
    if (!txn.hasDigest || txn.digestVersion !== DIGEST_VERSION) return;
    if (txn.digestHigh === znodes.digestHigh && txn.digestLow === znodes.digestLow) {
      this.charset.forget();
      this.matchedLogged ||= this.doubts === 0;
      this.matched(txn.zxidHigh, txn.zxidLow);
      return;
    }
    if (this.explainedByCVersion(txn, reader)) return;
    if (this.explainedByCharset(txn, reader)) return;
    if (this.doubts > 0 || this.provisional.some((each) => each.code === "digest.mismatch")) return;
    const zxid = zxidOf(txn);
    const message = say`after ${hex(zxid)} the server's tree digest was ${unsigned(txn.digestHigh, txn.digestLow)}, the replay's is ${unsigned(znodes.digestHigh, znodes.digestLow)}`;
    this.doubt(finding("digest.mismatch", message, { file: reader.file, offset: reader.recordOffset, zxid }));
  }

  /** Compares the tree with a snapshot's digest of just this moment. */
  compareCheckpoint({ zxid, value, file }: Checkpoint): void {
    const { znodes } = this.tree;
    const [high, low] = [Number(zxid >> 32n), Number(zxid & 0xffffffffn)];
    if (value === fromHalves(znodes.digestHigh, znodes.digestLow)) return this.matched(high, low);
    if (this.snapshotCharset.has(this.tree, value)) {
      this.snapshotCharsetAt ??= { file, zxid };
      return this.matched(high, low);
    }
    const message = say`at ${hex(zxid)} the snapshot's digest is ${BigInt.asUintN(64, value)}, the replay's ${unsigned(znodes.digestHigh, znodes.digestLow)}`;
    const found = finding("snapshot.digest", message, { file, zxid });
    // The log says that the tree is right.
    if (this.verified && this.matchedHigh === high && this.matchedLow === low) this.findings.push(found);
    else this.doubt(found);
  }

  /**
   * The same inside the window of a snapshot that holds nothing later. The digest is written while transactions go on, and
   * may be of one after.
   */
  compareWhole({ zxid, value, file }: Checkpoint): void {
    const { znodes } = this.tree;
    if (value === fromHalves(znodes.digestHigh, znodes.digestLow) || this.snapshotCharset.has(this.tree, value)) return;
    const message = say`at ${hex(zxid)} the snapshot's digest is ${BigInt.asUintN(64, value)}, the replay's ${unsigned(znodes.digestHigh, znodes.digestLow)}`;
    this.unmet.push({ value, left: OUT_OF_STEP, finding: finding("snapshot.digest", message, { file, zxid }) });
  }

  private meetLate(): void {
    const now = fromHalves(this.tree.znodes.digestHigh, this.tree.znodes.digestLow);
    this.unmet = this.unmet.filter((each) => {
      if (each.value === now) return false;
      if (--each.left > 0) return true;
      this.findings.push(each.finding);
      return false;
    });
  }

  /** Says that a transaction did not find what it changes as it should be. */
  reportOutcome(outcome: OutcomeCode, txn: TxnCursor, reader: LogReader): void {
    const code = OUTCOME_CODES[outcome];
    if (code === null) return;
    if (this.findings.length + this.provisional.length >= MOST_REPORTS) {
      if (code !== "replay.session" && this.proven) this.doubts++;
      return;
    }
    const zxid = zxidOf(txn);
    const path = txn.pathLength > 0 && txn.type > 0 && txn.type !== OpCode.multi ? pathText(txn) : undefined;
    const message = say`${hex(zxid)}${path === undefined ? "" : say` ${tag.path(path)}`}: ${OUTCOME_WORDS[outcome]}`;
    const place = { file: reader.file, offset: reader.recordOffset, zxid };
    this.doubt(finding(code, message, path === undefined ? place : { ...place, path }));
  }

  /** Says what a fuzzy snapshot's window, which is behind now, does not explain. */
  reportOpen({ what, path, zxid }: OpenMisfit): void {
    const [code, how] =
      what === "missing"
        ? ([
            "replay.missing-node",
            say`it is not there, and nothing deletes it before the snapshot is no longer fuzzy`,
          ] as const)
        : (["replay.version", say`it is older than it was then, so that the snapshot cannot be of its zxid`] as const);
    const found = finding(code, say`${hex(zxid)} ${tag.path(path)}: ${how}`, { zxid, path });
    if (what === "older") this.unexplained ??= found;
    this.doubt(found);
  }

  /** `verified`; null for servers in other locales, of whose digests only some are compared before the end. */
  get verifiedNow(): boolean | null {
    return this.charset.known ? null : this.verified;
  }

  /** The replay is over, at `last`: what was left open is decided. */
  settle(last: bigint): void {
    this.settleCharset(last);
    if (this.charsetSaid === null && this.snapshotCharsetAt !== null)
      this.sayCharset(this.snapshotCharset, this.snapshotCharsetAt);
    this.settleCVersion();
    for (const { finding: unmet } of this.unmet.splice(0)) this.findings.push(unmet);
    for (const each of this.provisional.splice(0)) this.record(each);
  }

  /** It says nothing of the tree then, neither for nor against it. */
  private explainedByCVersion(txn: TxnCursor, reader: LogReader): boolean {
    const { cversionEnds, znodes } = this.tree;
    if (cversionEnds.isEmpty || !cversionEnds.explains(znodes, txn.digestHigh, txn.digestLow)) return false;
    const zxid = zxidOf(txn);
    const message = say`the digest of ${hex(zxid)} counts a cversion beyond its maximum, 2147483647, where it stays: no tree had this digest`;
    if (!this.cversionSaid)
      this.findings.push(finding("digest.cversion", message, { file: reader.file, offset: reader.recordOffset, zxid }));
    this.cversionSaid = true;
    return true;
  }

  /** One was taken to wrap before anything told which releases wrote the transactions. */
  private settleCVersion(): void {
    const { cversionEnds, from36 } = this.tree;
    const { unsure } = cversionEnds;
    if (unsure === null || from36 === false) return;
    const { path, zxidHigh, zxidLow } = unsure;
    const place = { path, zxid: fromHalves(zxidHigh, zxidLow) };
    if (!from36) {
      this.findings.push(finding("replay.cversion", cversionMessage(path), place));
      return;
    }
    this.record(finding("replay.cversion", cversionMessage(path), { ...place, severity: "error" }));
    // The tree followed the server's until then.
    this.sampled = true;
    this.matchedHigh = zxidHigh;
    this.matchedLow = zxidLow - 1;
  }

  private explainedByCharset(txn: TxnCursor, reader: LogReader): boolean {
    const { known } = this.charset;
    const answer = this.charset.explains(this.tree, fromHalves(txn.digestHigh, txn.digestLow));
    if (answer === "no") {
      if (known) this.sampled = true;
      return false;
    }
    if (answer === "compared") {
      this.matchedLogged ||= this.doubts === 0;
      this.matched(txn.zxidHigh, txn.zxidLow);
      this.sayCharset(this.charset, { file: reader.file, zxid: zxidOf(txn) });
    }
    return true;
  }

  /** Once for each charset that is found; what was said is put right when fewer are left that it may be. */
  private sayCharset({ found, names }: ServerCharset, place: FindingPlace): void {
    const message = charsetMessage(names);
    if (this.charsetSaid?.found === found) {
      this.charsetSaid.finding.message = message;
      return;
    }
    this.charsetSaid = { found, finding: finding("digest.charset", message, place) };
    if (this.findings.length < MOST_REPORTS) this.findings.push(this.charsetSaid.finding);
  }

  private settleCharset(zxid: bigint): void {
    const holds = this.charset.settle(this.tree);
    if (holds) this.sayCharset(this.charset, { zxid });
    if (holds === null) return;
    this.verified = holds;
    if (holds) {
      this.matchedLogged ||= this.doubts === 0;
      this.matched(Number(zxid >> 32n), Number(zxid & 0xffffffffn));
      return;
    }
    this.sampled = true;
    this.doubt(
      finding("digest.mismatch", say`at ${hex(zxid)} the server's tree digest differs from the replay's`, { zxid }),
    );
  }

  private matched(zxidHigh: number, zxidLow: number): void {
    this.digestsMatched++;
    this.verified = true;
    this.standing = true;
    this.proven = true;
    this.matchedHigh = zxidHigh;
    this.matchedLow = zxidLow;
    if (this.provisional.length === 0) return;
    if (!this.provisional.some(isMisfitOfTxn)) this.unexplained ??= this.provisional[0] ?? null;
    this.provisional = [];
    this.cleared = true;
  }

  /**
   * Something does not fit. A server writes a snapshot's digest after its znodes, and a transaction that is applied
   * just then is in the one and not in the other; so until a first digest has matched, it may be the base that was
   * fuzzy a little longer, and a match later on clears it.
   */
  private doubt(what: Finding): void {
    if (this.proven) this.record(what);
    else this.provisional.push(what);
  }

  private record(what: Finding): void {
    this.findings.push(what);
    if (what.code !== "replay.session") this.doubts++;
  }
}

function cversionMessage(path: string): Message {
  return say`the cversion of ${tag.path(path)} has reached its maximum: it is assumed to have wrapped, as up to 3.5; from 3.6 on it stays`;
}

const MOST_REPORTS = 20;
/**
 * How many transactions a snapshot's digest and its znodes can be out of step by: the digest is written after them, and
 * what is applied just then is in the one and not in the other.
 */
export const OUT_OF_STEP = 2;
/** DigestCalculator.DIGEST_VERSION; other versions cannot be compared. */
const DIGEST_VERSION = 2;

function zxidOf(txn: TxnCursor): bigint {
  return fromHalves(txn.zxidHigh, txn.zxidLow);
}

function unsigned(high: number, low: number): bigint {
  return BigInt.asUintN(64, fromHalves(high, low));
}

function pathText(txn: TxnCursor): string {
  const { view, pathStart, pathLength } = txn;
  return Buffer.from(view.buffer, view.byteOffset + pathStart, pathLength).toString("utf8");
}
