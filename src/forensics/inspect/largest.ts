/** The largest few of many, as a heap with the smallest of them on top. */
export class Largest<T> {
  private readonly limit: number;
  private readonly heap: { size: number; order: number; item: T }[] = [];
  private added = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether something of this size would be kept: asked before it is made. */
  wants(size: number): boolean {
    return this.heap.length < this.limit || (this.limit > 0 && size > (this.heap[0]?.size ?? 0));
  }

  add(size: number, item: T): void {
    if (!this.wants(size)) return;
    const { heap } = this;
    const entry = { size, order: this.added++, item };
    if (heap.length < this.limit) {
      heap.push(entry);
      this.rise(heap.length - 1);
    } else {
      heap[0] = entry;
      this.sink();
    }
  }

  /** The largest first; of equal ones the one that came first. */
  sorted(): T[] {
    return this.heap.toSorted((a, b) => b.size - a.size || a.order - b.order).map(({ item }) => item);
  }

  private rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.isLess(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      let least = at;
      if (left < this.heap.length && this.isLess(left, least)) least = left;
      if (left + 1 < this.heap.length && this.isLess(left + 1, least)) least = left + 1;
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private isLess(a: number, b: number): boolean {
    const [left, right] = [this.heap[a], this.heap[b]];
    if (!left || !right) return false;
    return left.size < right.size || (left.size === right.size && left.order > right.order);
  }

  private swap(a: number, b: number): void {
    const { heap } = this;
    [heap[a], heap[b]] = [heap[b] as (typeof heap)[number], heap[a] as (typeof heap)[number]];
  }
}
