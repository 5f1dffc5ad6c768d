/** What a znode's ephemeralOwner says that it is. */
export type ZnodeKind = "persistent" | "ephemeral" | "container" | "ttl";

/**
 * EphemeralType.get, for a server with extended types: 0 is persistent, the smallest long a container, a high byte of
 * 0xFF with the reserved bits 40 to 55 zero a TTL in milliseconds; everything else is a session id. (A server without
 * extendedTypesEnabled takes a TTL owner for a session id, but then it never writes one.)
 *
 * @example
 * import { kindOf } from "zkrewind/tree";
 *
 * console.log(kindOf(0, 0), kindOf(0x01000033, 1));
 */
export function kindOf(high: number, low: number): ZnodeKind {
  if (high === 0 && low === 0) return "persistent";
  if (high === CONTAINER_HIGH && low === 0) return "container";
  if (high >>> 8 === TTL_HIGH) return "ttl";
  return "ephemeral";
}

/**
 * The TTL in milliseconds of a znode of kind "ttl".
 *
 * @example
 * import { TTL_MARK, ttlOf } from "zkrewind/tree";
 *
 * console.log(ttlOf(TTL_MARK, 5000));
 */
export function ttlOf(high: number, low: number): number {
  return (high & 0xff) * 2 ** 32 + low;
}

/** Upper half of the owner of a container: 0x8000000000000000. */
export const CONTAINER_HIGH = -0x80000000;
/** The upper 24 bits of the owner of a TTL znode: 0xFF, then the reserved zeros. */
const TTL_HIGH = 0xff0000;
/** To or into the upper half of a TTL for its owner. */
export const TTL_MARK = 0xff000000 | 0;
