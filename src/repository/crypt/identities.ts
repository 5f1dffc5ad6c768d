import { ZkRewindError } from "../../findings/index.js";
import { say, tag } from "../../text/message.js";
import type { Decrypter } from "./age-library.js";
import { secretLines } from "./key-file.js";

/** Secret keys that open what was encrypted to their public ones. */
export interface Identities {
  readonly decrypter: Decrypter;
  /** The files that they are from, for messages. */
  readonly files: readonly string[];
}

/**
 * The identities of files as `age-keygen -o FILE` makes them. Throws ZkRewindError 3 where a file cannot be read, holds
 * no identity, or is open to every user; no message holds a part of a key.
 */
export async function identitiesOf(files: readonly string[]): Promise<Identities> {
  const { Decrypter: Opener } = await import("./age-library.js");
  const decrypter = new Opener();
  for (const file of files) {
    const lines = secretLines(file);
    if (lines.length === 0) throw notIdentities(file, say`it is empty`);
    if (lines[0] === "-----BEGIN AGE ENCRYPTED FILE-----" || lines[0] === "age-encryption.org/v1")
      throw notIdentities(file, say`it is encrypted itself: decrypt it first, to memory (age -d … > /dev/shm/…)`);
    for (const line of lines)
      try {
        decrypter.addIdentity(line);
      } catch {
        const isPublic = line.startsWith("age1");
        throw notIdentities(
          file,
          isPublic
            ? say`it holds a public key, and reading needs the secret one`
            : say`one of its lines is no identity (AGE-SECRET-KEY-1…)`,
        );
      }
  }
  return { decrypter, files: [...files] };
}

function notIdentities(file: string, why: ReturnType<typeof say>): ZkRewindError {
  return new ZkRewindError(say`${tag.file(file)} is not a file of identities: ${why}`, { exitCode: 3 });
}
