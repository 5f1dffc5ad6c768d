import { sessionsText, type Tree, type TreeHash } from "../model/tree.js";

/** The state of a server at one zxid, to be compared with. */
export interface Moment {
  zxid: bigint;
  tree: TreeHash;
  sessions: string;
}

/** Every state that a server went through, in order. */
export class Truth {
  readonly moments: Moment[] = [];
  private readonly byZxid = new Map<bigint, Moment>();

  note(zxid: bigint, tree: Tree): void {
    const moment = { zxid, tree: tree.hash, sessions: sessionsText(tree.sessions) };
    this.moments.push(moment);
    this.byZxid.set(zxid, moment);
  }

  at(zxid: bigint): Moment | undefined {
    return this.byZxid.get(zxid);
  }

  get last(): bigint {
    return this.moments.at(-1)?.zxid ?? 0n;
  }
}

/** What a name in a directory stands for. */
export type Entry =
  | { kind: "file"; bytes: Buffer }
  /** A symbolic link. */
  | { kind: "link"; target: string }
  | { kind: "folder" }
  | { kind: "pipe" };

/** The entries of a `version-2` folder. */
export type Folder = Map<string, Entry>;

/** A directory as a server left it, and the truth about it. */
export interface Seed {
  name: string;
  folder: Folder;
  truth: Truth;
  /** Where each snapshot's fuzzy window ends, by its name. */
  windows: ReadonlyMap<string, bigint>;
  /** Whether the logs go back to the beginning. */
  fromBeginning: boolean;
}

export function file(bytes: Buffer): Entry {
  return { kind: "file", bytes };
}

/** The bytes of the regular files, by name. */
export function filesOf(folder: Folder): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const [name, entry] of folder) if (entry.kind === "file") files.set(name, entry.bytes);
  return files;
}
