/** Runs in which sound records follow each other without a byte between: where each begins and ends. */
export class SoundRuns {
  private starts: number[] = [];
  private ends: number[] = [];
  /** Runs before it have been given up. */
  private first = 0;

  get length(): number {
    return this.starts.length - this.first;
  }

  reset(): void {
    this.starts = [];
    this.ends = [];
    this.first = 0;
  }

  /**
   * Adds a sound record; their ends rise. What is inside another record is that one's content, and of two that
   * overlap the one that begins first is the record.
   */
  add(start: number, end: number): void {
    const { starts, ends } = this;
    while (this.length > 0 && (starts.at(-1) as number) >= start) {
      starts.pop();
      ends.pop();
    }
    const last = this.length > 0 ? (ends.at(-1) as number) : -1;
    if (start < last) return;
    if (start === last) ends[ends.length - 1] = end;
    else {
      starts.push(start);
      ends.push(end);
    }
  }

  /**
   * Where the first run begins that has a record at or after `from`, which never goes back. A place inside a run is
   * answered as the run's beginning: the caller has to look there.
   */
  next(from: number): number | null {
    while (this.length > 0 && (this.ends[this.first] as number) <= from) this.first++;
    if (this.first > MOST_GIVEN_UP) {
      this.starts = this.starts.slice(this.first);
      this.ends = this.ends.slice(this.first);
      this.first = 0;
    }
    return this.length > 0 ? (this.starts[this.first] as number) : null;
  }
}

const MOST_GIVEN_UP = 1 << 12;
