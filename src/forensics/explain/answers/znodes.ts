import type { Answer } from "../answer.js";

/** What a client is answered about a znode, where the tree is the reason. */
export const ZNODE_ANSWERS: readonly Answer[] = [
  {
    id: "no-node",
    role: "normal",
    says: ["KeeperErrorCode = NoNode"],
    also: ["KeeperErrorCode = NoNode for {path}"],
    means:
      "A client asked for a znode that does not exist, or wanted to create a child of one. Normal, unless the znode should exist.",
    looks: ["path"],
    otherwise: "the files do not go back that far",
    next: ["history"],
  },
  {
    id: "node-exists",
    role: "normal",
    says: ["KeeperErrorCode = NodeExists"],
    also: ["KeeperErrorCode = NodeExists for {path}"],
    means:
      "A client created a znode that exists. Normal for locks and elections. For a sequence znode it means that its parent's counter (cversion) is lower than the numbers in the names below it: creates then fail until the counter has passed them.",
    looks: ["path"],
    otherwise: "the files end before it",
    next: ["history"],
  },
  {
    id: "bad-version",
    role: "normal",
    says: ["KeeperErrorCode = BadVersion"],
    also: ["KeeperErrorCode = BadVersion for {path}"],
    means:
      "A client changed a znode on condition of a version that the znode no longer has: another client was faster.",
    looks: ["path"],
    otherwise: "the files end before it",
    next: ["history"],
  },
  {
    id: "not-empty",
    role: "normal",
    says: ["KeeperErrorCode = Directory not empty"],
    also: ["KeeperErrorCode = Directory not empty for {path}"],
    means: "A client deleted a znode that has children.",
    looks: ["path"],
    otherwise: "the files end before it",
    next: ["history"],
  },
  {
    id: "no-children-for-ephemerals",
    role: "troubles",
    says: ["KeeperErrorCode = NoChildrenForEphemerals"],
    also: ["KeeperErrorCode = NoChildrenForEphemerals for {path}"],
    means:
      "A client created a child of an ephemeral. A server that does not know containers or TTL znodes treats them as ephemerals: 3.4 does so with both, every release without zookeeper.extendedTypesEnabled with TTL znodes. It deletes them when it starts.",
    looks: ["owner"],
    otherwise: "the parent is not in the files any more",
    next: ["owner"],
  },
  {
    id: "no-auth",
    role: "normal",
    says: ["KeeperErrorCode = NoAuth", "KeeperErrorCode = InvalidACL", "KeeperErrorCode = AuthFailed"],
    also: ["KeeperErrorCode = NoAuth for {path}", "KeeperErrorCode = InvalidACL for {path}"],
    means:
      "The client is not allowed to do that: the znode's ACL does not name it, or the ACL that it wants to set is invalid.",
    looks: ["path"],
    otherwise: "the znode is not in the files",
    next: ["stat"],
  },
  {
    id: "unimplemented",
    role: "troubles",
    says: ["KeeperErrorCode = Unimplemented"],
    also: ["KeeperErrorCode = Unimplemented for {path}"],
    means:
      "A client asked for something that this server does not support: a TTL znode without zookeeper.extendedTypesEnabled, or an operation of a later release.",
    next: ["config"],
  },
  {
    id: "inconsistency",
    role: "troubles",
    says: [
      "Failed to process {}",
      "KeeperErrorCode = DataInconsistency",
      "KeeperErrorCode = RuntimeInconsistency",
      "KeeperErrorCode = SystemError",
      "KeeperErrorCode = MarshallingError",
    ],
    also: ["KeeperErrorCode = MarshallingError for {path}"],
    means:
      "A request failed in a way that the server has no error code for; the exception next to this line says more. MarshallingError: the bytes of a request do not parse.",
    findings: ["digest.mismatch", "acl.dangling", "snapshot.orphan", "tree.mismatch"],
    otherwise: "the client's request, or a bug in the server",
    next: ["verify"],
  },
  {
    id: "user-error",
    role: "normal",
    says: [
      "Got user-level KeeperException when processing {} Error Path:{path} Error:{}",
      "Got user-level KeeperException when processing {} aborting remaining multi ops. Error Path:{path} Error:{}",
      "KeeperErrorCode = {}",
      "KeeperErrorCode = {} for {path}",
      "KeeperErrorCode = APIError",
      "KeeperErrorCode = BadArguments",
      "KeeperErrorCode = Invalid callback",
      "KeeperErrorCode = No such watcher",
      "KeeperErrorCode = Unknown error {}",
      "KeeperErrorCode = ok",
    ],
    means:
      "The server refused a client's request, and told the client why. All is well; the refusal is in the transaction log as an error.",
  },
  {
    id: "overloaded",
    role: "troubles",
    says: [
      "KeeperErrorCode = Op throttled due to high load",
      "KeeperErrorCode = OperationTimeout",
      "KeeperErrorCode = ConnectionLoss",
    ],
    means: "The server or the network was too slow for a request. No file is involved.",
    next: ["disk", "network"],
  },
  {
    id: "reconfig-refused",
    role: "troubles",
    says: [
      "KeeperErrorCode = NewConfigNoQuorum",
      "KeeperErrorCode = Reconfig is disabled",
      "KeeperErrorCode = ReconfigInProgress",
    ],
    means:
      "The server refused a reconfiguration: it is switched off, another is under way, or too few of the new servers are synced.",
    next: ["quorum"],
  },
  {
    id: "path-refused",
    role: "normal",
    says: [
      "Invalid path {path} with session 0x{session}",
      "Invalid path %s with session 0x%s",
      "Invalid path {path} with session 0x{session}, reason: {}",
      'Invalid path string "{path}" caused by {}',
      "Path cannot be null",
      "Path length must be > 0",
      "Path must not end with / character",
      "Path must start with / character",
      "Invalid path {path}",
      "Invalid path: {path}",
    ],
    means: "A client gave an invalid path. Nothing was changed.",
    next: ["nothing"],
  },
  {
    id: "ttl-range",
    role: "troubles",
    says: [
      "Invalid ephemeralOwner. [{}]",
      "ttl must be positive and cannot be larger than: {}",
      "ttl must be positive and cannot be larger than: 1152921504606846975",
      "ttl not valid for mode: {}",
    ],
    means:
      "A TTL is out of range, or a znode's owner has bits that no TTL has: a server that reads these bits in another way wrote it (extendedTypesEnabled, 3.5.3).",
    looks: ["ttl"],
    otherwise: "no znode in the latest tree has such an owner",
    next: ["owner"],
  },
  {
    id: "container-check",
    role: "troubles",
    says: ["Could not delete container: {path}", "Error checking containers"],
    means: "An empty container or an expired TTL znode could not be deleted; the server tries again at its next check.",
    looks: ["path"],
    otherwise: "the znode is gone",
    next: ["nothing"],
  },
  {
    id: "container-deleted",
    role: "normal",
    says: [
      "Attempting to delete candidate container: {path}",
      "Using checkIntervalMs={} maxPerMinute={}",
      "Using checkIntervalMs={} maxPerMinute={} maxNeverUsedIntervalMs={}",
    ],
    means: "The leader deletes empty containers and expired TTL znodes.",
    looks: ["path"],
    next: ["history"],
  },
  {
    id: "extended-types-id",
    role: "stops",
    says: ["extendedTypesEnabled is true but Server ID is too large. Cannot be larger than 254"],
    means:
      "With TTL znodes switched on, a server id above 254 would give sessions ids that look like TTLs. The server does not start.",
    next: ["config"],
  },
];
