/// <reference types="node" preserve="true" />
/** What can be wrong with files, and the error class. */
export { type Finding, finding, isZkRewindError, ZkRewindError } from "./finding.js";
export type { FindingKind, Trouble } from "./kind.js";
export { type FindingCode, FINDINGS, isFindingCode } from "./kinds.js";
export type { Severity } from "./severity.js";
export { FindingList } from "./finding-list.js";
export type { FindingPlace } from "./finding.js";
export type { Cure } from "./kind.js";
export { type Message, plain, type Tagged, type TagKind } from "../text/message.js";
export type { Safe } from "../text/safe.js";
