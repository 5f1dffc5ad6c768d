import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { type Message, say, tag } from "../../text/message.js";
import type { DataDirectory } from "../directory/data-directory.js";
import type { Release } from "../servers/releases.js";
import type { State } from "../state.js";
import type { Restorable } from "../write/restorable.js";
import { NONE } from "../../tree/index.js";
import { type AclMapping, mapAcls, resetAcls } from "./acls.js";
import { readCounters } from "./counters.js";
import { type Graft, graft } from "./graft.js";
import { rename, type Renaming } from "./rename.js";
import { setValue, slotAt } from "./value.js";
import { setConfig } from "./config-node.js";
import { Draft } from "./draft.js";
import { bumpEpoch, type Reach, reachOf } from "./epochs.js";
import { historyOf, refuseChangesBeside } from "./kept-history.js";
import { settleContainers, settleForOld, settleTtl, type TtlPolicy } from "./owners.js";
import { type SessionPolicy, settle } from "./sessions.js";
import { trim } from "./trim.js";

/** What is to become of the tree at a point before it is written. */
export interface RestorePlan {
  /** The epoch of the result: a leap above all that the sources show, one by number, or the point's own zxid. */
  epoch: "leap" | number | "keep";
  /** Null for what is safest: see `sessionPolicy`. */
  sessions: SessionPolicy | null;
  /** Whether the tree is another already than servers had at its zxid. */
  isChanged: boolean;
  /** Which slots to take; null for all. */
  chosen: ((slot: number) => boolean) | null;
  /** Subtrees of other points or sources, by what they are taken from. */
  grafts: readonly GraftSource[];
  /** In their order. */
  renamings: readonly Renaming[];
  values: readonly { path: string; data: Uint8Array }[];
  /** Where ACLs are opened, downwards. */
  resetAcls: readonly string[];
  mapAcls: readonly AclMapping[];
  openDanglingAcls: boolean;
  /** The release of the servers that are to start on it; null where that is not said. */
  release: Pick<Release, "name" | "containers"> | null;
  /** Containers that are left empty, and TTL znodes, become persistent. */
  makePersistent: boolean;
  ttl: Exclude<TtlPolicy, "make-persistent">;
  /** Keep the transactions that led to the point: see History. Only of a tree that is not changed. */
  withLogs: boolean;
  /** The servers that are to start on it, for /zookeeper/config; written only where the epoch is raised. */
  membership: { lines: readonly string[]; isDynamic: boolean } | null;
  /** The clock for TTLs that have run out, in milliseconds since 1970. */
  now: number;
}

/** What subtrees are taken from. */
export interface GraftSource {
  directory: DataDirectory;
  /** Rebuilds the tree: called when its turn has come, so that only one is in memory beside the first. */
  open: () => Promise<Pick<State, "tree" | "zxid">>;
  grafts: readonly Graft[];
}

/** A plan that takes a state as it is. */
export const AS_IT_IS: Omit<RestorePlan, "now"> = {
  epoch: "keep",
  sessions: null,
  isChanged: false,
  chosen: null,
  grafts: [],
  renamings: [],
  values: [],
  resetAcls: [],
  mapAcls: [],
  openDanglingAcls: false,
  release: null,
  makePersistent: false,
  ttl: "as-is",
  withLogs: false,
  membership: null,
};

/**
 * Whether a plan may make another tree of the state's, be it by one session.
 *
 * @example
 * import { AS_IT_IS, changesTree } from "zkrewind/recovery";
 *
 * console.log(changesTree(AS_IT_IS), changesTree({ ...AS_IT_IS, resetAcls: ["/"] }));
 */
export function changesTree(plan: Omit<RestorePlan, "now">): boolean {
  const { sessions, chosen, makePersistent, grafts, renamings, values, resetAcls, mapAcls } = plan;
  const lists = [grafts, renamings, values, resetAcls, mapAcls];
  const dropped = sessions === "drop" || sessions === "drop-ephemerals";
  return plan.isChanged || chosen !== null || makePersistent || dropped || lists.some((list) => list.length > 0);
}

/**
 * Makes of a state what a plan says: the state's own tree is changed, so that `state` is not to be used any more. The
 * order is fixed: choose, graft, rename, set, ACLs, then sessions and ephemerals, then what servers would delete by
 * themselves.
 *
 * Throws ZkRewindError 2 for a plan that servers would not survive.
 *
 * @example
 * import { AS_IT_IS, carryOut, discover, rebuild } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const values = [{ path: "/counters/c7", data: Buffer.from("0") }];
 * const plan = { ...AS_IT_IS, epoch: "leap", values, now: Date.now() };
 * const { zxid, point } = await carryOut(await rebuild(directory), directory, plan);
 * console.log(zxid, point);
 */
export async function carryOut(state: State, directory: DataDirectory, plan: RestorePlan): Promise<Restorable> {
  refuseChangeAtOldZxid(plan);
  const history = plan.withLogs ? historyOf(state, directory, changesTree(plan)) : null;
  const reach = await reachOf(directory, state.zxid);
  const bumped = plan.epoch === "keep" ? null : bumpEpoch(reach, plan.epoch === "leap" ? null : plan.epoch);
  const zxid = bumped?.zxid ?? state.zxid;
  const draft = new Draft(state.tree, zxid, state.time ?? 0n);
  const goesBack = state.zxid < reach.zxid;
  if (plan.chosen) trim(draft, plan.chosen);
  await takeGrafts(draft, directory, plan);
  for (const renaming of plan.renamings) rename(draft, renaming);
  for (const { path, data } of plan.values) setNamed(draft, path, data);
  for (const path of plan.resetAcls) resetAcls(draft, path);
  mapAcls(draft, plan.mapAcls);
  // A graft goes back, too, though only in part; and so may what is not exact.
  const mayGoBack = goesBack || plan.grafts.length > 0 || !state.exact;
  const policy = plan.sessions ?? (bumped && mayGoBack ? "drop" : "keep");
  settle(draft, policy);
  if (plan.release && !plan.release.containers) settleForOld(draft, plan.makePersistent);
  const aboutTtl = settleTtl(draft, plan.makePersistent ? "make-persistent" : plan.ttl, plan.now);
  settleContainers(draft, plan.makePersistent);
  if (bumped && plan.membership)
    setConfig(draft, { lines: plan.membership.lines, version: plan.membership.isDynamic ? zxid : 0n });
  if (history && !bumped) refuseChangesBeside(draft.changes.list);
  const { tree, time, exact, doubt, unproven, later, inDoubt, partial } = state;
  return {
    tree,
    history,
    zxid,
    epoch: bumped?.epoch ?? reach.epoch,
    point: state.zxid,
    time,
    exact,
    doubt,
    unproven,
    later,
    inDoubt,
    partial,
    plan: state.plan,
    changes: draft.changes.list,
    warnings: [
      ...(state.doubt === null ? [] : [say`the tree is not exact: ${state.doubt}`]),
      ...(state.exact || bumped ? [] : [aboutOthers(state.zxid)]),
      ...(bumped?.warnings ?? []),
      ...aboutTtl,
      ...aboutClients(state.zxid, reach, bumped !== null, policy, mayGoBack),
    ],
  };
}

async function takeGrafts(draft: Draft, directory: DataDirectory, plan: RestorePlan): Promise<void> {
  for (const { directory: from, open, grafts } of plan.grafts) {
    const logs = from === directory ? directory.logs : [...directory.logs, ...from.logs];
    const counters = await readCounters(
      logs,
      grafts.map(({ path }) => path),
    );
    graft(draft, await open(), grafts, counters, plan.openDanglingAcls);
  }
}

function setNamed(draft: Draft, path: string, data: Uint8Array): void {
  const slot = slotAt(draft, path);
  if (slot === NONE) throw new ZkRewindError(say`there is no znode ${tag.path(path)} to set`, { exitCode: 1 });
  setValue(draft, slot, data);
  draft.changes.add("values.set", { paths: [path] });
}

function refuseChangeAtOldZxid(plan: RestorePlan): void {
  if (plan.epoch !== "keep" || !changesTree(plan)) return;
  throw new ZkRewindError(say`a changed tree cannot have its old zxid`, {
    exitCode: 2,
    hint: say`Servers that still have the old tree at that zxid would not sync, and would serve different trees. Leave out --no-bump-epoch, and the epoch is raised.`,
  });
}

/** Servers compare zxids, and never trees. */
function aboutOthers(zxid: bigint): Message {
  return say`a server that has another tree at ${hex(zxid)} would not sync with this one: empty the other servers before they start, or raise the epoch with --bump-epoch`;
}

/** What clients that live on will meet. `mayGoBack`: something of what they have seen may not be there. */
function aboutClients(
  point: bigint,
  reach: Reach,
  isBumped: boolean,
  policy: SessionPolicy,
  mayGoBack: boolean,
): Message[] {
  if (!isBumped && point < reach.zxid)
    return [
      say`servers refuse clients that have seen a zxid above their own: a standalone server until as many transactions are written again; of an ensemble, the leader does not, and a follower may until the first transaction. These files go up to ${hex(reach.zxid)}; clients may have seen later zxids. A client that is let in keeps stale caches. --bump-epoch lets all clients in at once, and drops sessions`,
    ];
  if (!isBumped || !mayGoBack || policy === "drop") return [];
  return [
    say`sessions are kept: a client that comes back keeps its watches and caches, and does not learn which znodes were set back`,
  ];
}
