import type { Block } from "../../checksum/index.js";
import type { LargeValues } from "../../storage/large-value.js";
import { Rejoin } from "./rejoin.js";
import { isText, sequencesEnd } from "./utf8.js";

/**
 * Which of a snapshot's large values are text, found out as they pass by: whoever writes them the next time must know
 * before the first byte. They are counted from 0, in the order of the file.
 */
export class LargeTexts implements LargeValues {
  private readonly texts: boolean[] = [];
  private readonly printable: boolean;
  private soFar = true;
  private readonly sequences = new Rejoin(sequencesEnd, (from, start, end) => {
    this.soFar &&= isText(from, start, end, this.printable);
  });

  /** `printable`: whether control characters but tabs and ends of lines make a value none. */
  constructor(printable: boolean) {
    this.printable = printable;
  }

  begin(): void {
    this.sequences.flush();
    this.soFar = true;
    this.texts.push(true);
  }

  piece(block: Block, from: number, to: number): void {
    if (this.soFar) this.sequences.add(block.bytes, from, to);
    this.texts[this.texts.length - 1] = this.soFar && this.sequences.isWhole;
  }

  isText(index: number): boolean {
    return this.texts[index] ?? false;
  }
}
