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

/** Where the parts of one znode's record are, in a block: all offsets. */
export class ZnodeFrame {
  record = 0;
  pathStart = 0;
  pathLength = 0;
  dataStart = 0;
  /** -1 where the data is null. */
  dataLength = 0;
  /** Where the 8-byte aclId is; StatPersisted follows it. */
  aclAt = 0;
  recordEnd = 0;

  /** A whole record in memory. */
  standOn(view: DataView, record: number): void {
    const pathLength = view.getInt32(record);
    const dataLength = view.getInt32(record + 4 + pathLength);
    this.standAt(record, pathLength, dataLength, Math.max(dataLength, 0));
  }

  /** A record of which `dataHeld` bytes of data are in memory. */
  protected standAt(record: number, pathLength: number, dataLength: number, dataHeld: number): void {
    this.record = record;
    this.pathStart = record + 4;
    this.pathLength = pathLength;
    this.dataStart = this.pathStart + pathLength + 4;
    this.dataLength = dataLength;
    this.aclAt = this.dataStart + dataHeld;
    this.recordEnd = this.aclAt + ACL_ID_LENGTH + STAT_LENGTH;
  }
}
