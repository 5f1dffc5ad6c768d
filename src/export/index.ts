/// <reference types="node" preserve="true" />
export type { Counts, Format, TreeHeader, TreeWriter, TxnHeader, TxnWriter, ZnodePlace } from "./format.js";
export { FORMAT_NAMES, type FormatName, FORMATS } from "./formats.js";
export { csv } from "./csv/csv.js";
export { json, ndjson } from "./json/json.js";
export { exportZnode, type ZnodeExportOptions } from "./json/znode-document.js";
export { type Globs, matcher, select, type Selection } from "./select.js";
export { MemorySink, type Sink } from "../io/sink.js";
export { DATA_MODES, type DataMode, dataFields } from "./value/data-mode.js";
export { exportTxns, readRange, type TxnExportOptions } from "./walk/log.js";
export type { LogRange } from "./walk/read-forwards.js";
export {
  type ExportScan,
  exportSnapshot,
  scanForExport,
  type SnapshotExportOptions,
  snapshotPoint,
} from "./walk/snapshot.js";
export { exportTree, type TreeExportOptions } from "./walk/tree.js";
export type { TxnPlace, TxnVisitor } from "../recovery/scan/txn-visitor.js";
export type { SessionLine } from "./shapes/session.js";
export type { Encoding } from "./value/data-mode.js";
export type { LargeTexts } from "./value/large-texts.js";
export type { SnapshotPoint } from "./walk/snapshot.js";
