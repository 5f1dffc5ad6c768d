/** What wants to know of changes to a store. */
export interface StoreListener {
  /** A slot's znode, or its number of children, is about to change. */
  changes(slot: number): void;
  /** A slot that was free holds a new znode. */
  created(slot: number): void;
}
