/** Long checksum and int length before a payload. */
export const RECORD_HEAD = 12;
/** 'B', after it. */
export const END_MARK = 0x42;
/** A TxnHeader: long session, int cxid, long zxid, long time, int type. No payload is shorter. */
export const TXN_HEADER_LENGTH = 32;
/** Where in a payload the zxid is. */
export const ZXID_AT = 12;
/** No record is shorter than this, frame and all. */
export const SMALLEST_RECORD = RECORD_HEAD + TXN_HEADER_LENGTH + 1;
