/** Bytes of StatPersisted in a znode's record. */
export const STAT_LENGTH = 60;
/** Bytes of the aclId before it. */
export const ACL_ID_LENGTH = 8;
/** Bytes of a znode without a path or data: two lengths, aclId, StatPersisted. */
export const SMALLEST_ZNODE = 8 + ACL_ID_LENGTH + STAT_LENGTH;

/** The aclId that is at a place of a znode's record. */
export function aclIdAt(view: DataView, at: number): number {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
}
