import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { IGNORED } from "../../storage/large-value.js";
import type { DataDirectory } from "../directory/data-directory.js";
import { membershipLines } from "../directory/membership-files.js";
import { ownIds } from "../directory/own-id.js";

/**
 * Which of several servers are observers: they are told what was committed, and do not vote on it. Servers go by their
 * zoo.cfg and dynamic file, so what these say of a server counts first, then what the others' say of it, then the
 * membership in /zookeeper/config. A server whose number (myid) is not known counts as a voter, unless its own zoo.cfg
 * says `peerType=observer`.
 */
export async function observersAmong(directories: readonly DataDirectory[]): Promise<Set<number>> {
  const observers = new Set<number>();
  const texts = directories.map((directory) => membershipLines(directory).join("\n"));
  for (const [node, directory] of directories.entries()) {
    const own = texts[node] as string;
    const id = idOf(directory);
    const saying = [own, ...texts].find((text) => id !== null && membersIn(text).has(id));
    const text = saying ?? (id === null ? "" : ((await newestConfig(directory)) ?? ""));
    if (/^\s*peerType\s*[=:]\s*observer\s*$/im.test(own) || (id !== null && observersIn(text).has(id)))
      observers.add(node);
  }
  return observers;
}

/** The number in a server's `myid`; null where there is none, or several that differ. */
function idOf(directory: DataDirectory): number | null {
  const ids = new Set(ownIds(directory).flatMap(({ text }) => (/^\s*\d+\s*$/.test(text ?? "") ? [Number(text)] : [])));
  const [id] = ids;
  return id === undefined || ids.size > 1 ? null : id;
}

/** The numbers of those that a membership lists as observers: `server.4=HOST:PORT:PORT:observer;CLIENT`. */
export function observersIn(config: string): Set<number> {
  return numbersIn(config, /^[ \t]*server\.(\d+)[ \t]*[=:][^;\n]*:observer[ \t]*(?:;|\r?$)/gim);
}

/** The numbers of all that it lists. */
function membersIn(config: string): Set<number> {
  return numbersIn(config, /^[ \t]*server\.(\d+)[ \t]*[=:]/gm);
}

function numbersIn(config: string, pattern: RegExp): Set<number> {
  return new Set([...config.matchAll(pattern)].map(([, id]) => Number(id)));
}

/** The text of /zookeeper/config in the newest snapshot that has any. */
async function newestConfig({ snapshots }: DataDirectory): Promise<string | null> {
  for (const snapshot of snapshots.toReversed()) {
    const reader = new SnapshotReader(snapshot.open());
    reader.passLarge(IGNORED);
    try {
      if (!(await reader.readHead())) continue;
      while (await reader.fill())
        while (reader.next()) {
          const { bytes } = reader.window.block;
          if (reader.pathLength !== CONFIG.length) continue;
          if (!bytes.subarray(reader.pathStart, reader.pathStart + reader.pathLength).equals(CONFIG)) continue;
          const text = bytes.toString("utf8", reader.dataStart, reader.dataStart + Math.max(reader.dataLength, 0));
          if (text !== "") return text;
        }
    } finally {
      reader.close();
    }
  }
  return null;
}

const CONFIG = Buffer.from("/zookeeper/config");
