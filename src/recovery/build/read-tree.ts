import { Block } from "../../checksum/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import type { ByteSource } from "../../io/byte-source.js";
import { openBytes } from "../../io/open-bytes.js";
import { fileBytes } from "../../io/file-bytes.js";
import { linesOf } from "../../io/lines.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { counted } from "../../text/safe.js";
import {
  aclAt,
  addMissingOwn,
  DataTree,
  kindOf,
  longLess,
  NONE,
  orphans,
  pathOf,
  ROOT,
  setLong,
  STAT,
} from "../../tree/index.js";
import { AclLines } from "./acl-lines.js";
import { PlainLine } from "./plain-line.js";
import { BadLine, dataOf, hexLong, int, type Long, notA, ownerOf, refusedPath, timeLong } from "./znode-line.js";

/** A tree that lines of NDJSON describe. */
export interface BuiltTree {
  tree: DataTree;
  /** By the header; the highest of any znode's where there is none, or it names none. */
  zxid: bigint;
  /** Version 2, unsigned. */
  digest: bigint;
  /** Why it is not an exact state, where the header says that it was not; null otherwise. */
  doubt: Message | null;
  /** Whether the header has the digest of another tree: the lines were edited since they were exported. */
  edited: boolean;
}

/**
 * Reads an export of a tree as NDJSON, edited or made by a program. A line without `stat` is a znode that was never
 * changed since it was made with the tree; without `acl` it is open; the root and the server's own znodes are made where
 * no line has them.
 *
 * Throws ZkRewindError 1 with the lines that cannot be: orphans, duplicates, children of ephemerals, names that
 * ZooKeeper refuses, what is not JSON; 3 where the file cannot be read.
 *
 * `plainLines`: false has JSON.parse read every line, as tests compare it with.
 *
 * @example
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readTree } from "zkrewind/recovery";
 *
 * const file = join(mkdtempSync(join(tmpdir(), "tree-")), "tree.ndjson");
 * writeFileSync(file, '{"type":"node","path":"/app","data":"hello","encoding":"utf8"}\n');
 * const { tree, zxid } = await readTree(file);
 * console.log(tree.znodes.size, zxid);
 */
export async function readTree(
  path: string,
  onProgress?: (storedBytes: number) => void,
  plainLines = true,
): Promise<BuiltTree> {
  const source = openBytes(fileBytes(path));
  try {
    return await new TreeReading(path, plainLines).read(source, onProgress);
  } finally {
    source.close();
  }
}

type Fields = Record<string, unknown>;

class TreeReading {
  private readonly path: string;
  private readonly tree = new DataTree();
  private readonly acls = new AclLines(this.tree);
  private readonly errors: Message[] = [];
  private errorCount = 0;
  private line = 0;
  private header: Fields | null = null;
  private zxid: Long | null = null;
  private highest: Long = { high: 0, low: 0 };
  private end: Fields | null = null;
  /** Lines whose parents have not come yet. */
  private waiting: { line: number; path: string; fields: Fields }[] = [];
  /** The slots whose stat the lines do not give. */
  private readonly bare: number[] = [];
  /** The server's own znodes that no line has had so far. */
  private readonly assumed = new Set<number>();
  private room = Block.create(1 << 16);
  private readonly plain = new PlainLine();
  private lastParent: Buffer = Buffer.alloc(0);
  private lastParentSlot: number = ROOT;
  private readonly plainLines: boolean;

  constructor(path: string, plainLines: boolean) {
    this.path = path;
    this.plainLines = plainLines;
  }

  async read(source: ByteSource, onProgress?: (storedBytes: number) => void): Promise<BuiltTree> {
    for await (const lines of linesOf(source)) {
      for (const bytes of lines) this.takeLine(bytes);
      onProgress?.(source.storedRead);
    }
    this.takeWaiting();
    if (this.header && !this.end) this.report(null, say`there is no last line of type "end": the file is cut`);
    this.refuseErrors();
    const zxid = this.zxid ?? this.highest;
    addMissingOwn(this.tree);
    this.finishBare(zxid);
    const { znodes } = this.tree;
    if (orphans(znodes).length > 0) throw new Error("a tree that was built has orphans");
    const digest = BigInt.asUintN(64, fromHalves(znodes.digestHigh, znodes.digestLow));
    const told = (this.header?.["digest"] as Fields | undefined)?.["value"];
    const { exact } = (this.header?.["at"] ?? {}) as Fields;
    return {
      tree: this.tree,
      zxid: fromHalves(zxid.high, zxid.low),
      digest,
      doubt: exact === false ? say`the exported state was not exact` : null,
      edited: told !== undefined && told !== String(digest),
    };
  }

  private takeLine(bytes: Buffer): void {
    this.line++;
    if (bytes.length === 0) return;
    try {
      if (this.plainLines && this.takePlain(bytes)) return;
      this.take(JSON.parse(bytes.toString()) as Fields);
    } catch (error) {
      if (error instanceof BadLine) this.report(this.line, error.why);
      else if (error instanceof SyntaxError) this.report(this.line, say`not JSON`);
      else throw error;
    }
  }

  /**
   * A line as an export writes it, of a znode that can be put below its parent and that nothing is wrong with: without
   * the objects and texts that JSON.parse would make of it. False, and nothing done, where it is not so.
   */
  private takePlain(bytes: Buffer): boolean {
    const { plain, tree, zxid } = this;
    const { znodes } = tree;
    const room = this.roomFor(bytes.length);
    if (znodes.size === 0 || !plain.read(bytes, room)) return false;
    const { longs, pathLength, dataLength } = plain;
    for (let at = 0; at < 6; at += 2) if (zxid && isAbove(longs, at, zxid)) return false;
    const parent = this.plainParent(room, pathLength);
    if (parent === NONE || (parent !== ROOT && this.isEphemeral(parent))) return false;
    if (znodes.find(room, room.start, pathLength) !== NONE) return false;
    const id = this.acls.idOfText(bytes, plain.aclStart - 1, plain.aclEnd);
    if (id === null) return false;
    const slot = znodes.create(room, room.start, pathLength, room.start + pathLength, dataLength, parent);
    const view = znodes.viewOf(slot);
    const acl = aclAt(view, znodes.recordOf(slot));
    setLong(view, acl, Math.floor(id / 2 ** 32), id >>> 0);
    const stat = acl + 8;
    for (const [index, field] of PLAIN_LONGS.entries()) {
      view.setInt32(stat + field, longs[2 * index] as number);
      view.setInt32(stat + field + 4, longs[2 * index + 1] as number);
    }
    for (const [index, field] of PLAIN_INTS.entries()) view.setInt32(stat + field, plain.ints[index] as number);
    for (let at = 0; at < 6; at += 2) {
      if (isAbove(longs, at, this.highest))
        this.highest = { high: longs[at] as number, low: (longs[at + 1] as number) >>> 0 };
    }
    znodes.refresh(slot);
    return true;
  }

  /** The parent of the path that is in `room`: often the one of the line before. */
  private plainParent(room: Block, length: number): number {
    let end = room.start + length - 1;
    while (room.bytes[end] !== SLASH) end--;
    const own = end - room.start;
    const { lastParent } = this;
    if (own === lastParent.length && room.bytes.compare(lastParent, 0, own, room.start, end) === 0)
      return this.lastParentSlot;
    const slot = this.tree.znodes.find(room, room.start, own);
    if (slot !== NONE) {
      this.lastParent = Buffer.from(room.bytes.subarray(room.start, end));
      this.lastParentSlot = slot;
    }
    return slot;
  }

  private take(fields: Fields): void {
    switch (fields["type"]) {
      case "node":
        return this.takeNode(fields);
      case "session":
        return this.takeSession(fields);
      case "header":
        return this.takeHeader(fields);
      case "end":
        this.end = fields;
        return;
      default:
        throw notA("type", fields["type"], "header, session, node or end");
    }
  }

  private takeHeader(fields: Fields): void {
    if (this.line !== 1) throw new BadLine(say`a header is not the first line`);
    const document = fields["document"];
    if (document !== undefined && document !== "tree") throw new BadLine(say`this is not an export of a tree`);
    for (const part of ["include", "exclude"]) if (fields[part] !== undefined) delete fields["digest"];
    this.header = fields;
    const at = fields["at"] as Fields | undefined;
    this.zxid = at ? hexLong(at, "zxid") : null;
  }

  private takeSession(fields: Fields): void {
    const id = hexLong(fields, "id");
    const timeout = int(fields, "timeout");
    if (!id || timeout === null) throw new BadLine(say`a session needs an id and a timeout`);
    if (this.tree.sessions.has(id.high, id.low)) throw new BadLine(say`this session is listed twice`);
    this.tree.sessions.set(id.high, id.low, timeout);
  }

  private takeNode(fields: Fields): void {
    const { path } = fields;
    if (typeof path !== "string") throw notA("path", path, "text");
    const refused = refusedPath(path);
    if (refused) throw new BadLine(say`${tag.path(path)}: ${refused}`);
    if (fields["stat"] !== undefined && fields["data"] === undefined)
      throw new BadLine(say`${tag.path(path)} has no data: export without --data none`);
    if (!this.add(path, fields)) this.waiting.push({ line: this.line, path, fields });
  }

  /** Whether there was a parent to put it below. */
  private add(path: string, fields: Fields): boolean {
    const { znodes } = this.tree;
    const data = dataOf(fields);
    const own = path === "/" ? 0 : Buffer.byteLength(path);
    const room = this.roomFor(own + (data?.length ?? 0) + 4);
    room.bytes.write(path, room.start);
    if (data) room.bytes.set(data, room.start + own);
    let parent = NONE;
    if (own > 0) {
      // The server's own znodes need not be among the lines.
      if (znodes.size === 0) this.addOwn();
      parent = this.parentAt(room, own);
      if (parent === NONE) return false;
      if (parent !== ROOT && this.isEphemeral(parent)) throw new BadLine(say`${tag.path(path)} is below an ephemeral`);
    }
    const slot = this.put(room, own, data ? data.length : -1, parent, path);
    this.setStat(slot, fields, (fields["stat"] as Fields | undefined) ?? null);
    if (OWN.has(path) && this.isEphemeral(slot)) throw new BadLine(say`${tag.path(path)} cannot be an ephemeral`);
    return true;
  }

  /** The znode of a path and data that lie in `room`; one of the server's own may be there already. */
  private put(room: Block, own: number, length: number, parent: number, path: string): number {
    const { znodes } = this.tree;
    const known = znodes.find(room, room.start, own);
    if (known === NONE) return znodes.create(room, room.start, own, room.start + own, length, parent);
    if (!this.assumed.delete(known)) throw new BadLine(say`${tag.path(path)} is listed twice`);
    znodes.setData(known, room, room.start + own, length);
    return known;
  }

  private addOwn(): void {
    addMissingOwn(this.tree);
    for (let slot = 0; slot < this.tree.znodes.slots; slot++) this.assumed.add(slot);
  }

  private parentAt(room: Block, length: number): number {
    let at = room.start + length - 1;
    while (at > room.start && room.view.getUint8(at) !== SLASH) at--;
    return this.tree.znodes.find(room, room.start, at - room.start);
  }

  private setStat(slot: number, fields: Fields, stat: Fields | null): void {
    const { znodes } = this.tree;
    const view = znodes.viewOf(slot);
    const acl = aclAt(view, znodes.recordOf(slot));
    const id = this.acls.idOf(fields["acl"]);
    setLong(view, acl, Math.floor(id / 2 ** 32), id >>> 0);
    const base = acl + 8;
    const owner = ownerOf(fields, stat ?? NO_FIELDS);
    setLong(view, base + STAT.ephemeralOwner, owner.high, owner.low);
    if (stat) {
      for (const name of ["czxid", "mzxid", "pzxid"] as const) this.setZxid(view, base + STAT[name], stat, name);
      for (const name of ["ctime", "mtime"] as const) {
        const time = timeLong(stat, name);
        if (time) setLong(view, base + STAT[name], time.high, time.low);
      }
      for (const name of ["version", "cversion", "aversion"] as const)
        view.setInt32(base + STAT[name], int(stat, name) ?? 0);
    } else this.bare.push(slot);
    if (owner.high !== 0 || owner.low !== 0) this.tree.noteOwner(slot);
    znodes.refresh(slot);
  }

  private setZxid(view: DataView, at: number, stat: Fields, name: "czxid" | "mzxid" | "pzxid"): void {
    const value = hexLong(stat, name);
    if (!value) return;
    setLong(view, at, value.high, value.low);
    if (this.zxid && longLess(view, at, this.zxid.high, this.zxid.low) === false && !isSame(value, this.zxid))
      throw new BadLine(say`its ${name} is above the tree's zxid, ${hex(fromHalves(this.zxid.high, this.zxid.low))}`);
    const { highest } = this;
    if (!longLess(view, at, highest.high, highest.low)) this.highest = value;
  }

  /** Parents may come after their children: as long as some of them come, others may follow. */
  private takeWaiting(): void {
    const list = this.waiting.sort((a, b) => a.path.length - b.path.length);
    this.waiting = [];
    for (const { line, path, fields } of list) {
      try {
        if (this.add(path, fields)) continue;
        throw new BadLine(say`${tag.path(path)}: no line has its parent`);
      } catch (error) {
        if (!(error instanceof BadLine)) throw error;
        this.report(line, error.why);
      }
    }
  }

  /** A znode that no line gives a stat: made with the tree, with a counter above all names below it. */
  private finishBare(zxid: Long): void {
    const { znodes } = this.tree;
    const isBare = new Uint8Array(znodes.slots);
    for (const slot of this.bare) {
      isBare[slot] = 1;
      const view = znodes.viewOf(slot);
      const stat = znodes.statOf(slot);
      for (const field of [STAT.czxid, STAT.mzxid, STAT.pzxid]) setLong(view, stat + field, zxid.high, zxid.low);
      view.setInt32(stat + STAT.cversion, znodes.numChildren(slot));
    }
    if (this.bare.length > 0) this.raiseAboveNames(isBare);
    for (const slot of this.bare) znodes.refresh(slot);
  }

  private raiseAboveNames(isBare: Uint8Array): void {
    const { znodes } = this.tree;
    for (let slot = 0; slot < znodes.slots; slot++) {
      const parent = znodes.parent(slot);
      if (parent < 0 || isBare[parent] !== 1) continue;
      const [, digits] = /(\d{10})$/.exec(pathOf(this.tree, slot)) ?? [];
      if (digits === undefined || Number(digits) >= 0x7fffffff) continue;
      const view = znodes.viewOf(parent);
      const at = znodes.statOf(parent) + STAT.cversion;
      if (view.getInt32(at) <= Number(digits)) view.setInt32(at, Number(digits) + 1);
    }
  }

  private isEphemeral(slot: number): boolean {
    const { znodes, ephemerals } = this.tree;
    if (ephemerals.size === 0) return false;
    const view = znodes.viewOf(slot);
    const at = znodes.statOf(slot) + STAT.ephemeralOwner;
    return kindOf(view.getInt32(at), view.getUint32(at + 4)) === "ephemeral";
  }

  private report(line: number | null, why: Message): void {
    this.errorCount++;
    if (this.errors.length >= MOST_REPORTED) return;
    this.errors.push(line === null ? why : say`line ${line}: ${why}`);
  }

  private refuseErrors(): void {
    if (this.errorCount === 0) return;
    const more = this.errorCount > this.errors.length ? say`\n  …` : say``;
    throw new ZkRewindError(
      say`no tree can be built from ${tag.file(this.path)}: ${counted(this.errorCount, "error")}\n  ${joined(this.errors, "\n  ")}${more}`,
      { exitCode: 1 },
    );
  }

  private roomFor(bytes: number): Block {
    if (bytes > this.room.end - this.room.start) this.room = Block.create(2 * bytes);
    return this.room;
  }
}

function isAbove(longs: Int32Array, at: number, { high, low }: Long): boolean {
  const own = longs[at] as number;
  return own > high || (own === high && (longs[at + 1] as number) >>> 0 > low);
}

const PLAIN_LONGS = [STAT.czxid, STAT.mzxid, STAT.pzxid, STAT.ctime, STAT.mtime] as const;
const PLAIN_INTS = [STAT.version, STAT.cversion, STAT.aversion] as const;

function isSame(a: Long, b: Long): boolean {
  return a.high === b.high && a.low === b.low;
}

const NO_FIELDS: Fields = {};
/** What every tree has, with znodes below them. */
const OWN: ReadonlySet<string> = new Set(["/", "/zookeeper"]);
const MOST_REPORTED = 20;
const SLASH = 0x2f;
