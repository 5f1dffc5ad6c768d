import { createHash } from "node:crypto";
import { ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";
import { decrypt, type Identities } from "../crypt/index.js";
import type { StoredObject } from "../link/link.js";
import { HASH_DIGITS, storedHashIn } from "../names.js";
import { MOST_OBJECT, type ObjectStore, upTo } from "../store/store.js";
import type { KeptObjects } from "./kept-objects.js";
import { DamagedObject, reasonOf } from "./damaged.js";

/**
 * Objects from several repositories: one that is missing or damaged in one is had from another. Every byte is held to
 * the hash in the object's name.
 */
export class Objects {
  /** What was wrong with objects, where another repository had them. */
  readonly problems: { location: string; name: string; why: Message }[] = [];
  private readonly stores: readonly ObjectStore[];
  private readonly identities: Identities | null;
  private readonly kept: KeptObjects | null;
  private next = 0;

  /** `kept`: where objects are kept that have been fetched. */
  constructor(stores: readonly ObjectStore[], identities: Identities | null, kept: KeptObjects | null = null) {
    this.kept = kept;
    this.stores = stores;
    this.identities = identities;
  }

  /** An object as it is stored. Throws DamagedObject where no repository has it sound, ZkRewindError 3 where none answers. */
  async stored(object: StoredObject): Promise<Uint8Array> {
    if (object.size > MOST_OBJECT) throw new DamagedObject(object.name, say`it is larger than any object`);
    const here = this.kept?.get(object);
    if (here) return here;
    let last: ZkRewindError | null = null;
    // Not all from the first: several are read from at once.
    const begin = this.next++;
    for (let turn = 0; turn < this.stores.length; turn++) {
      const store = this.stores[(begin + turn) % this.stores.length] as ObjectStore;
      try {
        const bytes = await store.get(object.name, upTo(object.size));
        if (!bytes) throw new DamagedObject(object.name, say`it is missing`);
        if (bytes.length !== object.size)
          throw new DamagedObject(object.name, say`it has another size than was stored`);
        const hash = createHash("sha256").update(bytes).digest("hex").slice(0, HASH_DIGITS);
        if (hash !== storedHashIn(object.name))
          throw new DamagedObject(object.name, say`its bytes are not those that were stored`);
        this.kept?.put(object, bytes);
        return bytes;
      } catch (error) {
        if (!(error instanceof ZkRewindError)) throw error;
        last = error;
        this.problems.push({ location: store.location, name: object.name, why: reasonOf(error) });
      }
    }
    throw last ?? new ZkRewindError(say`there is no repository to read ${tag.file(object.name)} from`, { exitCode: 3 });
  }

  /** What is in objects that are one stream, decrypted where they are encrypted; still compressed. */
  async *plain(objects: readonly StoredObject[]): AsyncGenerator<Uint8Array, void, undefined> {
    const [first] = objects;
    if (first?.name.endsWith(".age")) yield* decrypt(this.each(objects), this.keys(), first.name);
    else yield* this.each(objects);
  }

  private async *each(objects: readonly StoredObject[]): AsyncGenerator<Uint8Array, void, undefined> {
    for (const object of objects) yield await this.stored(object);
  }

  private keys(): Identities {
    if (this.identities) return this.identities;
    throw new ZkRewindError(say`the backup is encrypted`, {
      exitCode: 3,
      hint: say`Name the file with the secret key: --identity FILE.`,
    });
  }
}
