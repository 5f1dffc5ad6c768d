import { type Command, InvalidArgumentError } from "commander";
import { TxnFilter } from "../../forensics/transactions/txn-filter.js";
import { didYouMeanOf } from "./nearest.js";
import { collect, wholeNumber } from "./options.js";
import { OP_NAMES } from "../../txn/index.js";

export interface FilterOptions {
  op?: string[];
  path?: string[];
  session?: bigint[];
  cxid?: number[];
  errors?: boolean;
  minSize?: number;
}

/** The options that choose transactions by what they are. */
export function addFilter(command: Command): Command {
  return command
    .option("--op <names>", "only these operations, comma-separated; list names them all", collectNames)
    .option("--path <glob>", "only transactions on a path that matches; may be repeated", collect)
    .option("--session <id>", "only transactions of this session, 0x…; may be repeated", collectSession)
    .option(
      "--cxid <n>",
      "only transactions with this cxid, the client's request number; may be repeated",
      collectNumber,
    )
    .option("--errors", "only what failed: errors, and multis with a failed member")
    .option("--min-size <bytes>", "only records whose payload has at least this many bytes", wholeNumber);
}

/** Throws a usage error for a name or glob that cannot be. */
export function filterOf({ op, path, session, cxid, errors, minSize }: FilterOptions): TxnFilter {
  return new TxnFilter({
    ...(op && { ops: op }),
    ...(path && { paths: path }),
    ...(session && { sessions: session }),
    ...(cxid && { cxids: cxid }),
    ...(errors && { errors }),
    ...(minSize !== undefined && { minSize }),
  });
}

function collectNames(names: string, before: string[] | undefined): string[] {
  const list = names.split(",").map((name) => name.trim());
  const wrong = list.find(
    (name) => name !== "list" && !OP_NAMES.some((each) => each.toLowerCase() === name.toLowerCase()),
  );
  if (wrong !== undefined) throw new InvalidArgumentError(didYouMeanOf(wrong, OP_NAMES));
  return [...(before ?? []), ...list];
}

function collectNumber(text: string, before: number[] | undefined): number[] {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value !== (value | 0)) throw new InvalidArgumentError("It takes a whole number.");
  return [...(before ?? []), value];
}

function collectSession(text: string, before: bigint[] | undefined): bigint[] {
  return [...(before ?? []), sessionId(text)];
}

/** A session id as ZooKeeper writes it, 0x and hex; a signed long comes out. */
export function sessionId(text: string): bigint {
  if (!/^0x[0-9a-f]{1,16}$/i.test(text)) throw new InvalidArgumentError("A session id is 0x and up to 16 hex digits.");
  return BigInt.asIntN(64, BigInt(text));
}
