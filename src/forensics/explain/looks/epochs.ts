import { epochOf, hex } from "../../../storage/zxid.js";
import { type Message, say, tag } from "../../../text/message.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";

/** What the epoch files say, beside the last zxid. */
export async function epochFiles({ directory, verification }: LookContext): Promise<Sight[]> {
  const { epochs } = directory;
  const { last } = verification.coverage;
  if (!epochs) return [];
  const held = (text: string | null): Message =>
    text === null ? say`is not there` : say`holds ${tag.line(JSON.stringify(text.trim().slice(0, 40)))}`;
  const zxid = last === null ? say`` : say`; the last zxid, ${hex(last)}, is in epoch ${epochOf(last)}`;
  const message = say`currentEpoch ${held(epochs.current)}, acceptedEpoch ${held(epochs.accepted)}${zxid}`;
  return [{ severity: "note", message }];
}
