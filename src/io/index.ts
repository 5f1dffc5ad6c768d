/// <reference types="node" preserve="true" />
/** Bytes without paths: sources, compressed or not, and sinks. */
export type { ByteSource, Compression } from "./byte-source.js";
export { FileSink } from "./new/file-sink.js";
export { openBytes } from "./open-bytes.js";
export { MemorySink, type Sink } from "./sink.js";
export type { Place, StoredBytes, StoredSource } from "./stored-bytes.js";
export { createStored, type Stored, type StoredWriter } from "./stored-writer.js";
export type { BlockSupply } from "./window.js";
export type { Window } from "./window.js";
export type { FileTree, KeptTree } from "./file-tree.js";
export type { TarTree } from "./tar/tree.js";
export type { EntryKind } from "./entry-kind.js";
export type { Written } from "./new/followed-file.js";
