import { counterOf, epochOf, hex } from "../../../storage/zxid.js";
import { hexOf } from "../explain.js";
import { say, tag } from "../../../text/message.js";
import { counted } from "../../../text/safe.js";
import type { Sight } from "../seen.js";
import type { Facts } from "../template.js";
import type { LookContext } from "./look.js";
import { findRecord } from "./records.js";

/** Whether the transactions between the two that a line names are in the logs. */
export async function hole({ directory, verification, explanation }: LookContext): Promise<Sight[]> {
  const { zxid } = explanation;
  const other = otherOf(explanation.facts);
  if (zxid === null || other === null) return [];
  const [low, high] = other < zxid ? [other, zxid] : [zxid, other];
  const between = verification.logs.flatMap(({ runs }) => runs).some(({ first, last }) => last > low && first < high);
  const [before, behind] = [await placeOf(directory, low), await placeOf(directory, high)];
  if (between || !before || !behind || high === low + 1n) return [];
  const sameEpoch = epochOf(low) === epochOf(high);
  const missing = sameEpoch ? counted(Number(high - low - 1n), "transaction") : "some transactions or none";
  return [
    {
      severity: sameEpoch ? "error" : "note",
      ...behind,
      zxid: high,
      message: say`${missing} between ${hex(low)} (${tag.file(before.file)} at byte ${before.offset}) and this one: in none of these logs`,
    },
  ];
}

async function placeOf(
  directory: LookContext["directory"],
  zxid: bigint,
): Promise<{ file: string; offset: number } | null> {
  return findRecord(directory, zxid, ({ log, reader }) => ({ file: log.path, offset: reader.recordOffset }));
}

function otherOf({ other, otherDecimal }: Facts): bigint | null {
  if (other !== undefined) return hexOf(other);
  return otherDecimal === undefined ? null : BigInt(otherDecimal);
}

/** What the logs hold behind the zxid that a line names. */
export async function afterZxid({ verification, explanation: { zxid } }: LookContext): Promise<Sight[]> {
  if (zxid === null) return [];
  const later = verification.coverage.runs.filter(({ last }) => last > zxid);
  const count = later.reduce((sum, { first, last, count }) => sum + (first > zxid ? count : Number(last - zxid)), 0);
  const last = later.at(-1)?.last;
  if (last === undefined) return [{ severity: "note", zxid, message: say`these logs hold no transaction after it` }];
  return [
    {
      severity: "note",
      zxid,
      message: say`after it these logs hold ${counted(count, "transaction")}, up to ${hex(last)}`,
    },
  ];
}

/** How far beyond these files a client has seen. */
export async function clientZxid({ verification, explanation }: LookContext): Promise<Sight[]> {
  const seen = otherOf(explanation.facts);
  const { last } = verification.coverage;
  if (seen === null || last === null) return [];
  if (seen <= last) {
    return [
      {
        severity: "note",
        zxid: seen,
        message: say`these files hold what the client saw: the server had not caught up`,
      },
    ];
  }
  const beyond = epochOf(seen) === epochOf(last) ? counted(Number(seen - last), "transaction") : "an epoch or more";
  const message = say`the client saw this, ${beyond} beyond the last zxid in these files, ${hex(last)}`;
  return [{ severity: "note", zxid: seen, message }];
}

const COUNTER_END = 0xffffffff;

/** Epochs whose counter came to its end, and how far the last one's is. */
export async function rollover({ verification: { coverage } }: LookContext): Promise<Sight[]> {
  const ended = coverage.runs.filter(({ last }) => counterOf(last) === COUNTER_END);
  const found = ended.map(
    ({ last }): Sight => ({
      severity: "note",
      zxid: last,
      message: say`here epoch ${epochOf(last)} reached its last zxid`,
    }),
  );
  if (coverage.last !== null) {
    const share = Math.floor((100 * counterOf(coverage.last)) / COUNTER_END);
    const message = say`the last zxid in these files: ${share} % of the zxids of epoch ${epochOf(coverage.last)} are used`;
    found.push({ severity: "note", zxid: coverage.last, message });
  }
  return found;
}
