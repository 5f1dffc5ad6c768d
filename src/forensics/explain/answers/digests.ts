import type { Answer } from "../answer.js";
import { LOST_TRANSACTIONS, WRONG_TREE } from "./causes.js";

/** Tree digests (3.6 and later). */
export const DIGEST_ANSWERS: readonly Answer[] = [
  {
    id: "first-digest-mismatch",
    role: "harms",
    says: ["First digest mismatch on txn: {}, {}, expected digest is {}, actual digest is {},"],
    // A transaction's header is session, cxid, zxid, time, type, and ends its line.
    also: ["First digest mismatch on txn: '{},{},{zxidDecimal},", "First digest mismatch on txn: {},{},{zxidDecimal},"],
    means:
      "After this transaction the server's tree differs from the leader's: this transaction, or an earlier one, is not the same here. The server goes on with the wrong tree.",
    findings: [...WRONG_TREE, "file.set-aside"],
    looks: ["snapshot-digest"],
    otherwise: "another server's tree is wrong, or this one has been synced since",
    next: ["verify", "compare", "resync"],
  },
  {
    id: "digests-not-matching",
    role: "harms",
    says: ["Digests are not matching. Value is Zxid."],
    also: [
      "Digests are not matching. Value is Zxid. Value:{zxidDecimal}",
      "Digests are not matching. Value is Zxid. Last value:{zxidDecimal}",
    ],
    means:
      "The tree's digest is not the one that the transaction or snapshot carries: this server's tree differs from the leader's. The server goes on with the wrong tree. The value is the zxid, in decimal.",
    findings: [...WRONG_TREE, "digest.charset", "digest.cversion", "file.set-aside"],
    looks: ["snapshot-digest"],
    otherwise: "another server's tree is wrong, or this one has been synced since",
    next: ["verify", "compare", "resync"],
  },
  {
    id: "digest-not-covered",
    role: "harms",
    says: [
      "Highest txn zxid 0x{other} is not covering the snapshot digest zxid 0x{zxid}, which might lead to inconsistent state",
    ],
    means:
      "The logs end before the transaction at which the snapshot was finished, or lack it: transactions were lost, but the changes of some are in the snapshot, and stay.",
    findings: ["snapshot.ahead", ...LOST_TRANSACTIONS, "coverage.no-log"],
    otherwise: "the server has written more transactions since then",
    next: ["compare", "resync"],
  },
  {
    id: "digest-txn-missing",
    role: "harms",
    says: ["The txn 0x{} of snapshot digest does not exist."],
    // The rate limiter leaves the gap as it is, and puts the value behind.
    also: [
      "The txn 0x{} of snapshot digest does not exist. Value:{zxid}",
      "The txn 0x{} of snapshot digest does not exist. Last value:{zxid}",
    ],
    means: "The logs have a hole at the zxid of the snapshot's digest.",
    findings: [...LOST_TRANSACTIONS, "snapshot.ahead"],
    otherwise: "the logs from that time are gone",
    next: ["verify", "resync"],
  },
  {
    id: "digest-version",
    role: "normal",
    says: [
      "Digest version not the same on zxid.",
      "Digest version changed, local: {}, new: {}, skip comparing digest now.",
    ],
    means:
      "A transaction or snapshot carries a digest of another version than this release computes: the two are not compared.",
  },
  {
    id: "digest-normal",
    role: "normal",
    says: [
      "Digests are matching for Zxid: {zxid}, Digest in log and actual tree: {}",
      "Digest in log: {}, actual tree: {}",
      "The digest in the snapshot has digest version of {}, , with zxid as 0x{zxid}, and digest value as {}",
      "The digest in the snapshot has digest version of {}, with zxid as 0x{zxid}, and digest value as {}",
      "The digest value is empty in snapshot",
      "The zxid of snapshot digest 0x{zxid} is smaller than the known snapshot highest zxid, the snapshot started with zxid 0x{other}. It will be invalid to use this snapshot digest associated with this zxid, will ignore comparing it.",
      "Digest got from data tree is: {}",
      "Digest got from outstandingChanges is: {}",
    ],
    means: "The server reports a tree's digest: all is well.",
  },
];
