import { type Safe, safe, words } from "../text/safe.js";

/** Transaction types, as ZooDefs.OpCode numbers them. */
export const OpCode = {
  create: 1,
  delete: 2,
  setData: 5,
  setACL: 7,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  createContainer: 19,
  deleteContainer: 20,
  createTTL: 21,
  createSession: -10,
  closeSession: -11,
  error: -1,
} as const;

/** The types whose body carries a znode's data. */
export const SETS_DATA: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.setData,
  OpCode.reconfig,
]);

export type OpName = keyof typeof OpCode;

const NAMES = new Map<number, OpName>(Object.entries(OpCode).map(([name, code]) => [code, name as OpName]));

/** The name of a transaction type, or `unknown(17)`. */
export function opName(type: number): Safe {
  const name = NAMES.get(type);
  return name === undefined ? safe`unknown(${type})` : words(name);
}

export function isKnownOp(type: number): boolean {
  return NAMES.has(type);
}

/** KeeperException.Code, by number: what an `error` transaction carries. */
const ERRORS = new Map<number, string>([
  [0, "Ok"],
  [-1, "SystemError"],
  [-2, "RuntimeInconsistency"],
  [-3, "DataInconsistency"],
  [-4, "ConnectionLoss"],
  [-5, "MarshallingError"],
  [-6, "Unimplemented"],
  [-7, "OperationTimeout"],
  [-8, "BadArguments"],
  [-12, "UnknownSession"],
  [-13, "NewConfigNoQuorum"],
  [-14, "ReconfigInProgress"],
  [-100, "APIError"],
  [-101, "NoNode"],
  [-102, "NoAuth"],
  [-103, "BadVersion"],
  [-108, "NoChildrenForEphemerals"],
  [-110, "NodeExists"],
  [-111, "NotEmpty"],
  [-112, "SessionExpired"],
  [-113, "InvalidCallback"],
  [-114, "InvalidACL"],
  [-115, "AuthFailed"],
  [-118, "SessionMoved"],
  [-119, "NotReadOnly"],
  [-120, "EphemeralOnLocalSession"],
  [-121, "NoWatcher"],
  [-122, "RequestTimeout"],
  [-123, "ReconfigDisabled"],
  [-124, "SessionClosedRequireSaslAuth"],
  [-125, "QuotaExceeded"],
  [-127, "ThrottledOp"],
]);

/** The name of an error code, or its number. */
export function errorName(code: number): Safe {
  return (ERRORS.get(code) ?? String(code)) as Safe;
}
