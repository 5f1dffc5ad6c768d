import { hex } from "../../storage/zxid.js";
import { isMessage } from "../../text/message.js";
import { said } from "../redaction.js";

/** JSON on one line, with 64-bit values as schema 1 writes them: zxids and the like in hex. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? hex(each) : isMessage(each) ? said(each) : each,
  );
}
