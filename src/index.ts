/// <reference types="node" preserve="true" />
/**
 * zkrewind as a library. What most need is here; the layers below have entries of their own: `zkrewind/storage`, `/txn`,
 * `/tree`, `/recovery`, `/forensics`, `/export`, `/io`, `/findings`, `/jute`.
 *
 * zxids, sessions and times are bigints: 64 bits; times are milliseconds since 1970. Errors that a caller can do something
 * about are {@link ZkRewindError}; what is wrong with the files is a {@link Finding}, and throws nothing.
 *
 * @packageDocumentation
 */

export {
  type AtOptions,
  type ChangesOptions,
  Directory,
  openDirectory,
  type OpenOptions,
  type RestoreToOptions,
  type Transaction,
  type TransactionsOptions,
} from "./api/directory.js";
export type { PointLike, PointOptions, RangeOptions } from "./api/points.js";
export { type OpenSession, type TreeChange, TreeState } from "./api/tree-state.js";
export { JuteReader, JuteWriter } from "./jute/index.js";
export { type Acl, encodeAcl, permissionLetters, readAcl } from "./storage/acl.js";
export { type Finding, isZkRewindError, ZkRewindError } from "./findings/finding.js";
export type { FindingKind, Trouble } from "./findings/kind.js";
export { type Message, plain } from "./text/message.js";
export type { Severity } from "./findings/severity.js";
export { type FindingCode, FINDINGS } from "./findings/kinds.js";
export { LogReader } from "./storage/log-reader.js";
export { fileName, parseFileName } from "./storage/names.js";
export { SnapshotReader } from "./storage/snapshot-reader.js";
export { layoutName, layoutNamed, type SnapshotLayout, type SnapshotTrailers } from "./storage/snapshot-trailers.js";
export { SnapshotWriter } from "./storage/snapshot-writer.js";
export type { ByteSource, Compression } from "./io/byte-source.js";
export { openBytes } from "./io/open-bytes.js";
export { Scratch } from "./io/scratch.js";
export { createStored, type StoredWriter } from "./io/stored-writer.js";
export { counterOf, epochOf, hex, makeZxid } from "./storage/zxid.js";
export { errorName, OpCode, opName, readTxn, type Txn, TxnCursor } from "./txn/index.js";
export {
  ChildIndex,
  DataTree,
  freshTree,
  loadSnapshot,
  NONE,
  pathOf,
  readZnode,
  ROOT,
  type Znode,
  type ZnodeKind,
  type ZnodeStat,
} from "./tree/index.js";
export {
  type Coverage,
  coverageOf,
  type DataDirectory,
  discover,
  fetchSources,
  type FetchOptions,
  type Given,
  LATEST,
  type LogScan,
  parsePoint,
  type Point,
  type PointRequest,
  rebuild,
  replay,
  restore,
  scanLog,
  scanSnapshot,
  type SnapshotScan,
  type State,
  type StoredFile,
  type Verification,
  verify,
} from "./recovery/index.js";
export { csv, exportTree, exportTxns, type Format, json, ndjson, select, type Sink } from "./export/index.js";
export type { Change, ChangeTxn, DeleteCause, Hole, SessionEnding } from "./forensics/history/change.js";
export type { EphemeralLife, SessionEnd, SessionLife } from "./forensics/history/session-life.js";
export type { Moment } from "./recovery/scan/headers.js";
export type { ZnodeState } from "./forensics/history/znode-state.js";
export { merge } from "./recovery/ensemble/merge.js";
export { compareNodes } from "./forensics/replicas/compare.js";
export { diffTrees } from "./forensics/diff/diff.js";
export type { ZnodeChange } from "./forensics/diff/znode-change.js";
export { explain } from "./forensics/explain/explain.js";
export { follow } from "./forensics/transactions/follow.js";
export { history } from "./forensics/history/history.js";
export { salvage } from "./forensics/salvage/salvage.js";
export { sessionLife, sessionLives } from "./forensics/history/sessions.js";
export { TxnFilter } from "./forensics/transactions/txn-filter.js";
export { TxnStats } from "./forensics/transactions/txn-stats.js";
export { undo } from "./forensics/diff/undo.js";
