import { type JuteReader, JuteWriter } from "../jute/index.js";
import type { Safe } from "../text/safe.js";

/** One entry of an ACL: a permission mask, a scheme ("world", "digest", "ip", …) and an id within it. */
export interface Acl {
  perms: number;
  scheme: string | null;
  id: string | null;
}

/** ZooDefs.Perms, in the order in which they are written: cdrwa. */
const LETTERS: readonly [number, string][] = [
  [4, "c"],
  [8, "d"],
  [1, "r"],
  [2, "w"],
  [16, "a"],
];

/**
 * A permission mask as letters; bits that mean nothing are added as `+0x…`.
 *
 * @example
 * import { permissionLetters } from "zkrewind/storage";
 *
 * console.log(permissionLetters(31), permissionLetters(1), permissionLetters(0x41));
 */
export function permissionLetters(perms: number): Safe {
  let letters = "";
  for (const [bit, letter] of LETTERS) if (perms & bit) letters += letter;
  const rest = (perms & ~31) >>> 0;
  return (rest === 0 ? letters : `${letters}+0x${rest.toString(16)}`) as Safe;
}

/** world:anyone with every permission, as a vector<ACL>: what the aclId -1 stands for. */
export const OPEN_ACL: Buffer = encodeAcl([{ perms: 31, scheme: "world", id: "anyone" }]);

/**
 * A vector<ACL> as servers store it; null for a null vector.
 *
 * @example
 * import { encodeAcl } from "zkrewind/storage";
 *
 * console.log(encodeAcl([{ perms: 31, scheme: "world", id: "anyone" }]).toString("hex"));
 */
export function encodeAcl(entries: readonly Acl[] | null): Buffer {
  const writer = new JuteWriter(64);
  writer.int(entries ? entries.length : -1);
  for (const { perms, scheme, id } of entries ?? []) writer.int(perms).string(scheme).string(id);
  return Buffer.from(writer.bytes);
}

/**
 * The entries of a vector<ACL> at the cursor; null for a null vector.
 *
 * @example
 * import { JuteReader } from "zkrewind/jute";
 * import { encodeAcl, readAcl } from "zkrewind/storage";
 *
 * const bytes = encodeAcl([{ perms: 31, scheme: "world", id: "anyone" }]);
 * console.log(readAcl(new JuteReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length))));
 */
export function readAcl(cursor: JuteReader): Acl[] | null {
  const count = cursor.int();
  if (count < 0) return null;
  const entries: Acl[] = [];
  for (let index = 0; index < count && cursor.ok; index++) {
    entries.push({ perms: cursor.int(), scheme: cursor.string(), id: cursor.string() });
  }
  return entries;
}

/** Steps over a vector<ACL>: int count, then int perms, ustring scheme, ustring id each. */
export function skipAcl(cursor: JuteReader): void {
  const count = cursor.int();
  if (count < -1) cursor.ok = false;
  for (let index = 0; index < count && cursor.ok; index++) {
    cursor.int();
    cursor.buffer();
    cursor.buffer();
  }
}
