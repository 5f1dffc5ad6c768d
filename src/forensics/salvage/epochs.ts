import type { EpochFiles } from "../../recovery/directory/data-directory.js";
import { epochIn } from "../../recovery/servers/epochs.js";
import { epochOf } from "../../storage/zxid.js";
import { type Message, say, tag } from "../../text/message.js";

/** The epoch files to write, and what of them is not as it was. */
export interface SalvagedEpochs {
  texts: ["currentEpoch" | "acceptedEpoch", string][];
  notes: Message[];
}

/**
 * Epoch files with which a member of an ensemble starts: the numbers that were there, the one that a crash left in
 * currentEpoch.tmp included (ZOOKEEPER-4269); never less than the epoch of the last zxid, acceptedEpoch never less than
 * currentEpoch (QuorumPeer.loadDataBase). They are raised and not lowered: an epoch that was promised stays promised. None
 * where the source has none, as of a standalone server.
 */
export function epochsFor(epochs: EpochFiles | undefined, last: bigint | null): SalvagedEpochs {
  const none: SalvagedEpochs = { texts: [], notes: [] };
  if (!epochs) return none;
  const { current, accepted, temporary, unread, unopened } = epochs;
  if (current === null && accepted === null && unread.length + unopened.length === 0) return none;
  const ofLast = last === null ? 0n : BigInt(epochOf(last));
  const newCurrent = largest([numberIn(current), numberIn(temporary), ofLast]);
  const newAccepted = largest([numberIn(accepted), newCurrent]);
  const notes = [...changed("currentEpoch", current, newCurrent), ...changed("acceptedEpoch", accepted, newAccepted)];
  return {
    texts: [
      ["currentEpoch", String(newCurrent)],
      ["acceptedEpoch", String(newAccepted)],
    ],
    notes,
  };
}

function numberIn(text: string | null): bigint {
  return (text === null ? null : epochIn(text)) ?? 0n;
}

function largest(numbers: readonly bigint[]): bigint {
  return numbers.reduce((most, each) => (each > most ? each : most));
}

function changed(name: "currentEpoch" | "acceptedEpoch", text: string | null, value: bigint): Message[] {
  if (text !== null && epochIn(text) === value) return [];
  const before = text === null ? say`there was none` : say`it held "${tag.value(text.slice(0, MOST_TEXT))}"`;
  return [say`${name} is ${value} now, so that a member of an ensemble starts: ${before}`];
}

const MOST_TEXT = 40;
