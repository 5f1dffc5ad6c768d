import type { Answer } from "../answer.js";
import { LOST_TRANSACTIONS, WRONG_TREE } from "./causes.js";

/** Replaying logs over a snapshot. */
export const REPLAY_ANSWERS: readonly Answer[] = [
  {
    id: "out-of-order",
    role: "stops",
    says: ["Committed proposal cached out of order: 0x{zxid} is not the next proposal of 0x{other}"],
    also: ["Committed proposal cached out of order: {zxid} is not the next proposal of {other}"],
    means:
      "Transactions between these two are missing from those that the server replayed (ZOOKEEPER-4925). 3.9.4 and later do not start with such a hole; earlier releases start with it, without a message.",
    findings: [...LOST_TRANSACTIONS, "coverage.bridged-gap", "log.backward", "ensemble.hole"],
    looks: ["hole"],
    otherwise: "the transactions between the two are in these logs, or the server loads a snapshot from after them",
    next: ["resync", "restore"],
  },
  {
    id: "replay-missing-node",
    role: "stops",
    says: ["Failed to process transaction type: {type} error: {}"],
    also: [
      "Failed to process transaction type: {type} error: KeeperErrorCode = NoNode for {path}",
      "Failed to process transaction type: {type} error: KeeperErrorCode = NoNode",
    ],
    means:
      "A transaction could not be replayed because a znode is missing. The server does not start. The snapshot that it loaded does not belong to these logs, or transactions between the two are missing.",
    findings: [...WRONG_TREE, "file.set-aside"],
    otherwise: "the server replayed other files than these",
    next: ["resync", "restore", "salvage"],
  },
  {
    id: "parent-cversion",
    role: "harms",
    says: ["Failed to set parent cversion for: {path}"],
    means: "A create was replayed whose znode exists while its parent does not: the snapshot's tree is broken.",
    findings: ["replay.missing-parent", "snapshot.orphan", ...WRONG_TREE],
    otherwise: "the server has written a newer snapshot since then",
    next: ["verify", "resync"],
  },
  {
    id: "unsupported-txn",
    role: "stops",
    says: ["Unsupported Txn with type=%d{type}", "Unsupported Txn with type={type}"],
    means:
      "A log holds a transaction of a type that this release does not know: a later release wrote it, or its bytes are damaged. The server does not start. Types 15, 16, 19, 20 and 21 (create2, reconfig, containers and TTL) came with 3.5.",
    findings: ["log.unknown-type", "log.malformed", "file.set-aside"],
    looks: ["type"],
    otherwise: "the server read other logs than these",
    next: ["resync", "restore-3.4"],
  },
  {
    id: "unsupported-member",
    role: "stops",
    says: ["Invalid type of op: {type}"],
    means: "A multi in a log has a member of a type that this release does not know, or its bytes are damaged.",
    findings: ["log.unknown-type", "log.malformed"],
    looks: ["type"],
    otherwise: "the server read other logs than these",
    next: ["resync", "restore-3.4"],
  },
  {
    id: "dead-session-node",
    role: "normal",
    says: [
      "Ignoring NoNodeException for path {path} while removing ephemeral for dead session 0x{session}",
      "Ignoring NoNodeException for path {path} while removing ephemeral for dead session {session}",
    ],
    means:
      "A session was closed whose ephemeral was gone already. While the server replays logs onto a fuzzy snapshot, that is normal; at other times its list of ephemerals and its tree did not match.",
    findings: ["replay.missing-node", "coverage.gap"],
    looks: ["path", "session"],
    otherwise: "a fuzzy snapshot, or a list in the server's memory",
    next: ["session"],
  },
  {
    id: "extra-ephemerals",
    role: "harms",
    says: ["Unexpected extra paths under session {text} which are not in txn 0x{zxid}"],
    means:
      "When a session was closed, this server had ephemerals of it that the leader did not have: the trees already differed. The server deletes these ephemerals too.",
    findings: [...WRONG_TREE, "session.missing-owner"],
    otherwise: "the two have been synced since",
    next: ["verify", "compare"],
  },
  {
    id: "replay-normal",
    role: "normal",
    says: [
      "Ignoring processTxn failure hdr: {}, error: {}, path: {path}",
      "Ignoring processTxn failure hdr:{}, error: {}, path: {path}",
      "Ignoring processTxn failure hdr: {} : error: {}",
      "Adjusting parent cversion for Txn: {} path: {path} err: {}",
      "Adjusting parent cversion for Txn: {} path:{path} err: {}",
      "Failed: {}:{}",
    ],
    means:
      "A replayed transaction did not fit the tree. That is normal while the server replays onto a fuzzy snapshot, so servers log it only at debug level; later it means that something is missing.",
    findings: ["replay.missing-node", "replay.exists", "replay.missing-parent", "coverage.gap"],
    looks: ["path"],
    otherwise: "a fuzzy snapshot",
    next: ["verify"],
  },
];
