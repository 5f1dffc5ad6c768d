import { type DataTree, kindOf, STAT } from "../../tree/index.js";

/** The containers that have children. */
export function filledContainers(tree: DataTree): number[] {
  return ofKind(tree, "container").filter((slot) => tree.znodes.numChildren(slot) > 0);
}

/** The slots of one kind of znode. */
export function ofKind(tree: DataTree, kind: "container" | "ttl"): number[] {
  const { znodes } = tree;
  const list: number[] = [];
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    // Nearly every znode is persistent or ephemeral: the sign tells.
    if (znodes.viewOf(slot).getInt32(znodes.statOf(slot) + STAT.ephemeralOwner) >= 0) continue;
    if (ownerKind(tree, slot) === kind) list.push(slot);
  }
  return list;
}

/** What a znode is, by its owner. */
export function ownerKind({ znodes }: DataTree, slot: number): ReturnType<typeof kindOf> {
  const view = znodes.viewOf(slot);
  const at = znodes.statOf(slot) + STAT.ephemeralOwner;
  return kindOf(view.getInt32(at), view.getUint32(at + 4));
}
