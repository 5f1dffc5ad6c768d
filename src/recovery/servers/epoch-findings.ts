import { type Finding, finding } from "../../findings/finding.js";
import { epochOf, hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import type { DataDirectory, EpochFiles } from "../directory/data-directory.js";
import { epochIn } from "./epochs.js";

/** The epoch files held against each other and against the last zxid that the files speak of. */
export function epochFindings({ epochs }: DataDirectory, last: bigint | null): Finding[] {
  if (!epochs) return [];
  const findings: Finding[] = [];
  const current = parse("currentEpoch", epochs.current, findings);
  const accepted = parse("acceptedEpoch", epochs.accepted, findings);
  const epoch = last === null ? null : BigInt(epochOf(last));
  if (current !== null && last !== null && epoch !== null && current < epoch) {
    const message = say`currentEpoch is ${current}, the last zxid ${hex(last)} is of epoch ${epoch}`;
    findings.push(finding("epoch.behind", message, isStoodIn(epochs) ? { severity: "note" } : {}));
  }
  if (current !== null && accepted !== null && accepted < current)
    findings.push(finding("epoch.order", say`acceptedEpoch is ${accepted}, currentEpoch is ${current}`));
  findings.push(...leftovers(epochs));
  return findings;
}

/** Whether servers from 3.5 on find another number for a currentEpoch that is too low, and take it. */
function isStoodIn({ temporary }: EpochFiles): boolean {
  return temporary !== null && epochIn(temporary) !== null;
}

function leftovers({ temporary, updating }: EpochFiles): Finding[] {
  const findings: Finding[] = [];
  if (temporary !== null) {
    const text = say`currentEpoch.tmp holds "${tag.value(temporary.slice(0, MOST_TEXT))}": servers from 3.5 on use it if currentEpoch is too low`;
    findings.push(finding("epoch.temporary", text));
  }
  if (updating)
    findings.push(
      finding(
        "epoch.temporary",
        say`updatingEpoch is there: 3.4 uses the last zxid's epoch if currentEpoch is too low`,
      ),
    );
  return findings;
}

function parse(name: "currentEpoch" | "acceptedEpoch", text: string | null, findings: Finding[]): bigint | null {
  if (text === null) return null;
  const value = epochIn(text);
  if (value === null) {
    const line = text.split(/\r\n|\r|\n/)[0] ?? "";
    findings.push(
      finding("epoch.unreadable", say`${name} holds "${tag.value(line.slice(0, MOST_TEXT))}", not a number`),
    );
  }
  return value;
}

const MOST_TEXT = 40;
