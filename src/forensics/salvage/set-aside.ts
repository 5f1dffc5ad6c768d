import type { DataDirectory, StoredFile } from "../../recovery/index.js";
import { filesSetAside } from "../../recovery/directory/for-servers.js";
import { laterInLogs } from "../../recovery/exact/evidence.js";
import { fileName, parseFileName } from "../../storage/names.js";
import { hex } from "../../storage/zxid.js";
import { type Message, say, tag } from "../../text/message.js";

/** A directory with the files that were set aside in it among the others, and what to say of them. */
export interface WithSetAside {
  directory: DataDirectory;
  /** The names that files get, by their paths, where they are not their own. */
  names: Map<string, string>;
  /** Files that another one of their zxid stands for. */
  left: readonly StoredFile[];
  notes: Message[];
}

/**
 * A damaged file that somebody renamed (`log.1ee.bad`) is what there is to be salvaged: it is read like the others, under the
 * name that it had, unless a file of that name is there again.
 */
export function withSetAside(directory: DataDirectory): WithSetAside {
  const names = new Map<string, string>();
  const taken: StoredFile[] = [];
  const left: StoredFile[] = [];
  const notes: Message[] = [];
  const here = new Set([...directory.snapshots, ...directory.logs].map(({ kind, zxid }) => `${kind} ${zxid}`));
  for (const file of filesSetAside(directory)) {
    const { kind, zxid, path, name } = file;
    const key = `${kind} ${zxid}`;
    const plainName = fileName(kind, zxid ?? 0n);
    if (here.has(key)) left.push(file);
    else {
      here.add(key);
      taken.push(file);
      names.set(path, plainName);
      notes.push(say`${tag.file(name)} was set aside: it is taken as ${tag.file(plainName)}`);
    }
  }
  return {
    directory: {
      ...directory,
      snapshots: inOrder([...directory.snapshots, ...taken.filter(({ kind }) => kind === "snapshot")]),
      logs: inOrder([...directory.logs, ...taken.filter(({ kind }) => kind === "log")]),
    },
    names,
    left,
    notes,
  };
}

/** Whether a snapshot is named as a log, or a log as a snapshot: servers go by names. */
export function hasOthersName({ name, kind }: StoredFile): boolean {
  return (parseFileName(name)?.kind ?? kind) !== kind;
}

/** What files that were left out show beyond the last zxid that was written; null where nothing. */
export async function leftBehind(left: readonly StoredFile[], last: bigint): Promise<Message | null> {
  const later = await laterInLogs(
    left.filter(({ kind }) => kind === "log"),
    last,
  );
  return later && say`${later.why}, and what was written ends at ${hex(last)}: it was set aside, and is not read`;
}

function inOrder(files: StoredFile[]): StoredFile[] {
  return files.sort((a, b) => {
    if (a.zxid === b.zxid) return 0;
    if (a.zxid === null || b.zxid === null) return a.zxid === null ? 1 : -1;
    return a.zxid < b.zxid ? -1 : 1;
  });
}
