import { JuteReader } from "../../jute/index.js";
import { encodeAcl, readAcl } from "../../storage/acl.js";
import { aclAt, type DataTree, NONE, OPEN_ACL_ID, pathOf, setLong, STAT } from "../../tree/index.js";
import type { Draft } from "./draft.js";
import { subtrees } from "./subtrees.js";
import { slotAt } from "./value.js";

/** Gives a znode and all below it world:anyone:cdrwa; not the server's own, unless they are named. */
export function resetAcls(draft: Draft, path: string): void {
  const { tree } = draft;
  const top = slotAt(draft, path);
  if (top === NONE) return;
  const own = path.startsWith("/zookeeper") ? NONE : slotAt(draft, "/zookeeper");
  const kept = new Set(own === NONE ? [] : subtrees(tree, [own]));
  const changed = subtrees(tree, [top]).filter((slot) => !kept.has(slot) && setAcl(tree, slot, OPEN_ACL_ID));
  draft.changes.add("acls.reset", { paths: [path], count: changed.length });
}

/** An identity in ACLs that becomes another: each as scheme:id. */
export interface AclMapping {
  from: { scheme: string; id: string };
  to: { scheme: string; id: string };
}

/** Replaces identities in every ACL of the tree; permissions stay. */
export function mapAcls(draft: Draft, mappings: readonly AclMapping[]): void {
  if (mappings.length === 0) return;
  const { tree } = draft;
  const mapped = new Map<number, number>();
  const paths: string[] = [];
  for (let slot = 0; slot < tree.znodes.slots; slot++) {
    if (!tree.znodes.exists(slot)) continue;
    const id = aclIdOf(tree, slot);
    let to = mapped.get(id);
    if (to === undefined) mapped.set(id, (to = mapOne(tree, id, mappings)));
    if (setAcl(tree, slot, to)) paths.push(pathOf(tree, slot));
  }
  draft.changes.add("acls.mapped", { paths: paths.sort() });
}

/** The id of an ACL with its identities replaced; its own where there is nothing to replace. */
function mapOne({ acls }: DataTree, id: number, mappings: readonly AclMapping[]): number {
  const acl = acls.get(id);
  if (!acl) return id;
  const entries = readAcl(new JuteReader(new DataView(acl.buffer, acl.byteOffset, acl.byteLength))) ?? [];
  let changed = false;
  for (const entry of entries) {
    const mapping = mappings.find(({ from }) => from.scheme === entry.scheme && from.id === entry.id);
    if (!mapping) continue;
    Object.assign(entry, mapping.to);
    changed = true;
  }
  if (!changed) return id;
  const bytes = encodeAcl(entries);
  return acls.intern(bytes, 0, bytes.length);
}

/** Gives a znode another ACL, as a setACL does; false where it has that already. */
function setAcl({ znodes }: DataTree, slot: number, id: number): boolean {
  const view = znodes.viewOf(slot);
  const at = aclAt(view, znodes.recordOf(slot));
  if (view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4) === id) return false;
  setLong(view, at, Math.floor(id / 2 ** 32), id >>> 0);
  const version = at + 8 + STAT.aversion;
  view.setInt32(version, (view.getInt32(version) + 1) | 0);
  znodes.refresh(slot);
  return true;
}

function aclIdOf({ znodes }: DataTree, slot: number): number {
  const view = znodes.viewOf(slot);
  const at = aclAt(view, znodes.recordOf(slot));
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
}
