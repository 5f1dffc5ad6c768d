import { OpCode } from "../../txn/index.js";

/**
 * How Java reads a transaction that does not fit its record (SerializeUtils.deserializeTxn): it does not mind bytes that
 * are left over; what ends too early ends the file for it; a length that is negative, or more than the limit of its
 * release, stops it. The answer is that length where a length is what does not fit.
 */
export function javaReading(view: DataView, start: number, end: number): "whole" | "short" | number {
  if (end - start < HEADER) return "short";
  const type = view.getInt32(start + HEADER - 4);
  const reading = new Reading(view, start + HEADER, end).take(BODIES[type] ?? "");
  if (typeof reading === "number" || reading === "whole") return reading;
  // Perhaps of before 3.4, without the parent's cversion; and a closeSession may have no paths.
  if (type === OpCode.create) return new Reading(view, start + HEADER, end).take("ssab");
  return type === OpCode.closeSession ? "whole" : "short";
}

/** Long session, int cxid, long zxid, long time, int type. */
const HEADER = 32;

/** Bodies by type: s a string or buffer, b a byte, i an int, l a long, a a vector<ACL>, p of strings, m of members. */
const BODIES: Readonly<Record<number, string>> = {
  [OpCode.create]: "ssabi",
  [OpCode.create2]: "ssabi",
  [OpCode.createContainer]: "ssai",
  [OpCode.createTTL]: "ssail",
  [OpCode.delete]: "s",
  [OpCode.deleteContainer]: "s",
  [OpCode.setData]: "ssi",
  [OpCode.reconfig]: "ssi",
  [OpCode.setACL]: "sai",
  [OpCode.createSession]: "i",
  [OpCode.closeSession]: "p",
  [OpCode.error]: "i",
  [OpCode.multi]: "m",
};

class Reading {
  private readonly view: DataView;
  private at: number;
  private readonly end: number;

  constructor(view: DataView, at: number, end: number) {
    this.view = view;
    this.at = at;
    this.end = end;
  }

  take(fields: string): "whole" | "short" | number {
    for (const field of fields) {
      const problem = this.field(field);
      if (problem !== null) return problem;
    }
    return "whole";
  }

  private field(field: string): "short" | number | null {
    if (field === "b") return this.skip(1);
    if (field === "i") return this.skip(4);
    if (field === "l") return this.skip(8);
    if (field === "s") return this.text();
    return this.vector(field === "a" ? "iss" : field === "p" ? "s" : "is");
  }

  private vector(item: string): "short" | number | null {
    if (this.at + 4 > this.end) return "short";
    const count = this.view.getInt32(this.at);
    this.at += 4;
    for (let index = 0; index < count; index++) {
      const problem = this.take(item);
      if (problem !== "whole") return problem;
    }
    return null;
  }

  private text(): "short" | number | null {
    if (this.at + 4 > this.end) return "short";
    const length = this.view.getInt32(this.at);
    this.at += 4;
    if (length === -1) return null;
    return length < 0 || this.at + length > this.end ? length : this.skip(length);
  }

  private skip(length: number): "short" | null {
    this.at += length;
    return this.at > this.end ? "short" : null;
  }
}
