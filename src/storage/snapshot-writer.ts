import { Block } from "../checksum/index.js";
import { JuteWriter } from "../jute/index.js";
import { FILE_VERSION, HEADER_LENGTH, SNAPSHOT_MAGIC } from "./header.js";
import type { SnapshotAcl, SnapshotSession } from "./snapshot-lists.js";
import type { SnapshotLayout } from "./snapshot-trailers.js";
import type { Stored, StoredWriter } from "../io/stored-writer.js";

/**
 * Writes a snapshot as a server does: header, sessions, ACL map, znodes, and the seals and trailers of a layout.
 *
 *     await writer.begin(sessions, acls);
 *     for (…) {
 *       const full = writer.add(bytes, from, to, aclId);
 *       if (full) await full;
 *     }
 *     const stored = await writer.finish(layout, zxid, digest);
 *
 * @example
 * import { mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { createStored } from "zkrewind/io";
 * import { JuteWriter } from "zkrewind/jute";
 * import { SnapshotWriter } from "zkrewind/storage";
 *
 * const writer = new SnapshotWriter(createStored(join(mkdtempSync(join(tmpdir(), "snap-")), "snapshot.0"), "none"));
 * await writer.begin([{ id: 1n, timeout: 30_000 }], []);
 * // The root: path, data, aclId, then czxid, mzxid, ctime, mtime, three versions, owner, pzxid.
 * const root = new JuteWriter().string("").bytesOf(null).long(-1n).long(0n).long(0n).long(0n).long(0n);
 * root.int(0).int(0).int(0).long(0n).long(0n);
 * await writer.add(root.bytes, 0, root.size, -1);
 * console.log(await writer.finish({ digest: false, lastZxid: false }, 0n, 0n));
 */
export class SnapshotWriter {
  private readonly out: StoredWriter;
  private block = Block.create(BUFFER);
  /** What was filled last is written from one while the other is filled. */
  private other = Block.create(BUFFER);
  private handedOn: Promise<void> = Promise.resolve();
  private position = this.block.start;
  private summed = this.block.start;
  private adler = 1;
  private bytes = 0;

  constructor(out: StoredWriter) {
    this.out = out;
  }

  /** Uncompressed bytes so far. */
  get length(): number {
    return this.bytes + this.position - this.block.start;
  }

  async begin(sessions: readonly SnapshotSession[], acls: readonly SnapshotAcl[]): Promise<void> {
    await this.write(new JuteWriter().int(SNAPSHOT_MAGIC).int(FILE_VERSION).long(-1n).int(sessions.length).bytes);
    for (const { id, timeout } of sessions) await this.write(new JuteWriter(16).long(id).int(timeout).bytes);
    await this.write(new JuteWriter().int(acls.length).bytes);
    for (const { id, acl } of acls) await this.write(new JuteWriter(acl.length + 8).long(id).raw(acl).bytes);
  }

  /**
   * Adds the znode whose record is bytes[from, to), with another aclId. A promise where what was added must be handed on
   * before there is more: a long record goes in pieces, and memory does not grow with it.
   */
  add(bytes: Buffer, from: number, to: number, aclId: number): void | Promise<void> {
    if (to - from > DRAIN) return this.addLong(bytes, from, to, aclId);
    this.addShort(bytes, from, to, aclId);
    if (this.position - this.block.start >= DRAIN) return this.drain();
  }

  private async addLong(bytes: Buffer, from: number, to: number, aclId: number): Promise<void> {
    await this.write(bytes.subarray(from, to - STAT_AND_ACL));
    if (this.block.end - this.position < STAT_AND_ACL) await this.drain();
    this.addShort(bytes, to - STAT_AND_ACL, to, aclId);
  }

  private addShort(bytes: Buffer, from: number, to: number, aclId: number): void {
    bytes.copy(this.block.bytes, this.position, from, to);
    this.position += to - from;
    const aclAt = this.position - STAT_AND_ACL;
    this.block.view.setInt32(aclAt, Math.floor(aclId / 2 ** 32));
    this.block.view.setUint32(aclAt + 4, aclId >>> 0);
  }

  /** Hands on what was added. */
  private async drain(): Promise<void> {
    const { block, position, other } = this;
    this.sum();
    await this.handedOn;
    if (position === block.start) return;
    this.handedOn = this.out.write(block.bytes.subarray(block.start, position));
    // Whoever hands on more is told, or ends it.
    this.handedOn.catch(() => undefined);
    this.bytes += position - block.start;
    this.other = block;
    this.block = other;
    this.position = other.start;
    this.summed = other.start;
  }

  /**
   * Ends the list of znodes and writes the seals and trailers. `digest` is the tree's at `zxid`, as a signed long;
   * `lastZxid` the last that a server had processed by the end.
   */
  async finish(layout: SnapshotLayout, zxid: bigint, digest: bigint, lastZxid = zxid): Promise<Stored> {
    await this.write(new JuteWriter().string("/").bytes);
    await this.seal();
    if (layout.digest) {
      await this.write(new JuteWriter().long(zxid).int(DIGEST_VERSION).long(digest).bytes);
      await this.seal();
    }
    if (layout.lastZxid) {
      await this.write(new JuteWriter().long(lastZxid).bytes);
      await this.seal();
    }
    await this.drain();
    await this.handedOn;
    return this.out.finish();
  }

  abandon(): void {
    this.out.abandon();
  }

  /** The Adler-32 of everything before, and "/". */
  private async seal(): Promise<void> {
    this.sum();
    await this.write(new JuteWriter().long(BigInt(this.adler)).string("/").bytes);
  }

  private async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.position - this.block.start >= DRAIN) await this.drain();
      const count = bytes.copy(this.block.bytes, this.position, at, at + DRAIN);
      this.position += count;
      at += count;
    }
  }

  private sum(): void {
    this.adler = this.block.adler32(this.summed, this.position, this.adler);
    this.summed = this.position;
  }
}

/** The bytes of a snapshot whose znodes' records have so many. */
export function snapshotLength(
  sessions: readonly SnapshotSession[],
  acls: readonly SnapshotAcl[],
  records: number,
  layout: SnapshotLayout,
): number {
  const lists = 4 + 12 * sessions.length + 4 + acls.reduce((sum, { acl }) => sum + 8 + acl.length, 0);
  const trailers = (layout.digest ? 20 + SEAL : 0) + (layout.lastZxid ? 8 + SEAL : 0);
  return HEADER_LENGTH + lists + records + 5 + SEAL + trailers;
}

/** A long, and the ustring "/". */
const SEAL = 13;
/** An aclId and StatPersisted: what every record ends in. */
const STAT_AND_ACL = 8 + 60;
const DIGEST_VERSION = 2;
/** From here on what was added is handed on; so there is always room for as much again. */
const DRAIN = 1 << 20;
const BUFFER = 2 << 20;
