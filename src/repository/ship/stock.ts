/**
 * The bytes of objects on their way to the repositories, in memory. What one repository has stored may be dropped for
 * want of room: a slower one gets it from there.
 */
export class Stock {
  /** Bytes that are kept now. */
  size = 0;
  private readonly most: number;
  private readonly kept = new Map<string, { bytes: Uint8Array; stored: boolean }>();

  /** `most`: bytes. */
  constructor(most: number) {
    this.most = most;
  }

  get(name: string): Uint8Array | undefined {
    return this.kept.get(name)?.bytes;
  }

  /** Whether there is room, or was made: then it is kept. */
  add(name: string, bytes: Uint8Array): boolean {
    if (this.kept.has(name)) return true;
    if (!this.makeRoom(bytes.length)) return false;
    this.kept.set(name, { bytes, stored: false });
    this.size += bytes.length;
    return true;
  }

  /** Says that a repository has it. */
  stored(name: string): void {
    const object = this.kept.get(name);
    if (object) object.stored = true;
  }

  /** Drops what every repository has. */
  forget(name: string): void {
    const object = this.kept.get(name);
    if (!object) return;
    this.kept.delete(name);
    this.size -= object.bytes.length;
  }

  private makeRoom(wanted: number): boolean {
    for (const [name, { stored }] of this.kept) {
      if (this.size + wanted <= this.most) break;
      if (stored) this.forget(name);
    }
    return this.size + wanted <= this.most;
  }
}
