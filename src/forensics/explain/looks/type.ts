import { OpCode, opName, TxnCursor } from "../../../txn/index.js";
import { say, tag } from "../../../text/message.js";
import { safe } from "../../../text/safe.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";
import { recordsOf, zxidOf } from "./records.js";

/** Transactions, and members of multis, of the type that the line names. */
export async function ofType({ directory, explanation }: LookContext): Promise<Sight[]> {
  const type = Number(explanation.facts.type);
  if (!Number.isInteger(type)) return [];
  const member = new TxnCursor();
  let count = 0;
  let first: Omit<Sight, "message"> | null = null;
  for await (const { log, reader, cursor, shape } of recordsOf(directory.logs)) {
    if (!reader.checksumOk || !(cursor.type === type || (shape === "ok" && hasMember(cursor, member, type)))) continue;
    count++;
    first ??= { severity: "error", file: log.path, offset: reader.recordOffset, zxid: zxidOf(cursor) };
  }
  if (!first) return [];
  const name = opName(type);
  const more = count === 1 ? "the only one" : safe`the first of ${count}`;
  return [{ ...first, message: say`a transaction of type ${type} (${tag.system(name)}), ${more}` }];
}

function hasMember(txn: TxnCursor, member: TxnCursor, type: number): boolean {
  if (txn.type !== OpCode.multi) return false;
  let at = txn.itemsStart;
  for (let index = 0; index < txn.items && at >= 0; index++) {
    at = txn.parseMember(member, at);
    if (at >= 0 && member.type === type) return true;
  }
  return false;
}
