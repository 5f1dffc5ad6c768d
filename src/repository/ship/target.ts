import type { Message } from "../../text/message.js";
import { type Catalogue, readCatalogue } from "../link/catalogue.js";
import type { StoredObject } from "../link/link.js";
import { hashOf, storedHashIn } from "../names.js";
import { namedBy, type ReadPrune, readPrunes } from "../prune/record.js";
import { putHead } from "../link/head.js";
import { putObject } from "../store/put-object.js";
import { readRepository } from "../repository.js";
import type { PublicKey } from "../sign/index.js";
import type { ObjectStore } from "../store/store.js";

/** A link to be stored, after all that it names. */
export interface Shipment {
  name: string;
  bytes: Uint8Array;
  objects: readonly StoredObject[];
  /** The server whose newest link it is then. */
  server: string;
}

/** Where the bytes of an object come from that a repository lacks. */
export type Obtain = (object: StoredObject) => Promise<Uint8Array>;

/** A repository that is shipped to. */
export class Target {
  readonly store: ObjectStore;
  /** Names of its objects and links; null until it could be reached. */
  names: Set<string> | null = null;
  catalogue: Catalogue | null = null;
  /** Names of what was pruned from it: it is not stored there again. */
  pruned: ReadonlySet<string> = new Set();
  /** Why it is late, and since when (performance.now()). */
  trouble: { why: Message; since: number } | null = null;
  /** Of the requests of a run, by kind. */
  readonly requests = { put: 0, list: 0 };

  private readonly pinned: ReadonlySet<PublicKey>;
  /** What pruners have marked, and when that was read (performance.now()). */
  private marks: { names: ReadonlySet<string>; asOf: number } = { names: new Set(), asOf: -Infinity };

  constructor(store: ObjectStore, pinned: ReadonlySet<PublicKey>) {
    this.store = store;
    this.pinned = pinned;
  }

  /** Throws ZkRewindError 3 where it cannot be reached, or is no repository. */
  async open(signal?: AbortSignal): Promise<void> {
    await readRepository(this.store, signal);
    const names = new Set<string>();
    for (const prefix of ["log/", "snapshot/", "base/", "config/", "writers/"]) {
      this.requests.list++;
      for await (const { name } of this.store.list(prefix, signal)) names.add(name);
    }
    this.catalogue = await readCatalogue(this.store, this.pinned, signal);
    const prunes = await this.readPrunes(signal);
    this.pruned = namedBy(prunes, "record");
    this.names = names;
  }

  has(name: string): boolean {
    return this.names?.has(name) ?? false;
  }

  /** What there is below a prefix now: other servers ship too. */
  async look(prefix: string, signal?: AbortSignal): Promise<string[]> {
    const found: string[] = [];
    this.requests.list++;
    for await (const { name } of this.store.list(prefix, signal)) {
      found.push(name);
      this.names?.add(name);
    }
    return found;
  }

  /**
   * Names of what a pruner may delete soon: at most some minutes old, of a grace of a day. While the repository does not
   * answer, those that it had last.
   */
  async marked(signal?: AbortSignal): Promise<ReadonlySet<string>> {
    if (performance.now() - this.marks.asOf > MARKS_GOOD_FOR) await this.readPrunes(signal).catch(() => undefined);
    return this.marks.names;
  }

  private async readPrunes(signal: AbortSignal | undefined): Promise<ReadPrune[]> {
    this.requests.list++;
    const prunes = await readPrunes(this.store, this.pinned, signal);
    this.marks = { names: namedBy(prunes, "mark"), asOf: performance.now() };
    return prunes;
  }

  /** Stores what is missing of a shipment, the link last. */
  async deliver(shipment: Shipment, obtain: Obtain, signal?: AbortSignal): Promise<void> {
    for (const object of shipment.objects)
      if (!this.has(object.name)) await this.keep(object, await obtain(object), signal);
    if (this.has(shipment.name)) return;
    await this.put(shipment.name, shipment.bytes, signal);
    this.names?.add(shipment.name);
    this.requests.put++;
    await putHead(this.store, shipment.server, shipment.name, signal).catch(() => undefined);
  }

  /** Stores an object that names its own hash. */
  async keep(object: StoredObject, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.has(object.name)) return;
    await this.put(object.name, bytes, signal);
    this.names?.add(object.name);
  }

  /** An object's bytes, if it has them and they are right. */
  async sound(object: Pick<StoredObject, "name">, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const bytes = await this.store.get(object.name, undefined, signal);
    return bytes && hashOf(bytes) === storedHashIn(object.name) ? bytes : undefined;
  }

  private async put(name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.requests.put++;
    await putObject(this.store, name, bytes, signal);
  }
}

/** Milliseconds. */
const MARKS_GOOD_FOR = 5 * 60_000;
