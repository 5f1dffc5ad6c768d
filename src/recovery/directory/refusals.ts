import { ZkRewindError } from "../../findings/finding.js";
import { joined, say, tag } from "../../text/message.js";
import { archiveName, type Content } from "./content.js";
import type { Folder } from "./folder.js";

/** A folder in which nothing of a server's lies, and from which nothing leads to any: it may not have started yet. */
export class EmptyFolder extends ZkRewindError {
  override name = "EmptyFolder";
}

/** `inner`: the names of data directories in it. */
export function notADirectory(folder: Folder, inner: readonly string[]): ZkRewindError {
  const message = say`${tag.file(folder.id)} holds no version-2 folder and no snapshot or log`;
  if (inner.length === 0) return new EmptyFolder(message, { exitCode: 2 });
  const paths = inner.map((name) => folder.idOf(name));
  return new ZkRewindError(message, {
    exitCode: 2,
    hint: say`There are data directories below it: ${joined(paths.map(tag.file), ", ")}.`,
  });
}

export function notAFile(id: string, content: Content): ZkRewindError {
  const message = say`${tag.file(id)} is neither a snapshot nor a log`;
  if (content === null || content === "snapshot" || content === "log")
    return new ZkRewindError(message, {
      exitCode: 2,
      hint: say`Its first bytes are not those of a snapshot or a log.`,
    });
  const hint = say`It is ${archiveName(content)}: unpack it, and name the folder.`;
  return new ZkRewindError(message, { exitCode: 2, hint });
}

/** Data of version-1. */
export function tooOld(id: string): ZkRewindError {
  return new ZkRewindError(say`${tag.file(id)} holds data in the format of ZooKeeper before 3.0 (version-1)`, {
    exitCode: 2,
    hint: say`zkrewind does not read that format. org.apache.zookeeper.server.upgrade.UpgradeMain of release 3.3 or 3.4 converts it to version-2.`,
  });
}

/** A gzipped archive can only be read from its beginning. */
export function packed(id: string): ZkRewindError {
  return new ZkRewindError(say`${tag.file(id)} is a gzipped tar archive`, {
    exitCode: 2,
    hint: say`Decompress it first, with fetchSources.`,
  });
}

/** A shell makes one of `<(…)`. */
export function pipe(path: string): ZkRewindError {
  return new ZkRewindError(say`${tag.file(path)}: a named pipe, not a regular file`, {
    exitCode: 3,
    hint: say`Read it from standard input, with - as the source.`,
  });
}
