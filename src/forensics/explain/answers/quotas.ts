import type { Answer } from "../answer.js";

/** Quotas, which are under /zookeeper/quota. */
export const QUOTA_ANSWERS: readonly Answer[] = [
  {
    id: "quota-node-missing",
    role: "troubles",
    says: [
      "Missing quota stat node /zookeeper/quota{path}/zookeeper_stats",
      "Missing quota stat node {path}",
      "Missing node for stat {path}",
      "Missing stat node for bytes {path}",
      "Missing quota node for bytes {path}",
      "Missing count node for quota {path}",
      "Missing count node for stat {path}",
      "Missing limit node for quota {path}",
    ],
    means:
      "A quota needs two znodes, zookeeper_limits and zookeeper_stats, and one of them is missing: a client deleted it, or a restored tree lacks it. The server does not count the quota; nothing else is affected. Set the quota again (setquota in zkCli), or delete what is left of it.",
    looks: ["quota"],
    otherwise: "the quota has both znodes now, or is gone",
    next: ["quota"],
  },
  {
    id: "quota-exceeded",
    role: "troubles",
    says: [
      "Quota exceeded: {path} bytes={bytes} limit={}",
      "Quota exceeded: {path} count={} limit={}",
      "Quota exceeded: {path} [current bytes={bytes}, {}ByteLimit={}]",
      "Quota exceeded: {path} [current count={}, {}CountLimit={}]",
      "KeeperErrorCode = Quota has exceeded",
    ],
    means:
      "A subtree exceeds its quota. The server refuses the change for a hard quota (3.7 and later, zookeeper.enforceQuota), and only logs it for any other.",
    looks: ["quota"],
    otherwise: "the latest tree has no such quota",
    next: ["du"],
  },
  {
    id: "quota-normal",
    role: "normal",
    says: [
      "checkQuota: lastPrefix={}, bytesDiff={}, countDiff={}",
      "{} = {}, Quota Enforce enables",
      "Unsupported OpCode for checkQuota: {type}",
    ],
    means: "The server counts what a change adds to a quota: all is well.",
  },
];
