import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { IGNORED } from "../../storage/large-value.js";
import type { DataDirectory } from "../directory/data-directory.js";
import { ownIds } from "../directory/own-id.js";

/**
 * Which of several servers are observers, as their ensemble's membership in /zookeeper/config says: they are told what
 * was committed, and do not vote on it. A server whose number (myid) is not known counts as a voter.
 */
export async function observersAmong(directories: readonly DataDirectory[]): Promise<Set<number>> {
  const observers = new Set<number>();
  for (const [node, directory] of directories.entries()) {
    const ids = new Set(
      ownIds(directory).flatMap(({ text }) => (/^\s*\d+\s*$/.test(text ?? "") ? [Number(text)] : [])),
    );
    const [id] = ids;
    if (id === undefined || ids.size > 1) continue;
    if (observersIn((await newestConfig(directory)) ?? "").has(id)) observers.add(node);
  }
  return observers;
}

/** The numbers of those that a membership lists as observers: `server.4=HOST:PORT:PORT:observer;CLIENT`. */
export function observersIn(config: string): Set<number> {
  return new Set([...config.matchAll(/^server\.(\d+)=[^;\n]*:observer(?:;|$)/gim)].map(([, id]) => Number(id)));
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
