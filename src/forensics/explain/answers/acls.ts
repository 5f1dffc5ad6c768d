import type { Answer } from "../answer.js";

/** ACLs that a znode refers to and no map holds. */
export const ACL_ANSWERS: readonly Answer[] = [
  {
    id: "acl-not-fetched",
    role: "harms",
    says: ["ERROR: ACL not available for long {acl}", "Failed to fetch acls for {acl}"],
    means:
      "A znode refers to an ACL that the map in the snapshot lacks (ZOOKEEPER-4846). A client that reads it gets an error; from 3.8 on the server dies at the next change of it.",
    findings: ["acl.dangling", "snapshot.acl-map"],
    looks: ["acl"],
    otherwise: "the znode has another ACL now, or is gone",
    next: ["open-acls", "resync"],
  },
  {
    id: "acl-ignored",
    role: "normal",
    says: ["Ignoring acl {acl} as it does not exist in the cache"],
    means:
      "A znode refers to an ACL that the map in the snapshot lacks (ZOOKEEPER-4846). After a fuzzy snapshot this is normal, if the log has the ACL; otherwise the next access to the znode fails.",
    findings: ["acl.dangling"],
    looks: ["acl"],
    otherwise: "the log has the ACL",
    next: ["open-acls"],
  },
];
