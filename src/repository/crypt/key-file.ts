import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { ZkRewindError } from "../../findings/index.js";
import { asUnreadable } from "../../io/unreadable-file.js";
import { say, tag } from "../../text/message.js";

/** The lines of a file of keys, without the empty ones and the comments (`#`). Throws ZkRewindError 3. */
export function keyLines(path: string): string[] {
  return linesOf(read(path, false));
}

/** Those of a file that holds secrets, and may be read by its owner and group alone. Throws ZkRewindError 3. */
export function secretLines(path: string): string[] {
  return linesOf(secretText(path));
}

/** A file that holds a secret, whole. Throws ZkRewindError 3 where others than its owner and group may read it. */
export function secretText(path: string): string {
  return read(path, true);
}

function read(path: string, isSecret: boolean): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw asUnreadable(path, error);
  }
  try {
    const { mode, size } = fstatSync(descriptor);
    if (size > LARGEST) throw new ZkRewindError(say`${tag.file(path)} is too large to be a key file`, { exitCode: 3 });
    // Not the group: Kubernetes gives a container its secrets by the group.
    if (isSecret && (mode & 0o007) !== 0)
      throw new ZkRewindError(say`${tag.file(path)} holds a secret, and every user of this machine may read it`, {
        exitCode: 3,
        hint: say`Take the right from them: chmod 600 ${tag.file(path)} (a Kubernetes secret: defaultMode: 0440).`,
      });
    return readFileSync(descriptor, "utf8");
  } catch (error) {
    throw asUnreadable(path, error);
  } finally {
    closeSync(descriptor);
  }
}

function linesOf(text: string): string[] {
  const lines = text.split("\n").map((each) => each.trim());
  return lines.filter((each) => each !== "" && !each.startsWith("#"));
}

const LARGEST = 1 << 20;
