import { hex } from "../../storage/zxid.js";
import { isMessage } from "../../text/message.js";
import type { Safe } from "../../text/safe.js";
import { redactedText, said } from "../redaction.js";
import { jsonText } from "../../text/unsafe.js";

/** JSON on one line, with 64-bit values as schema 1 writes them: zxids and the like in hex. */
export function json(value: unknown): Safe {
  return redactedText(
    jsonText(value, (_, each) => (typeof each === "bigint" ? hex(each) : isMessage(each) ? said(each) : each)),
  );
}

/** A JSON object but for its last brace: for one that is written piece by piece. */
export function openJson(value: object): Safe {
  return json(value).slice(0, -1) as Safe;
}
