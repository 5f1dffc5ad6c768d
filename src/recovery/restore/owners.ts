import { ZkRewindError } from "../../findings/finding.js";
import { type DataTree, pathOf, STAT, ttlOf } from "../../tree/index.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { counted } from "../../text/safe.js";
import type { Draft } from "./draft.js";
import { ofKind, ownerKind } from "./owner-kinds.js";

/** Containers and TTL znodes: what servers delete by themselves, and what some of them do not have. */

/**
 * A container that had a child once and has none is deleted at a server's first check (ContainerManager, 60 s): those
 * that lost theirs on the way are named, or made persistent.
 */
export function settleContainers(draft: Draft, makePersistent: boolean): void {
  const { tree, changes } = draft;
  const { znodes } = tree;
  const emptied = draft.filledContainers.filter(
    (slot) => znodes.exists(slot) && ownerKind(tree, slot) === "container" && znodes.numChildren(slot) === 0,
  );
  if (makePersistent) for (const slot of emptied) draft.makePersistent(slot);
  const paths = emptied.map((slot) => pathOf(tree, slot)).sort();
  changes.add(makePersistent ? "containers.persistent" : "containers.emptied", { paths });
}

/**
 * 3.4 takes containers and TTL znodes for ephemerals of sessions that are gone: it deletes them when it loads them, and
 * leaves what is below them in no list. Throws ZkRewindError 2 where there are some, and they are not to become persistent.
 */
export function settleForOld(draft: Draft, makePersistent: boolean): void {
  const { tree, changes } = draft;
  const containers = ofKind(tree, "container");
  const slots = [...containers, ...ofKind(tree, "ttl")];
  if (slots.length === 0) return;
  if (!makePersistent) {
    const paths = slots.map((slot) => pathOf(tree, slot)).sort();
    throw new ZkRewindError(
      say`3.4 knows neither containers nor TTL znodes, and the tree has ${counted(paths.length, "such znode")}: ${named(paths)}`,
      {
        exitCode: 2,
        hint: say`It deletes them when it loads them, and orphans what is below them. --make-persistent makes them persistent.`,
      },
    );
  }
  changes.add("containers.persistent", { paths: containers.map((slot) => pathOf(tree, slot)).sort() });
  for (const slot of containers) draft.makePersistent(slot);
}

/** What becomes of TTL znodes. A server without extended types takes them for ephemerals of no session. */
export type TtlPolicy =
  /** They stay: the servers are known to have extended types. */
  | "keep"
  /** They stay: the servers are those that wrote them. */
  | "as-is"
  | "make-persistent"
  /** Whether the servers have extended types is not known. */
  | "refuse";

/**
 * `now`, in milliseconds since 1970. Returns what to warn of. Throws ZkRewindError 2 where TTL znodes are to be refused and
 * there are some.
 */
export function settleTtl(draft: Draft, policy: TtlPolicy, now: number): Message[] {
  const { tree, changes } = draft;
  const slots = ofKind(tree, "ttl");
  if (slots.length === 0) return [];
  const paths = slots.map((slot) => pathOf(tree, slot)).sort();
  if (policy === "refuse") throw refusedTtl(paths);
  if (policy === "make-persistent") {
    for (const slot of slots) draft.makePersistent(slot);
    changes.add("ttl.persistent", { paths });
    return [];
  }
  const expired = slots.filter((slot) => isExpired(tree, slot, now)).map((slot) => pathOf(tree, slot));
  changes.add("ttl.expired", { paths: expired.sort() });
  if (policy === "keep") return [];
  return [
    say`servers without zookeeper.extendedTypesEnabled=true delete ${counted(paths.length, "TTL znode")} when they load the snapshot. --extended-types says that all servers have it; --make-persistent makes them persistent`,
  ];
}

function refusedTtl(paths: readonly string[]): ZkRewindError {
  const hint = say`Servers without zookeeper.extendedTypesEnabled=true delete them when they load them, and followers keep them. --extended-types says that all servers have it; --make-persistent makes them persistent.`;
  return new ZkRewindError(
    say`there ${paths.length === 1 ? "is" : "are"} ${counted(paths.length, "TTL znode")}: ${named(paths)}`,
    {
      exitCode: 2,
      hint,
    },
  );
}

function named(paths: readonly string[]): Message {
  return say`${joined(paths.slice(0, MOST_NAMED).map(tag.path), ", ")}${paths.length > MOST_NAMED ? ", …" : ""}`;
}

const MOST_NAMED = 5;

function isExpired(tree: DataTree, slot: number, now: number): boolean {
  const { znodes } = tree;
  if (znodes.numChildren(slot) > 0) return false;
  const view = znodes.viewOf(slot);
  const stat = znodes.statOf(slot);
  const ttl = ttlOf(view.getInt32(stat + STAT.ephemeralOwner), view.getUint32(stat + STAT.ephemeralOwner + 4));
  return Number(view.getBigInt64(stat + STAT.mtime)) + ttl < now;
}
