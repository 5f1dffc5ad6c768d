import { epochOf } from "../../storage/zxid.js";
import type { Message } from "../../text/message.js";
import type { EpochFiles } from "../directory/data-directory.js";
import type { Release } from "./releases.js";

/** What a member of an ensemble stops at in its epoch files. */
export type EpochProblem =
  | { kind: "epoch text"; name: EpochFile; text: string | null }
  | { kind: "epoch unreadable"; why: Message }
  | { kind: "epoch behind"; current: bigint; last: bigint }
  | { kind: "epoch order"; accepted: bigint; current: bigint };

export type EpochFile = "currentEpoch" | "acceptedEpoch" | "currentEpoch.tmp";

/**
 * QuorumPeer.loadDataBase, once the files have led to the zxid `last`: an epoch file that is not there is made from it; a
 * currentEpoch below it may be one that a crash kept from being written. Null where nothing stops the server.
 */
export function epochsAtStart(
  epochs: EpochFiles | undefined,
  last: bigint,
  { epochStandIn }: Pick<Release, "epochStandIn">,
): EpochProblem | null {
  if (!epochs) return null;
  const [unread] = epochs.unread;
  if (unread) return { kind: "epoch unreadable", why: unread };
  const ofLast = BigInt(epochOf(last));
  let current = numberIn(epochs.current, ofLast);
  if (current === null) return notANumber("currentEpoch", epochs.current);
  if (current < ofLast) {
    if (epochStandIn === "updatingEpoch" && epochs.updating) current = ofLast;
    else if (epochStandIn === "currentEpoch.tmp" && epochs.temporary !== null) {
      const temporary = numberIn(epochs.temporary, ofLast);
      if (temporary === null) return notANumber("currentEpoch.tmp", epochs.temporary);
      current = temporary;
    } else return { kind: "epoch behind", current, last };
  }
  const accepted = numberIn(epochs.accepted, ofLast);
  if (accepted === null) return notANumber("acceptedEpoch", epochs.accepted);
  return accepted < current ? { kind: "epoch order", accepted, current } : null;
}

/** Long.parseLong of the first line (BufferedReader.readLine): null where that is not a number. */
export function epochIn(text: string): bigint | null {
  const line = lineOf(text);
  if (line === null || !/^[+-]?\d+$/.test(line)) return null;
  const value = BigInt(line);
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : null;
}

/** The first line; null where there is not even an empty one. */
function lineOf(text: string): string | null {
  return text === "" ? null : (text.split(/\r\n|\r|\n/)[0] ?? null);
}

function numberIn(text: string | null, missing: bigint): bigint | null {
  return text === null ? missing : epochIn(text);
}

function notANumber(name: EpochFile, text: string | null): EpochProblem {
  return { kind: "epoch text", name, text: lineOf(text ?? "") };
}
