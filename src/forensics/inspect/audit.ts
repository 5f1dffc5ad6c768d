import { type Acl, permissionLetters } from "../../storage/acl.js";
import { hex } from "../../storage/zxid.js";
import { type DataTree, pathOf, STAT } from "../../tree/index.js";
import { aclOf, kindAt, type Place, placeOf } from "./find.js";
import { safe, type Safe, words } from "../../text/safe.js";

/** What to look for in a tree before it becomes an incident, and why; in groups of a kind. */
export const AUDIT_GROUPS = {
  limits: {
    oversize:
      "Near or over jute.maxbuffer: a server or client with the default limit closes the connection (Len error, Packet len is out of range). For a parent, the list of its children's names is too long.",
    "sequence-overflow":
      "Sequence numbers come from the parent's cversion, an int that only rises. After 2147483647 the next number is negative, and no longer sorts last.",
    "session-close-size":
      "When this session ends, one transaction names all of its ephemerals. Near or over jute.maxbuffer, followers cannot read it (Unreasonable length), and the quorum can be lost.",
  },
  access: {
    "world-writable": "Anyone who can connect may write, create, delete or change the ACL here.",
    "digest-acl":
      "The ACL holds a SHA-1 digest of a user's name and password, without a salt, readable in every copy of these files. Weak passwords can be guessed from it.",
    "dangling-acl":
      "The ACL id is in no map (ZOOKEEPER-4846), so the ACL is unknown. A server refuses such a snapshot, or fails at the first access.",
  },
  sessions: {
    "orphan-ephemeral": "Its session is not open, so no server will ever delete it.",
  },
} as const;

/** Each audit with why it matters. */
export const AUDITS = { ...AUDIT_GROUPS.limits, ...AUDIT_GROUPS.access, ...AUDIT_GROUPS.sessions };

export type AuditName = keyof typeof AUDITS;

export interface AuditHit {
  audit: AuditName;
  /** One of them. */
  path?: string;
  session?: bigint;
  /** What it is about, in a few words. */
  detail: Safe;
  /** The entries that it is about. */
  acl?: readonly Acl[];
}

export interface AuditOptions {
  audits: readonly AuditName[];
  /** As the servers have it set. */
  juteMaxBuffer: number;
  /** Part of a limit from which on it is near: 0.8. */
  near: number;
}

/** The hits among znodes, in the order in which they are given; then those among the sessions. */
export function* auditTree(tree: DataTree, slots: Iterable<number>, options: AuditOptions): Generator<AuditHit> {
  const wanted = new Set(options.audits);
  const names = wanted.has("oversize") ? childNameBytes(tree) : undefined;
  for (const slot of slots) {
    const place = placeOf(tree, slot);
    for (const audit of options.audits) {
      const found = ZNODE_AUDITS[audit]?.(place, options, names);
      if (found) yield { audit, path: pathOf(tree, slot), ...(typeof found === "string" ? { detail: found } : found) };
    }
  }
  if (wanted.has("session-close-size")) yield* largeSessions(tree, options);
}

type ZnodeAudit = (place: Place, options: AuditOptions, names: Float64Array | undefined) => Safe | Found | null;
type Found = Pick<AuditHit, "detail" | "acl">;

const ZNODE_AUDITS: Partial<Record<AuditName, ZnodeAudit>> = {
  "world-writable": worldWritable,
  "digest-acl": digestAcl,
  oversize,
  "sequence-overflow": sequenceOverflow,
  "dangling-acl": (place) => (aclOf(place) === undefined ? safe`ACL id ${place.view.getBigInt64(place.acl)}` : null),
  "orphan-ephemeral": orphanEphemeral,
};

/** Write, create, delete, admin: all but read. */
const CHANGING = 2 | 4 | 8 | 16;

function worldWritable(place: Place): Safe | null {
  let perms = 0;
  for (const entry of aclOf(place) ?? []) if (entry.scheme === "world" && entry.id === "anyone") perms |= entry.perms;
  return (perms & CHANGING) === 0 ? null : safe`world:anyone:${permissionLetters(perms)}`;
}

function digestAcl(place: Place): Found | null {
  const acl = (aclOf(place) ?? []).filter(({ scheme }) => scheme === "digest");
  if (acl.length === 0) return null;
  return { detail: acl.length === 1 ? words("1 digest") : safe`${acl.length} digests`, acl };
}

function oversize(place: Place, { juteMaxBuffer, near }: AuditOptions, names: Float64Array | undefined): Safe | null {
  const value = place.view.getInt32(place.data);
  if (value >= juteMaxBuffer * near) return safe`${value} bytes of data${share(value, juteMaxBuffer)}`;
  const listed = 4 + (names?.[place.slot] ?? 0);
  return listed >= juteMaxBuffer * near
    ? safe`${listed} bytes of children's names${share(listed, juteMaxBuffer)}`
    : null;
}

function sequenceOverflow({ view, stat }: Place, { near }: AuditOptions): Safe | null {
  const cversion = view.getInt32(stat + STAT.cversion);
  if (cversion < 0) return safe`cversion ${cversion}: it has overflowed`;
  return cversion >= MOST_INT * near ? safe`cversion ${cversion}: ${MOST_INT - cversion} creates left` : null;
}

const MOST_INT = 2 ** 31 - 1;

function orphanEphemeral(place: Place): Safe | null {
  if (kindAt(place) !== "ephemeral") return null;
  const { view, stat, tree } = place;
  const at = stat + STAT.ephemeralOwner;
  if (tree.sessions.has(view.getInt32(at), view.getUint32(at + 4))) return null;
  return safe`session ${hex(view.getBigInt64(at))}`;
}

/** By slot: what each znode's children's names take in an answer to getChildren, as a vector of ustrings. */
function childNameBytes({ znodes }: DataTree): Float64Array {
  const sums = new Float64Array(znodes.slots);
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    const parent = znodes.parent(slot);
    if (parent < 0) continue;
    const above = parent === 0 ? 0 : znodes.viewOf(parent).getInt32(znodes.recordOf(parent));
    const length = znodes.viewOf(slot).getInt32(znodes.recordOf(slot));
    sums[parent] = (sums[parent] as number) + 4 + length - above - 1;
  }
  return sums;
}

/** A TxnHeader, then the vector of paths. */
const CLOSE_SESSION_HEAD = 32 + 4;

function* largeSessions(tree: DataTree, { juteMaxBuffer, near }: AuditOptions): Generator<AuditHit> {
  for (const [session, slots] of tree.ephemerals.sorted()) {
    let size = CLOSE_SESSION_HEAD;
    for (const slot of slots) size += 4 + tree.znodes.viewOf(slot).getInt32(tree.znodes.recordOf(slot));
    if (size < juteMaxBuffer * near) continue;
    const detail = safe`${slots.size} ephemerals, a closeSession of ${size} bytes${share(size, juteMaxBuffer)}`;
    yield { audit: "session-close-size", session, detail };
  }
}

function share(size: number, limit: number): Safe {
  return safe`, ${Math.floor((size / limit) * 100)} % of jute.maxbuffer`;
}
