import { dangling } from "./acl.js";
import { epochFiles } from "./epochs.js";
import type { Look } from "./look.js";
import type { LookName } from "./names.js";
import { overLimit } from "./over-limit.js";
import { ownId } from "./own-id.js";
import { changesOf } from "./path.js";
import { lifeOf } from "./session.js";
import { ownerAbove, quotaNodes, treeSize, ttlOwners } from "./tree.js";
import { snapshotDigest } from "./snapshot-digest.js";
import { ofType } from "./type.js";
import { afterZxid, clientZxid, hole, rollover } from "./zxids.js";

/** Every look, by its name. */
export const LOOKS: Readonly<Record<LookName, Look>> = {
  acl: dangling,
  "after-zxid": afterZxid,
  "client-zxid": clientZxid,
  "epoch-files": epochFiles,
  hole,
  myid: ownId,
  "over-limit": overLimit,
  owner: ownerAbove,
  path: changesOf,
  quota: quotaNodes,
  rollover,
  session: lifeOf,
  "snapshot-digest": snapshotDigest,
  "tree-size": treeSize,
  ttl: ttlOwners,
  type: ofType,
};
