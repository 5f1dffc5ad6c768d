import { ZkRewindError } from "../../findings/index.js";
import { say, tag, type Message } from "../../text/message.js";
import { keyLines } from "./key-file.js";

/** The public keys that can open what is encrypted: `age1…`, as `age-keygen` prints them. */
export type Recipients = readonly string[];

/**
 * Recipients from a host's configuration. Only X25519 ones: what is written must open with any `age`, on the worst day,
 * and the releases that most systems have know no others.
 *
 * Throws ZkRewindError 2 for what is none, and where none is given.
 */
export async function recipientsOf(texts: readonly string[]): Promise<Recipients> {
  const { Encrypter } = await import("./age-library.js");
  const all = [...new Set(texts.map((each) => each.trim()))];
  if (all.length === 0) throw new ZkRewindError(say`no recipient is given`, { exitCode: 2 });
  for (const text of all) {
    const why = notX25519(text);
    if (why) throw notRecipient(text, why);
    try {
      const encrypter = new Encrypter();
      encrypter.addRecipient(text);
      // Reads the key, which `addRecipient` may leave for later.
      await encrypter.encrypt(new Uint8Array(0));
    } catch {
      throw notRecipient(text, say`it was mistyped or cut: its checksum is wrong`);
    }
  }
  return all;
}

/** Those of a file: one a line, with empty lines and comments (`#`) between them. Throws ZkRewindError 2 or 3. */
export function recipientsFile(path: string): Promise<Recipients> {
  return recipientsOf(keyLines(path));
}

function notX25519(text: string): Message | undefined {
  if (text.startsWith("AGE-SECRET-KEY-"))
    return say`it is a secret key, which a host that backs up must not have: give its public key (age-keygen -y)`;
  if (text.startsWith("age1pq1") || text.startsWith("age1tagpq1"))
    return say`it is a post-quantum key, which age before 1.3 cannot open: give one that age-keygen makes without -pq`;
  if (text.startsWith("ssh-")) return say`SSH keys are not supported: give one that age-keygen makes`;
  if (!text.startsWith("age1") || text.startsWith("age1tag1") || /^age1[^1]*1/.test(text))
    return say`it is not a key that age-keygen makes (age1…)`;
  return undefined;
}

/** A secret key is never printed, nor any long word that may be one. */
function notRecipient(text: string, why: Message): ZkRewindError {
  const shown = text.startsWith("age1") ? text : `${text.slice(0, 8)}…`;
  return new ZkRewindError(say`${tag.given(shown)} is not a recipient: ${why}`, { exitCode: 2 });
}
