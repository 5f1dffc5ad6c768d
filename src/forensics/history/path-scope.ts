import { SLASH } from "../../storage/path.js";
/** Which znodes are asked for: one, or one with all below it. Tested on a path's bytes, once for each transaction. */
export class PathScope {
  readonly path: string;
  readonly recursive: boolean;
  private readonly bytes: Buffer;
  /** Length of the path without the slash that only the root ends with. */
  private readonly length: number;

  constructor(path: string, recursive: boolean) {
    this.path = path;
    this.recursive = recursive;
    this.bytes = Buffer.from(path === "/" ? "" : path);
    this.length = this.bytes.length;
  }

  /** Whether every znode is one of them. */
  get isWhole(): boolean {
    return this.length === 0 && this.recursive;
  }

  /** Whether the path at view[start, start + length) is one of them; the root is "/" or, in a snapshot, "". */
  has(view: DataView, start: number, length: number): boolean {
    if (this.length === 0) return this.recursive || length < 2;
    if (length < this.length) return false;
    if (length > this.length && !(this.recursive && view.getUint8(start + this.length) === SLASH)) return false;
    // From the end: siblings differ there.
    for (let at = this.length - 1; at >= 0; at--) if (view.getUint8(start + at) !== this.bytes[at]) return false;
    return true;
  }
}
