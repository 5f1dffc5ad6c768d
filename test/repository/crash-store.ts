import type { ObjectInfo, ObjectRange, ObjectStore, PutOptions } from "../../src/repository/store/store.js";

/** What a process that is killed does not survive: no code of it runs on. */
export class Killed extends Error {}

/** Counts down to a kill, over all the stores of a process. */
export class Fuse {
  left: number;
  /** Whether the request at which it ends is carried out. */
  readonly after: boolean;

  constructor(left: number, after: boolean) {
    this.left = left;
    this.after = after;
  }
}

/** A store whose process is killed at a request, before or after that has been carried out. */
export class CrashStore implements ObjectStore {
  private readonly inner: ObjectStore;
  private readonly fuse: Fuse;

  constructor(inner: ObjectStore, fuse: Fuse) {
    this.inner = inner;
    this.fuse = fuse;
  }

  get location(): string {
    return this.inner.location;
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<"stored" | "exists"> {
    return this.step(() => this.inner.put(name, bytes, options));
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    return this.step(() => this.inner.head(name));
  }

  async get(name: string, range?: ObjectRange): Promise<Uint8Array | undefined> {
    return this.step(() => this.inner.get(name, range));
  }

  async *open(name: string, range?: ObjectRange): AsyncIterable<Uint8Array> {
    this.check();
    yield* this.inner.open(name, range);
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    this.check();
    yield* this.inner.list(prefix);
  }

  async delete(name: string): Promise<void> {
    return this.step(() => this.inner.delete(name));
  }

  private async step<T>(work: () => Promise<T>): Promise<T> {
    if (this.fuse.left-- > 0) return work();
    if (this.fuse.left === -1 && this.fuse.after) await work();
    throw new Killed("killed");
  }

  private check(): void {
    if (this.fuse.left-- <= 0) throw new Killed("killed");
  }
}
