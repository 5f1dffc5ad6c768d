/**
 * From a path's hash to the slots that may have it: open addressing with linear probing in one Uint32Array, two
 * numbers an entry (the hash, the slot + 1), so that a miss costs one cache line and a hit is nearly certain before
 * the znode's memory is touched. Deleting shifts back what follows, so there are no tombstones and no rebuilds.
 */
export class PathIndex {
  private table: Uint32Array;
  private mask: number;
  private used = 0;

  constructor(expected: number) {
    const capacity = capacityFor(expected);
    this.table = new Uint32Array(capacity * 2);
    this.mask = capacity - 1;
  }

  /** The first entry that a hash can have; go on with `after`. */
  home(hash: number): number {
    return hash & this.mask;
  }

  after(entry: number): number {
    return (entry + 1) & this.mask;
  }

  /** The slot in an entry, -1 where it is empty: the search is over. */
  slotAt(entry: number): number {
    return (this.table[2 * entry + 1] as number) - 1;
  }

  /** The first slot with a hash, most likely the only one; -1 where there is none. */
  firstWith(hash: number): number {
    let entry = hash & this.mask;
    while (this.table[2 * entry + 1] !== 0) {
      if (this.table[2 * entry] === hash) return (this.table[2 * entry + 1] as number) - 1;
      entry = (entry + 1) & this.mask;
    }
    return NONE;
  }

  hashAt(entry: number): number {
    return this.table[2 * entry] as number;
  }

  /** Adds a slot; the caller knows that its path is not in yet. */
  add(hash: number, slot: number): void {
    if (this.used * MOST_LOAD_INVERSE >= this.mask + 1) this.grow();
    this.place(this.table, this.mask, hash >>> 0, slot + 1);
    this.used++;
  }

  /** Removes a slot that is in. */
  remove(hash: number, slot: number): void {
    const { table, mask } = this;
    let entry = hash & mask;
    while (table[2 * entry + 1] !== slot + 1) {
      if (table[2 * entry + 1] === 0) return;
      entry = (entry + 1) & mask;
    }
    this.used--;
    for (let next = (entry + 1) & mask; table[2 * next + 1] !== 0; next = (next + 1) & mask) {
      const home = (table[2 * next] as number) & mask;
      // An entry may move back only as far as its home.
      if (((next - home) & mask) >= ((next - entry) & mask)) {
        table[2 * entry] = table[2 * next] as number;
        table[2 * entry + 1] = table[2 * next + 1] as number;
        entry = next;
      }
    }
    table[2 * entry] = 0;
    table[2 * entry + 1] = 0;
  }

  private place(table: Uint32Array, mask: number, hash: number, value: number): void {
    let entry = hash & mask;
    while (table[2 * entry + 1] !== 0) entry = (entry + 1) & mask;
    table[2 * entry] = hash;
    table[2 * entry + 1] = value;
  }

  private grow(): void {
    const old = this.table;
    const capacity = (this.mask + 1) * 2;
    const table = new Uint32Array(capacity * 2);
    for (let at = 0; at < old.length; at += 2) {
      const value = old[at + 1] as number;
      if (value !== 0) this.place(table, capacity - 1, old[at] as number, value);
    }
    this.table = table;
    this.mask = capacity - 1;
  }
}

const NONE = -1;
/** Up to 2/3 full: fewer than two probes for a hit, fewer than five for a miss. */
const MOST_LOAD_INVERSE = 1.5;

function capacityFor(expected: number): number {
  let capacity = 1024;
  while (capacity < expected * MOST_LOAD_INVERSE) capacity *= 2;
  return capacity;
}
