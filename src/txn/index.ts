export { TxnCursor, type TxnShape } from "./cursor.js";
export { errorName, isKnownOp, OpCode, type OpName, opName, SETS_DATA } from "./ops.js";
export { lookAtTxn, readTxn, type Txn } from "./record.js";
export { valueAt } from "./large-value.js";
