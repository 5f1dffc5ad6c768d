import { aclIdAt } from "../../storage/znode-record.js";
import { aclAt, dataAt, kindOf, STAT, type TreeView } from "../../tree/index.js";
import type { ChangedField, DiffOptions, ZnodeChange } from "./znode-change.js";

/** Compares znodes of two trees that have the same path. */
export class ZnodeComparison {
  private readonly before: TreeView;
  private readonly after: TreeView;
  private readonly options: DiffOptions;

  constructor(before: TreeView, after: TreeView, options: DiffOptions) {
    this.before = before;
    this.after = after;
    this.options = options;
  }

  /** How two znodes differ; null where they do not. */
  of(before: number, after: number): ZnodeChange | null {
    const a = this.before.znodes;
    const b = this.after.znodes;
    const [viewA, viewB] = [a.viewOf(before), b.viewOf(after)];
    const [dataA, dataB] = [dataAt(viewA, a.recordOf(before)), dataAt(viewB, b.recordOf(after))];
    const [aclA, aclB] = [aclAt(viewA, a.recordOf(before)), aclAt(viewB, b.recordOf(after))];
    const fields: ChangedField[] = [];
    if (a.memoryOf(before).bytes.compare(b.memoryOf(after).bytes, dataB, aclB, dataA, aclA) !== 0) fields.push("data");
    const acl = this.compareAcls(aclIdAt(viewA, aclA), aclIdAt(viewB, aclB));
    if (acl) fields.push(acl);
    if (ownersKind(viewA, aclA + 8) !== ownersKind(viewB, aclB + 8)) fields.push("kind");
    const recreated = this.options.oneHistory && !sameLong(viewA, aclA + 8, viewB, aclB + 8, STAT.czxid);
    if (this.options.stat) {
      fields.push(...STAT_FIELDS.filter((field) => !sameField(viewA, aclA + 8, viewB, aclB + 8, field)));
      if (a.numChildren(before) !== b.numChildren(after)) fields.push("numChildren");
    }
    return fields.length > 0 || recreated ? { change: "changed", before, after, fields, recreated } : null;
  }

  private compareAcls(before: number, after: number): "acl" | "aclUnknown" | null {
    const [a, b] = [this.before.acls.get(before), this.after.acls.get(after)];
    if (a && b) return a.equals(b) ? null : "acl";
    if (!a && !b && before === after && this.options.oneHistory) return null;
    return "aclUnknown";
  }
}

const STAT_FIELDS = Object.keys(STAT) as (keyof typeof STAT)[];
/** Fields of four bytes; the others have eight. */
const INTS: ReadonlySet<keyof typeof STAT> = new Set(["version", "cversion", "aversion"]);

function sameField(a: DataView, statA: number, b: DataView, statB: number, field: keyof typeof STAT): boolean {
  const offset = STAT[field];
  if (INTS.has(field)) return a.getInt32(statA + offset) === b.getInt32(statB + offset);
  return sameLong(a, statA, b, statB, offset);
}

function sameLong(a: DataView, statA: number, b: DataView, statB: number, offset: number): boolean {
  return (
    a.getInt32(statA + offset) === b.getInt32(statB + offset) &&
    a.getInt32(statA + offset + 4) === b.getInt32(statB + offset + 4)
  );
}

/** The kind, and for a TTL znode its owner, which is the TTL; which session an ephemeral belongs to is not its kind. */
function ownersKind(view: DataView, stat: number): string {
  const high = view.getInt32(stat + STAT.ephemeralOwner);
  const low = view.getUint32(stat + STAT.ephemeralOwner + 4);
  const kind = kindOf(high, low);
  return kind === "ttl" ? `ttl ${high} ${low}` : kind;
}
