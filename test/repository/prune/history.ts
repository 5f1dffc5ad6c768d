import { createHash } from "node:crypto";
import { crc32c } from "../../../src/checksum/index.js";
import { encodeLink } from "../../../src/repository/link/encode.js";
import type { Link, Segment, Snapshot, StoredObject } from "../../../src/repository/link/link.js";
import { hashOf, linkName, partName, segmentName } from "../../../src/repository/names.js";
import { initRepository } from "../../../src/repository/repository.js";
import type { ObjectStore } from "../../../src/repository/store/store.js";

const EPOCH = 1n << 32n;
export const DAY = 86_400_000;
export const START = Date.UTC(2026, 9, 1);

/** One server's backup of some days: `perDay` segments of ten transactions each day, and a snapshot every night. */
export class MadeHistory {
  private depth = 0;
  private previous: Link["previous"] = null;
  private next = EPOCH + 1n;
  readonly segments: Segment[] = [];
  readonly snapshots: Snapshot[] = [];
  private readonly writer: string;

  constructor(
    private readonly store: ObjectStore,
    private readonly server = "1",
  ) {
    this.writer = createHash("sha256").update(server).digest("hex").slice(0, 16);
  }

  static async of(store: ObjectStore): Promise<MadeHistory> {
    await initRepository(store);
    return new MadeHistory(store);
  }

  /** A day's history, all stored and linked; `time`: when it begins. */
  async day(time: number, perDay = 4): Promise<void> {
    for (let index = 0; index < perDay; index++) {
      const begin = time + (index * DAY) / perDay;
      await this.segment(begin, begin + DAY / perDay - 1);
    }
    await this.snapshot();
  }

  async segment(from: number, to: number): Promise<Segment> {
    const [first, last] = [this.next, this.next + 9n];
    const bytes = Buffer.from(`${first} to ${last}`);
    const hash = hashOf(bytes);
    const object = await this.put(segmentName(first, last, hash, hash, false), bytes);
    const named = { first, last, content: hash, stored: hash, encrypted: false };
    const segment: Segment = {
      ...object,
      ...named,
      after: first === EPOCH + 1n ? null : first - 1n,
      from: BigInt(from),
      to: BigInt(to),
    };
    this.next = last + 1n;
    this.segments.push(segment);
    await this.link({ segments: [segment], tip: { zxid: last, time: BigInt(to) } });
    return segment;
  }

  async snapshot(): Promise<void> {
    const zxid = this.next - 1n;
    const bytes = Buffer.from(`${this.server} snapshot of ${zxid}`);
    const content = hashOf(bytes);
    const named = {
      kind: "snapshot",
      zxid,
      content,
      index: 0,
      isLast: true,
      stored: content,
      encrypted: false,
    } as const;
    const part = await this.put(partName(named), bytes);
    const snapshot: Snapshot = { kind: "snapshot", zxid, content, bytes: bytes.length, parts: [part] };
    this.snapshots.push(snapshot);
    await this.link({ snapshots: [snapshot] });
  }

  private async link(some: Partial<Link>): Promise<void> {
    const whole = this.depth % 8 === 0;
    const link: Link = {
      server: this.server,
      writer: this.writer,
      depth: this.depth,
      whole,
      time: "",
      previous: this.previous,
      cut: null,
      segments: [],
      dropped: [],
      snapshots: [],
      files: [],
      replaces: [],
      tip: null,
      voters: null,
      ...some,
      ...(whole ? { segments: [...this.segments], snapshots: [...this.snapshots] } : {}),
    };
    const bytes = encodeLink(link);
    const { name } = await this.put(linkName(link), bytes);
    this.previous = { name, sha256: createHash("sha256").update(bytes).digest("hex") };
    this.depth++;
  }

  private async put(name: string, bytes: Buffer): Promise<StoredObject> {
    await this.store.put(name, bytes, { crc32c: crc32c(bytes) });
    return { name, size: bytes.length, crc32c: crc32c(bytes) };
  }
}
