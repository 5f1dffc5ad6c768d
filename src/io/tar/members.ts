import { Header } from "tar/header";
import { Pax } from "tar/pax";
import { type Message, say, tag } from "../../text/message.js";
import { counted } from "../../text/safe.js";
import type { EntryKind } from "../entry-kind.js";

/** A member of a tar archive, as its headers say. */
export interface TarMember {
  /** As it was written: it may be absolute, or lead anywhere. */
  path: string;
  kind: EntryKind;
  /** Of a hard link: the member that it is another name of, as written. */
  sameAs?: string;
  /** Why its bytes are not the file's, if so. */
  why?: Message;
  /** Where its bytes begin in the archive, and how many there should be. */
  from: number;
  size: number;
}

/** What of an archive cannot be right. */
export interface TarDamage {
  /** Bytes from the beginning of the archive. */
  offset: number;
  message: Message;
}

/**
 * The members of a tar archive of `size` bytes, in its order, by reading its headers alone: ustar, PAX and GNU, by node-tar's
 * decoding of them. Nothing that a header says costs more than it says: a size leads on, and is held against the
 * archive's end. Null for the damage where there is none.
 */
export function tarMembers(
  read: (offset: number, length: number) => Buffer,
  size: number,
): { members: TarMember[]; damage: TarDamage | null } {
  const walk = new TarWalk(read, size);
  const damage = walk.run();
  return { members: walk.members, damage };
}

class TarWalk {
  readonly members: TarMember[] = [];
  private readonly read: (offset: number, length: number) => Buffer;
  private readonly size: number;
  /** What extended headers say of all members to come, and of the next one. */
  private global: Pax | undefined;
  private next: { pax?: Pax; path?: string; link?: string; isSparse?: boolean } = {};

  constructor(read: (offset: number, length: number) => Buffer, size: number) {
    this.read = read;
    this.size = size;
  }

  run(): TarDamage | null {
    for (let at = 0; ; ) {
      const block = this.read(at, BLOCK);
      // Two blocks of zeros end an archive; one, for some readers.
      if (block.length === BLOCK && block.every((byte) => byte === 0)) return null;
      if (block.length < BLOCK) {
        const message = say`the archive is cut off after ${counted(this.members.length, "member")}`;
        return { offset: at, message };
      }
      const header = this.headerOf(block);
      if (!header)
        return {
          offset: at,
          message: say`there is no header where a member should begin: what follows in the archive is not read`,
        };
      const type = String.fromCharCode(block[TYPE_AT] as number);
      const data = at + BLOCK + this.sparseBlocks(type, block, at);
      const length = WITHOUT_DATA.has(type) ? 0 : header.size;
      if (EXTENDED.has(type)) {
        if (length > MOST_EXTENDED)
          return { offset: at, message: say`an extended header has ${length} bytes, too many` };
        this.extend(type, this.read(data, length));
      } else {
        if (this.members.length >= MOST_MEMBERS)
          return { offset: at, message: say`more than ${MOST_MEMBERS} members: the others are not read` };
        this.take(type, header, data);
      }
      if (data + length > this.size) {
        const inside = EXTENDED.has(type) ? say`an extended header` : tag.file(this.members.at(-1)?.path ?? "");
        const message = say`the archive ends inside ${inside}: ${Math.max(0, this.size - data)} of ${length} bytes are there`;
        return { offset: this.size, message };
      }
      at = data + Math.ceil(length / BLOCK) * BLOCK;
    }
  }

  /** Null where the bytes are no header. */
  private headerOf(block: Buffer): (Header & { size: number; path: string }) | null {
    try {
      const header = new Header(block, 0, this.next.pax, this.global);
      const { path, size = 0, cksumValid } = header;
      return cksumValid && path !== undefined && Number.isSafeInteger(size)
        ? Object.assign(header, { path, size })
        : null;
    } catch {
      // A number that is none.
      return null;
    }
  }

  /** The bytes of the maps that follow an old GNU header of a sparse file. */
  private sparseBlocks(type: string, header: Buffer, at: number): number {
    if (type !== "S") return 0;
    let bytes = 0;
    for (let goesOn = header[GNU_GOES_ON]; goesOn !== 0 && at + bytes < this.size; bytes += BLOCK)
      goesOn = this.read(at + BLOCK + bytes, BLOCK)[MAP_GOES_ON] ?? 0;
    return bytes;
  }

  private extend(type: string, data: Buffer): void {
    const text = data.toString("utf8");
    const { next } = this;
    if (type === "g") this.global = Pax.parse(text, this.global, true);
    else if (type === "x" || type === "X") {
      next.pax = Pax.parse(text, next.pax, false);
      next.isSparse = /^\d+ GNU\.sparse\./m.test(text);
      // The header's own path is made up then.
      const real = /^\d+ GNU\.sparse\.name=(.*)$/m.exec(text)?.[1];
      if (real !== undefined) next.path = real;
    } else if (type === "K") next.link = untilNul(text);
    else next.path = untilNul(text);
  }

  private take(type: string, header: Header & { size: number; path: string }, from: number): void {
    const { pax, path = header.path, link = pax?.linkpath ?? header.linkpath, isSparse } = this.next;
    this.next = {};
    const kind = KINDS[type] ?? "no regular file";
    const member: TarMember = { path, kind, from, size: header.size };
    if (type === "1") member.sameAs = link ?? "";
    else if (path.endsWith("/") && kind === "a file") member.kind = "a folder";
    if (type === "S" || isSparse) {
      member.kind = "a file";
      member.why = say`it is stored as a sparse file (tar --sparse): unpack the archive and name the folder`;
    }
    this.members.push(member);
  }
}

function untilNul(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

const KINDS: Readonly<Record<string, EntryKind>> = {
  "0": "a file",
  "\0": "a file",
  "7": "a file",
  "1": "a file",
  "2": "a link",
  "3": "a device",
  "4": "a device",
  "5": "a folder",
  "6": "a named pipe",
  D: "a folder",
};
/** Their size says something else, if anything. */
const WITHOUT_DATA: ReadonlySet<string> = new Set(["1", "2", "3", "4", "5", "6"]);
/** They speak of the members that follow. */
const EXTENDED: ReadonlySet<string> = new Set(["x", "X", "g", "L", "N", "K"]);

const BLOCK = 512;
const TYPE_AT = 156;
/** Whether a map follows a GNU header, and another one a map. */
const GNU_GOES_ON = 482;
const MAP_GOES_ON = 504;
/** Bytes: a path has at most some thousand. */
const MOST_EXTENDED = 1 << 20;
const MOST_MEMBERS = 500_000;
