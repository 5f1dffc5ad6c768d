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
export { lookAtTxn, readTxn, type Txn } from "./record.js";
export { valueAt } from "./large-value.js";
