import { crc32c } from "../../checksum/index.js";
import { type ReadPrune, readPrunes } from "../prune/record.js";
import type { PublicKey } from "../sign/index.js";
import { type ObjectStore, upTo } from "../store/store.js";
import { MOST_DOCUMENT } from "../link/link.js";
import type { Listed } from "./listing.js";

/** The records of what was pruned from a repository on purpose. */
export class Pruned {
  private readonly records: readonly ReadPrune[];
  private readonly names: ReadonlySet<string>;

  private constructor(records: readonly ReadPrune[]) {
    this.records = records;
    this.names = new Set(records.flatMap(({ objects }) => objects));
  }

  static async of(store: ObjectStore, pinned: ReadonlySet<PublicKey>, signal?: AbortSignal): Promise<Pruned> {
    return new Pruned((await readPrunes(store, pinned, signal)).filter(({ state }) => state === "record"));
  }

  has(name: string): boolean {
    return this.names.has(name);
  }

  /**
   * Gives a record to a repository that has not one of the objects in it: one that was filled from a pruned one never had
   * them. Who has some of them was not pruned so, and misses the others.
   */
  async share(from: Listed, to: Listed & { pruned: Pruned }, signal?: AbortSignal): Promise<void> {
    for (const { info, objects } of this.records) {
      const isKnown = to.pruned.records.some((each) => each.info.name === info.name);
      if (isKnown || objects.some((name) => to.objects.has(name) || to.pruned.has(name))) continue;
      const bytes = await from.store.get(info.name, upTo(MOST_DOCUMENT), signal);
      if (bytes) await to.store.put(info.name, bytes, { crc32c: crc32c(bytes), ...(signal ? { signal } : {}) });
    }
  }
}
