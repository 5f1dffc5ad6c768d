import type { Answer } from "../answer.js";
import { ACL_ANSWERS } from "./acls.js";
import { ADMIN_ANSWERS } from "./admin.js";
import { CONNECTION_ANSWERS } from "./connections.js";
import { DIGEST_ANSWERS } from "./digests.js";
import { EPOCH_ANSWERS } from "./epochs.js";
import { LIMIT_ANSWERS } from "./limits.js";
import { LOG_ANSWERS } from "./logs.js";
import { PROPOSAL_ANSWERS } from "./proposals.js";
import { QUOTA_ANSWERS } from "./quotas.js";
import { REPLAY_ANSWERS } from "./replay.js";
import { SESSION_ANSWERS } from "./sessions.js";
import { SNAPSHOT_ANSWERS } from "./snapshots.js";
import { START_ANSWERS } from "./start.js";
import { SYNC_ANSWERS } from "./sync.js";
import { ZNODE_ANSWERS } from "./znodes.js";

/** What is known about messages, a table for each topic. A new one goes into its topic's table. */
export const ANSWERS: readonly Answer[] = [
  ...LOG_ANSWERS,
  ...SNAPSHOT_ANSWERS,
  ...DIGEST_ANSWERS,
  ...ACL_ANSWERS,
  ...REPLAY_ANSWERS,
  ...EPOCH_ANSWERS,
  ...SYNC_ANSWERS,
  ...PROPOSAL_ANSWERS,
  ...SESSION_ANSWERS,
  ...QUOTA_ANSWERS,
  ...ZNODE_ANSWERS,
  ...LIMIT_ANSWERS,
  ...START_ANSWERS,
  ...ADMIN_ANSWERS,
  ...CONNECTION_ANSWERS,
];
