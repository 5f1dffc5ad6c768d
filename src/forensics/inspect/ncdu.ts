import { DepthFirst, type PassingRecord } from "./depth-first.js";
import { jsonText } from "../../text/unsafe.js";

/**
 * Writes znodes as they pass by in ncdu's export format (`ncdu -f FILE`): one with children as a directory, others as
 * files; as apparent size the data, as disk usage the record in a snapshot.
 */
export class NcduWriter extends DepthFirst {
  /** What is written so far; the caller takes it away. */
  text: string;
  private readonly name: string;
  /** The last znode's line: whether it is a file shows with the next one. */
  private pending: string | null = null;
  private pendingDepth = 0;
  private readonly parents: number[] = [];

  /** `time`: seconds since 1970. */
  constructor(top: string, program: { name: string; version: string }, time: number) {
    super(top);
    this.name = top;
    const header = { progname: program.name, progver: program.version, timestamp: time };
    this.text = `[1,2,${jsonText(header)}`;
  }

  takeText(): string {
    const { text } = this;
    this.text = "";
    return text;
  }

  override finish(): void {
    super.finish();
    this.text += "]\n";
  }

  protected override enter(
    { bytes, pathStart, pathLength, dataLength, recordLength }: PassingRecord,
    depth: number,
  ): void {
    this.settle(depth > this.pendingDepth);
    const skip = depth === 0 ? 0 : (this.parents[depth - 1] as number) + 1;
    const name = depth === 0 ? this.name : bytes.toString("utf8", pathStart + skip, pathStart + pathLength);
    this.pending = jsonText({ name, asize: Math.max(dataLength, 0), dsize: recordLength });
    this.pendingDepth = depth;
    this.parents[depth] = pathLength;
  }

  protected override leave(depth: number): void {
    const wasFile = this.pending !== null && this.pendingDepth === depth;
    // ncdu's root is a directory always.
    if (wasFile) this.settle(depth === 0);
    if (!wasFile || depth === 0) this.text += "]";
  }

  private settle(hasChildren: boolean): void {
    if (this.pending === null) return;
    this.text += hasChildren ? `,\n[${this.pending}` : `,\n${this.pending}`;
    this.pending = null;
  }
}
