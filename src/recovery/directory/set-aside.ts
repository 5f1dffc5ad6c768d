import type { FindingCode } from "../../findings/kinds.js";
import type { FindingPlace } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";
import { serverZxid } from "../servers/names.js";

/** A file that somebody put aside under a name that servers from 3.6 on still take for a snapshot's or log's; else null. */
export function setAsideAs(name: string): { code: FindingCode; message: Message; place?: FindingPlace } | null {
  const kind = KINDS.find((each) => serverZxid(name, each, { anySuffix: true }) !== null);
  if (kind === undefined) return null;
  const message = say`${tag.file(name)} is set aside: salvage alone reads it; a server from 3.6 on reads it as a ${kind}`;
  // Written while a member of an ensemble takes over a snapshot, and left by a crash.
  return {
    code: "file.set-aside",
    message,
    ...(name.endsWith(".tmp") ? { place: { severity: "note" as const } } : {}),
  };
}

const KINDS = ["snapshot", "log"] as const;
