import type { Answer } from "../answer.js";
import { RECORD_DAMAGE, TWO_HISTORIES, UNREADABLE_LOG } from "./causes.js";

/** Transaction logs: what reading and writing them says. */
export const LOG_ANSWERS: readonly Answer[] = [
  {
    id: "crc-check-failed",
    role: "stops",
    says: ["CRC check failed"],
    means:
      "A record of a transaction log does not match its checksum. The server does not start, and says neither which file nor which record.",
    findings: ["log.crc", "log.torn", "log.garbage", "file.set-aside", "file.text-mode"],
    otherwise: "the disk or memory returned other bytes then, or the file has been replaced since",
    next: ["resync", "restore", "salvage"],
  },
  {
    id: "last-transaction-partial",
    role: "harms",
    says: ["Last transaction was partial."],
    means:
      "A record does not end in its end mark. The server drops it and everything after it in that file, and goes on with the next file. That is harmless at the very end, where the server died while writing the record; anywhere else it leaves a hole in the history.",
    findings: [
      "log.torn",
      "log.garbage",
      "log.end-mark",
      "log.after-padding",
      "log.torn-tail",
      "coverage.gap",
      "file.set-aside",
      "file.text-mode",
    ],
    otherwise: "the server has since written over the torn record, or begun a new log",
    next: ["verify"],
  },
  {
    id: "log-magic",
    role: "stops",
    says: ["Transaction log: {file} has invalid magic number {magic} != {}"],
    means:
      "A transaction log does not begin with ZKLG. The server does not start. The records after a damaged header may all be sound. From 3.6 on a server takes every file whose name begins with log. and a zxid for a log, even a compressed log.N.gz.",
    findings: [
      "log.header",
      "file.zeros",
      "file.magic",
      "file.compression",
      "log.compressed",
      "log.copy",
      "file.set-aside",
    ],
    otherwise: "the file is gone, or has been replaced",
    next: ["resync", "salvage"],
  },
  {
    id: "unsupported-format",
    role: "stops",
    says: ["Unsupported Format."],
    means: "The header of the newest transaction log could not be read.",
    findings: UNREADABLE_LOG,
    otherwise: "the file is gone, or has been replaced",
    next: ["verify"],
  },
  {
    id: "empty-log",
    role: "normal",
    says: ["Delete empty tail log file to recover from corruption file: {file}"],
    means:
      "The last log had no bytes: the disk was full, or the server died just after it created the file. The server has deleted it and starts. Nothing is lost.",
    findings: ["file.empty"],
    next: ["nothing"],
  },
  {
    id: "empty-log-stays",
    role: "stops",
    says: ["Failed to delete empty tail log file: {file}"],
    means:
      "The last log has no bytes, and the server is not allowed to delete it: check the folder's owner and permissions.",
    findings: ["file.empty"],
    next: ["move-empty"],
  },
  {
    id: "zxid-not-rising",
    role: "harms",
    says: ["Current zxid {zxidDecimal} is <= {otherDecimal} for {op}"],
    means:
      "The server wrote a transaction whose zxid, in decimal here, is not above the one that it wrote before: a zxid is used twice. It goes on. The directory may hold two histories: it was restored while newer logs stayed in it, or two servers used it.",
    findings: [...TWO_HISTORIES, "coverage.gap"],
    otherwise: "the logs from that time are gone",
    next: ["verify", "compare"],
  },
  {
    id: "log-goes-back",
    role: "harms",
    says: [
      "{otherDecimal}(higestZxid) > {zxidDecimal}(next log) for type {type}",
      "{otherDecimal}(highestZxid) > {zxidDecimal}(next log) for type {type}",
    ],
    means:
      "A log goes back to a lower zxid, in decimal here, and the server applied it anyway: the directory holds two histories, or an older log was copied into it.",
    findings: [...TWO_HISTORIES, "file.set-aside"],
    otherwise: "the logs from that time are gone",
    next: ["verify", "compare"],
  },
  {
    id: "fsync-slow",
    role: "troubles",
    says: [
      "fsync-ing the write ahead log in {} took {milliseconds}ms which will adversely effect operation latency. File size is {bytes} bytes. See the ZooKeeper troubleshooting guide",
      "fsync-ing the write ahead log in {} took {milliseconds}ms which will adversely effect operation latency.File size is {bytes} bytes. See the ZooKeeper troubleshooting guide",
      "fsync-ing the write ahead log in {} took {milliseconds}ms which will adversely effect operation latency. See the ZooKeeper troubleshooting guide",
    ],
    means:
      "The disk took that long to write to a log. Every change waits for it, and sessions time out. The disk is shared, slow or failing. The files are sound.",
    next: ["disk"],
  },
  {
    id: "txn-without-bytes",
    role: "stops",
    says: ["Faulty serialization for header and txn"],
    means: "The server tried to write a transaction without bytes: a bug in the server. It stops; its files are sound.",
    next: ["start-again"],
  },
  {
    id: "log-read-at-end",
    role: "harms",
    says: ["Error updating DB"],
    means:
      "When the server stepped down, it could not read its own logs to update its tree; the exception below says why. The same damage can stop it from starting again.",
    findings: [...RECORD_DAMAGE, ...UNREADABLE_LOG, "file.set-aside"],
    looks: ["over-limit"],
    otherwise: "the logs from that time are gone, or could not be opened then",
    next: ["verify"],
  },
  {
    id: "log-read-for-sync",
    role: "harms",
    says: ["Unable to read txnlog from disk"],
    means:
      "A leader could not read its own logs to bring a follower up to date; the exception below says why. It sends a full snapshot instead. The same damage can stop this server from starting again.",
    findings: [...RECORD_DAMAGE, ...UNREADABLE_LOG, "file.set-aside"],
    looks: ["over-limit"],
    otherwise: "the logs from that time are gone, or could not be opened then",
    next: ["verify"],
  },
  {
    id: "log-read-ends",
    role: "normal",
    says: ["EOF exception", "EOF exception {}", "EOF excepton {}", "Failed to read {file}"],
    means: "The end of a transaction log: a server goes on with the next one, if there is one.",
  },
  {
    id: "log-written",
    role: "normal",
    says: [
      "Creating new log file: {file}",
      "Log size limit reached: {bytes}",
      "Created new input archive {file}",
      "Created new input archive: {file}",
      "Created new input stream {file}",
      "Created new input stream: {file}",
      "Opening datadir:{} snapDir:{}",
    ],
    means: "The server begins or reads a log: all is well.",
  },
  {
    id: "log-not-closed",
    role: "normal",
    says: ["Error closing file iterator", "Error closing logs"],
    means: "A log or the database could not be closed after use. What was read or written before is unaffected.",
  },
  {
    id: "prealloc-size",
    role: "troubles",
    says: ["{} is not a valid value for preAllocSize"],
    means: "zookeeper.preAllocSize is not a number: logs grow by the default of 64 MiB.",
    next: ["config"],
  },
];
