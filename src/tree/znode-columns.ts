import type { Block } from "../checksum/index.js";
import type { Arena } from "./arena.js";
import { grown } from "./copy-bytes.js";
import { statAt } from "./znode-fields.js";

/** What is known of each slot beside its record, in columns. */
export class ZnodeColumns {
  readonly arena: Arena;
  /** Slots in use or free: all columns are at least this long. */
  slots = 0;

  protected blockOf: Uint8Array;
  protected offsetOf: Uint32Array;
  protected classOf: Uint8Array;
  protected parentOf: Int32Array;
  protected childrenOf: Uint32Array;
  protected digestOf: Uint32Array;
  protected readonly views: DataView[] = [];

  constructor(arena: Arena, capacity: number) {
    this.arena = arena;
    this.blockOf = new Uint8Array(capacity);
    this.offsetOf = new Uint32Array(capacity);
    this.classOf = new Uint8Array(capacity);
    this.parentOf = new Int32Array(capacity);
    this.childrenOf = new Uint32Array(capacity);
    this.digestOf = new Uint32Array(capacity);
  }

  /** Whether a slot holds a znode. */
  exists(slot: number): boolean {
    return this.parentOf[slot] !== FREE;
  }

  /** The bytes that a slot's record is in. */
  viewOf(slot: number): DataView {
    return this.views[this.blockOf[slot] as number] as DataView;
  }

  /** Where in `viewOf(slot)` the record begins. */
  recordOf(slot: number): number {
    return this.offsetOf[slot] as number;
  }

  /** The block that a slot's record is in. */
  memoryOf(slot: number): Block {
    return this.arena.blocks[this.blockOf[slot] as number] as Block;
  }

  statOf(slot: number): number {
    return statAt(this.viewOf(slot), this.recordOf(slot));
  }

  /** How many children a znode has: counted, not stored in the files. */
  numChildren(slot: number): number {
    return this.childrenOf[slot] as number;
  }

  digest(slot: number): number {
    return this.digestOf[slot] as number;
  }

  /** Takes notice of the arena's new blocks. */
  protected syncViews(): void {
    const { blocks } = this.arena;
    while (this.views.length < blocks.length) this.views.push((blocks[this.views.length] as Block).view);
  }

  /** Makes room for `more` slots, and some after them. */
  protected growColumns(more: number): void {
    const capacity = Math.ceil((this.slots + more) * 1.5);
    this.blockOf = grown(this.blockOf, new Uint8Array(capacity));
    this.offsetOf = grown(this.offsetOf, new Uint32Array(capacity));
    this.classOf = grown(this.classOf, new Uint8Array(capacity));
    this.parentOf = grown(this.parentOf, new Int32Array(capacity));
    this.childrenOf = grown(this.childrenOf, new Uint32Array(capacity));
    this.digestOf = grown(this.digestOf, new Uint32Array(capacity));
  }
}

/** In the parent column: the slot is free. */
export const FREE = -2;
