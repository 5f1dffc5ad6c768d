/**
 * The bytes of objects on their way to the repositories, in memory. What one repository has stored may be dropped for
 * want of room: a slower one gets it from there.
 */
export class Stock {
  private readonly most: number;
  private readonly kept = new Map<string, { bytes: Uint8Array; stored: boolean }>();
  private size = 0;
  private waiting: (() => void)[] = [];

  /** `most`: bytes. */
  constructor(most: number) {
    this.most = most;
  }

  get(name: string): Uint8Array | undefined {
    return this.kept.get(name)?.bytes;
  }

  /** Waits until there is room. */
  async add(name: string, bytes: Uint8Array): Promise<void> {
    if (this.kept.has(name)) return;
    while (this.kept.size > 0 && this.size + bytes.length > this.most && !this.drop(bytes.length))
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.kept.set(name, { bytes, stored: false });
    this.size += bytes.length;
  }

  /** Says that a repository has it. */
  stored(name: string): void {
    const object = this.kept.get(name);
    if (object) object.stored = true;
    for (const go of this.waiting.splice(0)) go();
  }

  /** Drops what every repository has. */
  forget(name: string): void {
    const object = this.kept.get(name);
    if (!object) return;
    this.kept.delete(name);
    this.size -= object.bytes.length;
    for (const go of this.waiting.splice(0)) go();
  }

  private drop(wanted: number): boolean {
    for (const [name, { stored }] of this.kept) {
      if (this.size + wanted <= this.most) break;
      if (stored) this.forget(name);
    }
    return this.size + wanted <= this.most;
  }
}
