import { posix } from "node:path";
import { type Finding, finding } from "../../findings/finding.js";
import { type Message, say } from "../../text/message.js";
import type { EntryKind } from "../entry-kind.js";
import { FileBytes } from "../file-bytes.js";
import { FileSource } from "../file-source.js";
import type { KeptTree } from "../file-tree.js";
import type { Place, StoredBytes } from "../stored-bytes.js";
import { notRegular, UnreadableFile } from "../unreadable-file.js";
import { type TarDamage, type TarMember, tarMembers } from "./members.js";

/** A folder or file of an archive. */
interface Entry {
  kind: EntryKind;
  /** Undefined for a folder that no member is. */
  member?: TarMember;
  /** Of what is in a folder; none anywhere else. */
  names?: Set<string>;
}

/**
 * The files of a tar archive, where they are in it: nothing is unpacked. Paths begin with a slash, whatever the members'
 * do, and none leads out of the archive; links lead nowhere, but for hard links to files before them.
 */
export class TarTree implements KeptTree {
  /** What is wrong with the archive. */
  readonly findings: Finding[] = [];
  /** What the archive is called. */
  readonly name: string;
  private readonly place: Place;
  private readonly entries = new Map<string, Entry>([[ROOT, { kind: "a folder" }]]);

  /** `damage`: of what the archive was made from, if it was. Throws UnreadableFile. */
  constructor(archive: FileBytes, damage: Message | null = null) {
    this.name = archive.id;
    this.place = archive.place;
    const { members, damage: own } = membersOf(archive);
    for (const member of members) this.add(member);
    this.report(damage === null ? own : { offset: archive.size, message: damage });
  }

  shown(path: string): string {
    return `${this.name}:${path.slice(1)}`;
  }

  kindOf(path: string): EntryKind {
    return this.entryAt(path).kind;
  }

  namesIn(folder: string): string[] {
    const { kind, names = [] } = this.entryAt(folder);
    if (kind !== "a folder") throw new UnreadableFile(this.shown(folder), say`${kind}, not a folder`);
    return [...names].sort();
  }

  isThere(path: string): boolean {
    return this.entries.has(normal(path));
  }

  bytesOf(path: string): StoredBytes {
    const { kind, member } = this.entryAt(path);
    const id = this.shown(normal(path));
    if (kind !== "a file" || !member) throw notRegular(id, kind);
    if (member.why) throw new UnreadableFile(id, member.why);
    return new FileBytes({ ...this.place, id, part: { from: member.from, size: member.size } });
  }

  isSameFolder(a: string, b: string): boolean {
    return normal(a) === normal(b) && this.entries.get(normal(a))?.kind === "a folder";
  }

  private entryAt(path: string): Entry {
    const entry = this.entries.get(normal(path));
    if (!entry) throw new UnreadableFile(this.shown(normal(path)), say`no such file or folder`);
    return entry;
  }

  private add(member: TarMember): void {
    if (member.path.length > MOST_PATH) return this.refuse(member, say`its path is too long`);
    const path = pathIn(member.path);
    if (path === null) return this.refuse(member, say`its path leads out of the archive`);
    if (path === ROOT) return;
    const entry: Entry = { kind: member.kind, member };
    if (member.sameAs !== undefined) {
      const target = this.entries.get(pathIn(member.sameAs) ?? "");
      if (target?.kind === "a file" && target.member) entry.member = target.member;
      else entry.kind = "a link";
    }
    const before = this.entries.get(path);
    if (before?.kind === "a folder" && entry.kind === "a folder") return;
    if (before?.kind === "a folder") return this.refuse(member, say`a folder has the same name`);
    if (!this.enter(path, entry)) return this.refuse(member, say`a part of its path is not a folder`);
    if (before) this.refuse(member, say`it is there more than once: the last one is read`);
  }

  /** Enters something in the folders above it, which need not be members; false where one of them is none. */
  private enter(path: string, entry: Entry): boolean {
    const above = posix.dirname(path);
    const folder: Entry = this.entries.get(above) ?? { kind: "a folder" };
    if (folder.kind !== "a folder") return false;
    if (!this.entries.has(above) && !this.enter(above, folder)) return false;
    (folder.names ??= new Set()).add(posix.basename(path));
    this.entries.set(path, entry);
    return true;
  }

  private refuse({ path }: TarMember, why: Message): void {
    if (this.findings.length < MOST_FINDINGS)
      this.findings.push(finding("archive.member", why, { file: `${this.name}:${path}` }));
  }

  private report(damage: TarDamage | null): void {
    if (!damage) return;
    const { offset, message } = damage;
    this.findings.push(finding("archive.damaged", message, { file: this.name, offset }));
  }
}

function membersOf(archive: FileBytes): ReturnType<typeof tarMembers> {
  const source = new FileSource(archive.place);
  try {
    const read = (offset: number, length: number): Buffer => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, source.size - offset)));
      return bytes.subarray(0, source.readAt(bytes, 0, bytes.length, offset));
    };
    return tarMembers(read, source.size);
  } finally {
    source.close();
  }
}

/** Where in the archive a member's path leads; null where that is outside. */
function pathIn(written: string): string | null {
  return written.split("/").includes("..") ? null : normal(`/${written}`);
}

function normal(path: string): string {
  return posix.resolve(ROOT, path);
}

const ROOT = "/";
/** What Linux takes for a path. */
const MOST_PATH = 4096;
/** As many members that are not read are named. */
const MOST_FINDINGS = 20;
