import { Body, opName, type TxnCursor, type TxnShape } from "../../../txn/index.js";
import { say, tag } from "../../../text/message.js";
import { safe } from "../../../text/safe.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";
import { eachRecord } from "../../../recovery/scan/each-record.js";

/** Transactions, and members of multis, of the type that the line names. */
export async function ofType({ directory, explanation }: LookContext): Promise<Sight[]> {
  const type = Number(explanation.facts.type);
  if (!Number.isInteger(type)) return [];
  let count = 0;
  const places: Omit<Sight, "message">[] = [];
  for (const log of directory.logs) {
    await eachRecord(log, (txn, shape, { checksumOk, recordOffset }) => {
      if (!checksumOk || !(txn.type === type || isMemberOf(txn, shape, type))) return;
      if (count++ === 0) places.push({ severity: "error", file: log.path, offset: recordOffset, zxid: txn.zxid });
    });
  }
  const name = opName(type);
  const more = count === 1 ? "the only one" : safe`the first of ${count}`;
  return places.map((first) => ({
    ...first,
    message: say`a transaction of type ${type} (${tag.system(name)}), ${more}`,
  }));
}

function isMemberOf(txn: TxnCursor, shape: TxnShape, type: number): boolean {
  return shape === "ok" && txn.body === Body.multi && txn.someMember((member) => member.type === type);
}
