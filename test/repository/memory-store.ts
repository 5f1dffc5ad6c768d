import { crc32c } from "../../src/checksum/index.js";
import type { ObjectInfo, ObjectRange, ObjectStore, PutOptions } from "../../src/repository/store/store.js";

/** A store in memory: what happens to it can be seen, made worse, and ended at any moment. */
export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, { bytes: Buffer; modified: number }>();
  /** By kind. */
  readonly requests = { put: 0, get: 0, list: 0, delete: 0, head: 0 };
  /** The store's clock. */
  now = 1_700_000_000_000;
  /** Called before each request; what it throws is the store's failure. */
  before: (kind: keyof MemoryStore["requests"], name: string) => void = () => undefined;

  constructor(readonly location: string) {}

  async put(
    name: string,
    bytes: Uint8Array,
    { crc32c: sum, replace = false }: PutOptions,
  ): Promise<"stored" | "exists"> {
    this.asked("put", name);
    if (crc32c(bytes) !== sum) throw new Error(`another CRC-32C: ${name}`);
    if (!replace && this.objects.has(name)) return "exists";
    this.objects.set(name, { bytes: Buffer.from(bytes), modified: this.now });
    return "stored";
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    this.asked("head", name);
    const object = this.objects.get(name);
    return object && { name, size: object.bytes.length, crc32c: crc32c(object.bytes), modified: object.modified };
  }

  async get(name: string, range?: ObjectRange): Promise<Uint8Array | undefined> {
    this.asked("get", name);
    const bytes = this.objects.get(name)?.bytes;
    return range ? bytes?.subarray(range.offset, range.offset + range.length) : bytes;
  }

  async *open(name: string, range?: ObjectRange): AsyncIterable<Uint8Array> {
    const bytes = await this.get(name, range);
    if (!bytes) throw new Error(`${name}: no such object`);
    yield bytes;
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    this.asked("list", prefix);
    for (const [name, { bytes, modified }] of [...this.objects].sort(([a], [b]) => (a < b ? -1 : 1)))
      if (name.startsWith(prefix)) yield { name, size: bytes.length, crc32c: undefined, modified };
  }

  async delete(name: string): Promise<void> {
    this.asked("delete", name);
    this.objects.delete(name);
  }

  bytesOf(name: string): Buffer | undefined {
    return this.objects.get(name)?.bytes;
  }

  private asked(kind: keyof MemoryStore["requests"], name: string): void {
    this.before(kind, name);
    this.requests[kind]++;
  }
}
