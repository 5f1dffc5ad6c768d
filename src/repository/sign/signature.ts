import { sign as signBytes, verify as verifyBytes } from "node:crypto";
import { ZkRewindError } from "../../findings/index.js";
import { say, tag, type Message } from "../../text/message.js";
import { fingerprint, keyObject, publicKey, type PublicKey, type Signer } from "./keys.js";

/**
 * A signed document: the document's bytes (JSON on one line, and its line feed), and a second line
 *
 *     {"key":"ed25519:…","signature":"…"}
 *
 * whose signature is over CONTEXT, the object's name, a line feed, and the first line with its line feed: a document
 * that is moved to another name is another's. Nothing is made canonical: what was signed is what is there.
 */
const CONTEXT = "zkrewind backup 1\n";
const LINE_FEED = 0x0a;
/** A signature line is 150 bytes; what is longer is none. */
const LONGEST_LINE = 1024;

/** What a document's signature is worth. */
export type Trust =
  /** Signed by a key that the reader pins. */
  | "trusted"
  /** Signed, and the reader pins no key: who signed is not known, only that nobody else changed it since. */
  | "unpinned"
  | "unsigned";

export interface Signed {
  /** The document without its signature. */
  readonly document: Buffer;
  readonly trust: Trust;
  readonly key: PublicKey | undefined;
}

/** A document that is not what a trusted key signed. */
export class NotSigned extends ZkRewindError {
  override name = "NotSigned";

  constructor(object: string, why: Message, hint?: Message) {
    super(say`${tag.file(object)}: ${why}`, { exitCode: 1, ...(hint ? { hint } : {}) });
  }
}

/** A document with its signature. `document` is one line, with or without its line feed. */
export function signed(name: string, document: Uint8Array, signer: Signer): Buffer {
  const line = oneLine(document);
  const signature = signBytes(null, message(name, line), signer.secret).toString("base64");
  return Buffer.concat([line, Buffer.from(`${JSON.stringify({ key: signer.key, signature })}\n`)]);
}

/**
 * The document of an object of that name. With `pinned` keys it must be signed by one of them; without, a signature that
 * is there must still be right. Throws NotSigned.
 */
export function opened(name: string, bytes: Uint8Array, pinned: ReadonlySet<PublicKey>): Signed {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = all.indexOf(LINE_FEED) + 1;
  if (end === 0) throw new NotSigned(name, say`it is no document: it has no line feed`);
  const document = all.subarray(0, end);
  const rest = all.subarray(end);
  if (rest.length === 0) {
    if (pinned.size > 0) throw new NotSigned(name, say`it is not signed, and a signature by a known key is asked for`);
    return { document, trust: "unsigned", key: undefined };
  }
  const { key, signature } = signatureLine(name, rest);
  if (pinned.size > 0 && !pinned.has(key))
    throw new NotSigned(
      name,
      say`it is signed by another key (${tag.system(fingerprint(key))}), not by one that is trusted`,
      say`If that key is right, trust it: --trust ${tag.given(key)}`,
    );
  if (!verifyBytes(null, message(name, document), keyObject(key), signature))
    throw new NotSigned(
      name,
      say`its signature does not fit: the document is damaged, forged or moved from another name`,
    );
  return { document, trust: pinned.size > 0 ? "trusted" : "unpinned", key };
}

function signatureLine(name: string, rest: Buffer): { key: PublicKey; signature: Buffer } {
  try {
    if (rest.length > LONGEST_LINE || rest.indexOf(LINE_FEED) !== rest.length - 1) throw new Error("more than a line");
    const value = JSON.parse(rest.toString("utf8")) as { key?: unknown; signature?: unknown };
    const signature = Buffer.from(String(value.signature), "base64");
    if (signature.length !== 64) throw new Error("no signature");
    return { key: publicKey(String(value.key)), signature };
  } catch {
    throw new NotSigned(name, say`what follows the document is no signature`);
  }
}

function message(name: string, document: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${CONTEXT}${name}\n`), document]);
}

function oneLine(document: Uint8Array): Buffer {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const end = bytes.indexOf(LINE_FEED);
  if (end >= 0 && end !== bytes.length - 1) throw new TypeError("a document to sign is one line");
  return end >= 0 ? bytes : Buffer.concat([bytes, Buffer.from("\n")]);
}
