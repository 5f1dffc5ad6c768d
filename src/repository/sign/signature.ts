import { sign as signBytes, verify as verifyBytes } from "node:crypto";
import { ZkRewindError } from "../../findings/index.js";
import { say, tag, type Message } from "../../text/message.js";
import { keyId, keyObject, type PublicKey, type Signer } from "./keys.js";

/**
 * A signed document: one line of JSON, its line feed, and a second line
 *
 *     ed25519 <key id> <signature>
 *
 * where the signature, in base64, is of the first line's bytes without the line feed. Nothing is made canonical: what was
 * signed is what is there, and is written in this way alone: whatever byte is changed, the document is not read. What a
 * document is and where it belongs is for the document to say.
 */
const LINE_FEED = 0x0a;
const SIGNATURE = /^ed25519 ([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)\n$/;

/** What a document's signature is worth to this reader. */
export type Trust =
  /** Made by a key that the reader pins. */
  | "trusted"
  /** There is one, and the reader pins no key: it was not checked. */
  | "unchecked"
  | "unsigned";

export interface Signed {
  /** The document without its line feed and signature. */
  readonly document: Buffer;
  readonly trust: Trust;
  /** Of the key that is said to have signed. */
  readonly keyId: string | undefined;
}

/** A document that is not what a trusted key signed. */
export class NotSigned extends ZkRewindError {
  override name = "NotSigned";

  constructor(object: string, why: Message) {
    super(say`${tag.file(object)}: ${why}`, { exitCode: 1 });
  }
}

/** A document with its signature. `document` is one line, without its line feed. */
export function signed(document: Uint8Array, signer: Signer): Buffer {
  if (document.indexOf(LINE_FEED) >= 0) throw new TypeError("a document to sign is one line");
  const signature = signBytes(null, document, signer.secret).toString("base64");
  return Buffer.concat([document, Buffer.from(`\ned25519 ${keyId(signer.key)} ${signature}\n`)]);
}

/**
 * The document of bytes with or without a signature. With `pinned` keys, one of them must have signed it.
 * `object` names it in messages. Throws NotSigned.
 */
export function opened(object: string, bytes: Uint8Array, pinned: ReadonlySet<PublicKey>): Signed {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lineFeed = all.indexOf(LINE_FEED);
  const document = lineFeed < 0 ? all : all.subarray(0, lineFeed);
  const rest = lineFeed < 0 ? "" : all.toString("latin1", lineFeed + 1);
  if (rest === "") {
    if (pinned.size > 0) throw new NotSigned(object, say`it is not signed, and only what a trusted key signed is read`);
    return { document, trust: "unsigned", keyId: undefined };
  }
  const [, id, signature] = SIGNATURE.exec(rest) ?? [];
  // Base64 has bits to spare at its end: of all that decode to the same bytes one counts.
  const isOne = signature !== undefined && Buffer.from(signature, "base64").toString("base64") === signature;
  if (id === undefined || !isOne) throw new NotSigned(object, say`its second line is no signature`);
  if (pinned.size === 0) return { document, trust: "unchecked", keyId: id };
  const key = [...pinned].find((each) => keyId(each) === id);
  if (!key) throw new NotSigned(object, say`it is signed by another key (${tag.system(id)}) than the trusted ones`);
  if (!verifyBytes(null, document, keyObject(key), Buffer.from(signature, "base64")))
    throw new NotSigned(object, say`its signature does not fit: it is damaged or forged`);
  return { document, trust: "trusted", keyId: id };
}
