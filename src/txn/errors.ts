import type { Safe } from "../text/safe.js";

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

/**
 * The name of an error code, or its number.
 *
 * @example
 * import { errorName } from "zkrewind/txn";
 *
 * console.log(errorName(-101), errorName(-9999));
 */
export function errorName(code: number): Safe {
  return (ERRORS.get(code) ?? String(code)) as Safe;
}
