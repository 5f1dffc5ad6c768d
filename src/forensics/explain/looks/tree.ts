import { ChildIndex, NONE, pathOf, readZnode, ROOT, type Znode } from "../../../tree/index.js";
import type { State } from "../../../recovery/index.js";
import { hex } from "../../../storage/zxid.js";
import { say, tag, type Tagged } from "../../../text/message.js";
import { counted } from "../../../text/safe.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";

const QUOTA = "/zookeeper/quota";
const LIMITS = "zookeeper_limits";
const STATS = "zookeeper_stats";

/** Quotas in the latest tree of which one of the two znodes is missing; and those above the path that the line names. */
export async function quotaNodes({ latest, explanation }: LookContext): Promise<Sight[]> {
  const state = await latest();
  if (!state) return [];
  const found: Sight[] = [];
  for (const folder of quotaFolders(state)) {
    const limits = znodeAt(state, `${folder}/${LIMITS}`);
    const stats = znodeAt(state, `${folder}/${STATS}`);
    const target = folder.slice(QUOTA.length);
    const values = say`limits ${valueOf(limits)}, stats ${valueOf(stats)}`;
    const place = { path: folder, zxid: (stats ?? limits)?.stat.mzxid ?? state.zxid };
    if (!limits || !stats) {
      const lacks = limits ? STATS : LIMITS;
      found.push({
        severity: "warning",
        ...place,
        message: say`the quota of ${tag.path(target)} has no ${lacks}: ${values}`,
      });
    } else if (explanation.facts.path !== undefined && concerns(target, explanation.facts.path)) {
      found.push({ severity: "note", ...place, message: say`the quota of ${tag.path(target)}: ${values}` });
    }
  }
  return found;
}

function valueOf(znode: Znode | null): Tagged | "none" {
  return znode?.data ? tag.value(znode.data.toString()) : "none";
}

/** Whether a line that names this path, or the quota's own znode, is about the quota of `target`. */
function concerns(target: string, path: string): boolean {
  const named = path.startsWith(QUOTA) ? path.slice(QUOTA.length).replace(/\/zookeeper_\w+$/, "") : path;
  return named === target || named.startsWith(`${target}/`);
}

function quotaFolders({ tree }: State): Set<string> {
  const folders = new Set<string>();
  const top = tree.znodes.findPath(Buffer.from(QUOTA));
  if (top === NONE) return folders;
  for (const slot of new ChildIndex(tree.znodes).walk(top)) {
    const path = pathOf(tree, slot);
    if (path.endsWith(`/${LIMITS}`) || path.endsWith(`/${STATS}`)) folders.add(path.slice(0, path.lastIndexOf("/")));
  }
  return folders;
}

function znodeAt({ tree }: State, path: string): Znode | null {
  const slot = path === "/" ? ROOT : tree.znodes.findPath(Buffer.from(path));
  return slot === NONE ? null : readZnode(tree, slot);
}

/** The nearest znode that exists above the path that a line names, and what its owner makes of it. */
export async function ownerAbove({ latest, explanation }: LookContext): Promise<Sight[]> {
  const state = await latest();
  const wanted = explanation.facts.path;
  if (!state || wanted === undefined || wanted === "/") return [];
  const parent = parentPath(wanted);
  let above = parent;
  let znode = znodeAt(state, above);
  while (!znode && above !== "/") {
    above = parentPath(above);
    znode = znodeAt(state, above);
  }
  if (!znode) return [];
  const missing = above === parent ? "" : say`${tag.path(parent)} is not in the latest state; above it, `;
  const { kind, stat, path } = znode;
  const children = counted(stat.numChildren, "child", "children");
  const message = say`${missing}${tag.path(path)} is ${KINDS[kind]} (owner ${hex(stat.ephemeralOwner)}), with ${children}`;
  return [{ severity: "note", path, zxid: stat.czxid, message }];
}

function parentPath(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

const KINDS = {
  persistent: "persistent",
  ephemeral: "an ephemeral",
  container: "a container, which 3.4 treats as an ephemeral",
  ttl: "a TTL znode, which servers without extendedTypesEnabled treat as an ephemeral",
} as const satisfies Record<Znode["kind"], string>;

/** The bits of a TTL's owner that servers want to be 0. */
const RESERVED = 0x00ffff00_00000000n;

/** Znodes whose owner has a TTL's mark and bits that no TTL has, or that 3.5.3 wrote. */
export async function ttlOwners({ latest }: LookContext): Promise<Sight[]> {
  const state = await latest();
  if (!state) return [];
  const found: Sight[] = [];
  const { znodes } = state.tree;
  for (let slot = 0; slot < znodes.slots && found.length < MOST; slot++) {
    if (!znodes.exists(slot)) continue;
    const { path, stat } = readZnode(state.tree, slot);
    const owner = BigInt.asUintN(64, stat.ephemeralOwner);
    const odd = owner >> 56n === 0xffn ? (owner & RESERVED) !== 0n : owner >> 56n === 0x80n && owner !== 1n << 63n;
    if (!odd) continue;
    found.push({
      severity: "warning",
      path,
      zxid: stat.czxid,
      message: say`${tag.path(path)} has the owner ${hex(owner)}`,
    });
  }
  return found;
}

const MOST = 5;

/** How large the newest sound snapshot is. */
export async function treeSize({ verification }: LookContext): Promise<Sight[]> {
  const newest = verification.snapshots.findLast(({ sound }) => sound);
  if (!newest) return [];
  const { path, znodes, bytes, largestValue } = newest;
  const message = say`${counted(znodes, "znode")} in ${counted(bytes, "byte")}, the largest value ${largestValue} bytes; a server's heap needs a few times that`;
  return [{ severity: "note", file: path, message }];
}
