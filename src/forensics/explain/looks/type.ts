import { Body, opName, type TxnCursor, type TxnShape } from "../../../txn/index.js";
import { say, tag } from "../../../text/message.js";
import { safe } from "../../../text/safe.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";
import { recordsOf } from "./records.js";

/** Transactions, and members of multis, of the type that the line names. */
export async function ofType({ directory, explanation }: LookContext): Promise<Sight[]> {
  const type = Number(explanation.facts.type);
  if (!Number.isInteger(type)) return [];
  let count = 0;
  let first: Omit<Sight, "message"> | null = null;
  for await (const { log, reader, cursor, shape } of recordsOf(directory.logs)) {
    if (!reader.checksumOk || !(cursor.type === type || isMemberOf(cursor, shape, type))) continue;
    count++;
    first ??= { severity: "error", file: log.path, offset: reader.recordOffset, zxid: cursor.zxid };
  }
  if (!first) return [];
  const name = opName(type);
  const more = count === 1 ? "the only one" : safe`the first of ${count}`;
  return [{ ...first, message: say`a transaction of type ${type} (${tag.system(name)}), ${more}` }];
}

function isMemberOf(txn: TxnCursor, shape: TxnShape, type: number): boolean {
  return shape === "ok" && txn.body === Body.multi && txn.someMember((member) => member.type === type);
}
