/// <reference types="node" preserve="true" />
/** Snapshot and log files: headers, names, zxids, readers and writers, trailers. */
export { type Acl, encodeAcl, permissionLetters, readAcl } from "./acl.js";
export { LogReader } from "./log-reader.js";
export { LogWriter } from "./log-writer.js";
export { fileName, type FileName, parseFileName } from "./names.js";
export { SnapshotReader } from "./snapshot-reader.js";
export {
  layoutName,
  layoutNamed,
  layoutOfRelease,
  type SnapshotLayout,
  type SnapshotTrailers,
} from "./snapshot-trailers.js";
export { SnapshotWriter } from "./snapshot-writer.js";
export { counterOf, epochOf, fromHalves, hex, makeZxid } from "./zxid.js";
export type { FileHeader } from "./header.js";
export type { ZnodeRun } from "../checksum/znode-run.js";
export type { FindValue } from "./large-record.js";
export type { LargeValues } from "./large-value.js";
export type { ByteRange } from "./log-slice.js";
export type { LogEnd } from "./log-tail.js";
export type { AclList } from "./snapshot-lists.js";
export type { SessionList } from "./snapshot-lists.js";
export type { SnapshotAcl } from "./snapshot-lists.js";
export type { SnapshotSession } from "./snapshot-lists.js";
export type { SnapshotDigest } from "./snapshot-trailers.js";
