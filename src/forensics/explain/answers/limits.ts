import type { Answer } from "../answer.js";
import { RECORD_DAMAGE } from "./causes.js";

/** Lengths and limits. */
export const LIMIT_ANSWERS: readonly Answer[] = [
  {
    id: "unreasonable-length",
    role: "stops",
    says: ["Unreasonable length = {length}"],
    means:
      "A length is negative or over jute.maxbuffer (plus zookeeper.jute.maxbuffer.extrasize): either bytes are damaged, or the length is right and the limit is too low. For a log the server does not start; for a snapshot it tries an older one; a connection it closes.",
    findings: [
      "log.length",
      "snapshot.length",
      "snapshot.acl-map",
      "log.torn",
      "log.torn-tail",
      "log.malformed",
      "snapshot.truncated",
      "snapshot.seal",
      "file.compression",
      ...RECORD_DAMAGE,
      "file.set-aside",
    ],
    looks: ["over-limit"],
    otherwise: "a packet on a connection was over the limit, or the file has been replaced",
    next: ["max-buffer", "restore", "salvage"],
  },
  {
    id: "negative-length",
    role: "stops",
    says: [],
    also: [
      'NullPointerException: Cannot read the array length because "bytes" is null',
      "java.lang.NullPointerException",
    ],
    origin: "files",
    means: "A record's length is -1. The server does not start.",
    findings: ["log.length", "log.torn", "log.garbage", "log.torn-tail", "file.set-aside", "file.text-mode"],
    otherwise: "the file has been replaced",
    next: ["resync", "restore", "salvage"],
  },
  {
    id: "packet-length",
    role: "troubles",
    says: [
      "Len error {length}",
      "Len error. A message from {} with advertised length of {length} is either a malformed message or too large to process (length is greater than jute.maxbuffer={})",
      "Rejecting large request",
    ],
    also: ["Packet len {length} is out of range!", "Packet len{length} is out of range!"],
    means:
      "A request or reply is larger than jute.maxbuffer: a value, a list of children or a multi has grown too large, or something other than a client connects to the port. The files are not damaged. A value over the limit that was written can stop the next start: see which values are the largest.",
    looks: ["over-limit"],
    otherwise: "no record or value in these files is over the default limit",
    next: ["du", "max-buffer"],
  },
  {
    id: "throttle-exit",
    role: "stops",
    says: [
      "Throttled request in committed & pending pool: {}. Exiting.",
      "Throttled request in committed pool: {}. Exiting.",
      "Throttled request send as proposal: {}. Exiting.",
      "Throttled request sent to leader: {}. Exiting",
    ],
    means:
      "A request that should have been refused because of load was processed: a bug in the server. It exits; its files are sound.",
    next: ["start-again"],
  },
];
