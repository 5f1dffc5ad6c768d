import { type DataTree, kindOf, pathOf, STAT } from "../../tree/index.js";

/** Some znodes: how many, and the first few paths. */
export interface Znodes {
  count: number;
  paths: string[];
}

/** The znodes that a server may take for those of a session that is gone, and delete when it has loaded them. */
export interface Owners {
  containers: Znodes;
  ttls: Znodes;
  /** Ephemerals of sessions that are not among the open ones. */
  ownerless: Znodes;
}

const MOST_PATHS = 5;

/** Of a tree with the sessions as the files list them. */
export function ownersOf(tree: DataTree): Owners {
  const owners: Owners = { containers: none(), ttls: none(), ownerless: none() };
  const { znodes } = tree;
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    const view = znodes.viewOf(slot);
    const at = znodes.statOf(slot) + STAT.ephemeralOwner;
    const high = view.getInt32(at);
    const low = view.getUint32(at + 4);
    if (high === 0 && low === 0) continue;
    const kind = kindOf(high, low);
    if (kind === "container") add(owners.containers, tree, slot);
    else if (kind === "ttl") add(owners.ttls, tree, slot);
    else if (kind === "ephemeral" && !tree.sessions.has(high, low)) add(owners.ownerless, tree, slot);
  }
  return owners;
}

function add(znodes: Znodes, tree: DataTree, slot: number): void {
  znodes.count++;
  if (znodes.paths.length < MOST_PATHS) znodes.paths.push(pathOf(tree, slot));
}

function none(): Znodes {
  return { count: 0, paths: [] };
}
