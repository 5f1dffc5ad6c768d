import { type Acl, encodeAcl } from "../../storage/acl.js";
import { say, tag } from "../../text/message.js";
import { type DataTree, OPEN_ACL_ID } from "../../tree/index.js";
import { BadLine, notA } from "./znode-line.js";

/** The ids of ACLs as lines write them, each encoded once. */
export class AclLines {
  private readonly tree: DataTree;
  private readonly known = new Map<string, number>();
  private last: Buffer = Buffer.alloc(0);
  private lastId = OPEN_ACL_ID;

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  /** The id of the ACL that is at bytes[start, end) as JSON; null where it is none. */
  idOfText(bytes: Buffer, start: number, end: number): number | null {
    const { last } = this;
    if (last.length === end - start && bytes.compare(last, 0, last.length, start, end) === 0) return this.lastId;
    try {
      this.lastId = this.idOf(JSON.parse(bytes.toString("utf8", start, end)));
    } catch (error) {
      if (error instanceof BadLine || error instanceof SyntaxError) return null;
      throw error;
    }
    this.last = Buffer.from(bytes.subarray(start, end));
    return this.lastId;
  }

  /** The id of a line's `acl`; the open one where there is none. */
  idOf(acl: unknown): number {
    if (acl === undefined) return OPEN_ACL_ID;
    const key = keyOf(acl);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const bytes = encodeAcl(entriesOf(acl));
    const id = this.tree.acls.intern(bytes, 0, bytes.length);
    this.known.set(key, id);
    return id;
  }
}

/** Of one entry, as most ACLs have, put together by hand: a line for each znode of millions. */
function keyOf(acl: unknown): string {
  const [entry, more] = Array.isArray(acl) ? (acl as unknown[]) : [];
  if (entry === undefined || entry === null || more !== undefined) return JSON.stringify(acl);
  const { perms, scheme, id } = entry as Record<string, unknown>;
  if (typeof perms !== "string" || typeof scheme !== "string" || typeof id !== "string") return JSON.stringify(acl);
  return `${scheme.length} ${id.length} ${scheme}${id}${perms}`;
}

function entriesOf(acl: unknown): Acl[] {
  if (acl === null) throw new BadLine(say`its ACL is not known: write one`);
  if (!Array.isArray(acl)) throw notA("acl", acl, "a list");
  return acl.map((entry: unknown) => {
    const { perms, scheme, id } = (entry ?? {}) as Record<string, unknown>;
    if (!isTextOrNull(scheme) || !isTextOrNull(id)) throw notA("acl", entry, "perms, scheme and id");
    return { perms: permsOf(perms), scheme, id };
  });
}

function isTextOrNull(value: unknown): value is string | null {
  return typeof value === "string" || value === null;
}

/** Letters of `cdrwa`, and `+0x…` for bits that mean nothing. */
function permsOf(perms: unknown): number {
  const [, letters = "", rest] =
    (typeof perms === "string" && /^([cdrwa]*)(?:\+(0x[0-9a-f]{1,8}))?$/.exec(perms)) || [];
  if (typeof perms !== "string" || (letters === "" && rest === undefined && perms !== ""))
    throw new BadLine(say`its permissions are ${tag.value(String(perms))}, not letters of cdrwa`);
  let bits = rest === undefined ? 0 : Number(rest) | 0;
  for (const letter of letters) bits |= BITS[letter] ?? 0;
  return bits;
}

const BITS: Readonly<Record<string, number>> = { r: 1, w: 2, c: 4, d: 8, a: 16 };
