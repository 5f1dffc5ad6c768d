import { type Finding, finding, type FindingPlace } from "../../findings/finding.js";
import type { LogReader } from "../../storage/log-reader.js";
import type { TxnShape } from "../../txn/index.js";
import { say } from "../../text/message.js";

/** A record whose checksum is right and that holds no transaction that can be applied. */
export function undecoded(shape: TxnShape, type: number, place: FindingPlace): Finding {
  return shape === "unknown"
    ? finding("log.unknown-type", say`transaction type ${type}`, { ...place, severity: "error" })
    : finding("log.malformed", say`a transaction of type ${type} that does not parse`, place);
}

/** What is at the end of a log, or is all of it, and may have been transactions; null for an end as servers leave it. */
export function damageAtEnd(reader: LogReader): Finding | null {
  const { soundEnd, count } = reader;
  const reaches = ({ more, offset }: Finding): boolean =>
    count === 0 || (more?.bytes?.to ?? offset ?? soundEnd) >= soundEnd;
  return [...reader.findings].find((each) => each.severity === "error" && reaches(each)) ?? null;
}
