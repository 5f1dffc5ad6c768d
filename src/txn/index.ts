/// <reference types="node" preserve="true" />
export { TxnCursor, type TxnShape } from "./cursor.js";
export { errorName } from "./errors.js";
export {
  Body,
  type BodyKind,
  bodyOf,
  type Effect,
  effectOf,
  hasData,
  hasPath,
  isKnownOp,
  OP_NAMES,
  OpCode,
  type OpName,
  opName,
} from "./ops.js";
export { lookAtTxn, readTxn, type Txn } from "./read-txn.js";
export { valueAt } from "./value-at.js";
