import { hex } from "../storage/zxid.js";
import { isMessage, type Message, plain } from "../text/message.js";
import { jsonText } from "../text/unsafe.js";

/** How text leaves: as it is, or redacted. */
export interface Edge {
  /** A message as text. */
  say(message: Message): string;
  /** JSON that says, by its keys, what is in it. */
  json(text: string): string;
  /** The last part of a path. */
  name(text: string): string;
  /** A value. */
  data(bytes: Uint8Array): Uint8Array;
}

/** An object as JSON on one line, with 64-bit values as schema 1 writes them. */
export function textOf(value: object, edge: Edge): string {
  return edge.json(
    jsonText(value, (_, each) => (typeof each === "bigint" ? hex(each) : isMessage(each) ? edge.say(each) : each)),
  );
}

/** Nothing is hidden. */
export const AS_THEY_ARE: Edge = { say: plain, json: (text) => text, name: (text) => text, data: (bytes) => bytes };
