import { isoTime } from "../../recovery/index.js";
import type { Acl } from "../../storage/acl.js";
import { hex } from "../../storage/zxid.js";
import type { Znode, ZnodeKind, ZnodeStat } from "../../tree/index.js";
import { type DataMode, dataFields, type Encoding } from "../value/data-mode.js";
import { type AclEntryShape, aclShape } from "./acl.js";
import { type FieldKind, type ObjectOf, STAT_FIELDS } from "./fields.js";

/** A znode but for its path, as far as it is known: ZnodeJson writes the same, whole, from a znode's record. */
export interface ZnodeShape {
  data?: string | null;
  encoding?: Encoding;
  /** Null where the ACL id is in no map. */
  acl?: AclEntryShape[] | null;
  aclId?: string;
  stat?: Partial<ObjectOf<typeof STAT_FIELDS>>;
  kind?: ZnodeKind;
  /** Milliseconds. */
  ttl?: number;
}

/** What may be known of a znode: what is undefined is left out. */
export interface KnownZnode {
  data: Buffer | null | undefined;
  acl: readonly Acl[] | undefined;
  /** Of an ACL that is in no map. */
  danglingAclId?: number;
  stat: { readonly [K in keyof ZnodeStat]?: ZnodeStat[K] | undefined };
  kind: ZnodeKind | undefined;
  ttl?: number | undefined;
}

export function znodeShape({ data, acl, danglingAclId, stat, kind, ttl }: KnownZnode, mode: DataMode): ZnodeShape {
  return {
    ...(data === undefined ? {} : dataFields(mode, data)),
    ...(acl && { acl: aclShape(acl) }),
    ...(danglingAclId === undefined ? {} : { acl: null, aclId: String(danglingAclId) }),
    ...statShape(stat),
    ...(kind && { kind }),
    ...(ttl === undefined ? {} : { ttl }),
  };
}

/** The same of a znode that is all there. */
export function wholeZnodeShape({ data, acl, aclId, stat, kind, ttl }: Znode, mode: DataMode): ZnodeShape {
  return znodeShape({ data, acl, ...(acl ? {} : { danglingAclId: aclId }), stat, kind, ttl }, mode);
}

function statShape(stat: KnownZnode["stat"]): Pick<ZnodeShape, "stat"> {
  const made: Record<string, string | number> = {};
  let any = false;
  for (const field of FIELDS) {
    const value = stat[field];
    if (value === undefined) continue;
    made[field] = valueShape(STAT_FIELDS[field], value);
    any = true;
  }
  return any ? { stat: made } : {};
}

function valueShape(kind: FieldKind, value: number | bigint): string | number {
  if (kind === "time") return isoTime(value);
  return typeof value === "bigint" ? hex(value) : value;
}

const FIELDS = Object.keys(STAT_FIELDS) as (keyof typeof STAT_FIELDS)[];
