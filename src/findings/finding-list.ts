import type { FindingCode } from "./kinds.js";
import { type Finding, finding } from "./finding.js";
import type { Severity } from "./severity.js";
import { joined, say } from "../text/message.js";
import type { Safe } from "../text/safe.js";

/** This many of one kind in one file are reported, each with its place; the rest are summed up. */
const MOST_OF_A_KIND = 10;

const RANK: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

/**
 * Findings as they come, in bounded memory: of each kind and file the first few, and one that sums up all others. A
 * file with a million bad records has ten findings and a number.
 *
 * @example
 * import { finding, FindingList } from "zkrewind/findings";
 *
 * const list = new FindingList();
 * list.push(finding("log.clock", { parts: ["the clock stepped back"] }, { file: "log.1", offset: 900 }));
 * console.log(list.length, list.some(({ severity }) => severity === "error"));
 */
export class FindingList implements Iterable<Finding> {
  private readonly first: Finding[] = [];
  private readonly kinds = new Map<string, { count: number; rest: Rest | null }>();
  private told = 0;

  push(...findings: readonly Finding[]): void {
    for (const each of findings) this.add(each);
  }

  /** How many findings this is made into. */
  get length(): number {
    return this.all().length;
  }

  [Symbol.iterator](): Iterator<Finding> {
    return this.all()[Symbol.iterator]();
  }

  some(test: (each: Finding) => boolean): boolean {
    return this.all().some(test);
  }

  every(test: (each: Finding) => boolean): boolean {
    return this.all().every(test);
  }

  /** Those with a place of their own that came since the last call: what can be told at once. */
  news(): readonly Finding[] {
    const news = this.first.slice(this.told);
    this.told = this.first.length;
    return news;
  }

  /** What sums up the others: to be told when all have come. */
  summaries(): Finding[] {
    return [...this.kinds.values()].flatMap(({ rest }) => (rest === null ? [] : [rest.summary()]));
  }

  private all(): Finding[] {
    return [...this.first, ...this.summaries()];
  }

  private add(each: Finding): void {
    const key = `${each.code}\0${each.file ?? ""}`;
    let kind = this.kinds.get(key);
    if (!kind) this.kinds.set(key, (kind = { count: 0, rest: null }));
    if (each.more === undefined && kind.count < MOST_OF_A_KIND) {
      kind.count++;
      this.first.push(each);
      return;
    }
    kind.rest ??= new Rest(each.code, each.file);
    kind.rest.add(each);
  }
}

/** The findings of one kind and file that are not told one by one. */
class Rest {
  private readonly code: FindingCode;
  private readonly file: string | undefined;
  private severity: Severity = "note";
  private count = 0;
  private bytes: { from: number; to: number } | null = null;
  private zxids: { from: bigint; to: bigint } | null = null;

  constructor(code: FindingCode, file: string | undefined) {
    this.code = code;
    this.file = file;
  }

  add({ severity, offset, zxid, more }: Finding): void {
    this.count += more?.count ?? 1;
    if (RANK[severity] > RANK[this.severity]) this.severity = severity;
    const bytes = more ? more.bytes : offset === undefined ? undefined : { from: offset, to: offset };
    const zxids = more ? more.zxids : zxid === undefined ? undefined : { from: zxid, to: zxid };
    if (bytes) this.bytes = this.bytes ? spanOf(this.bytes, bytes) : { ...bytes };
    if (zxids) this.zxids = this.zxids ? spanOf(this.zxids, zxids) : { ...zxids };
  }

  summary(): Finding {
    const { code, file, severity, count, bytes, zxids } = this;
    const where = [
      ...(zxids === null ? [] : [say`zxids ${hex(zxids.from)} to ${hex(zxids.to)}`]),
      ...(bytes === null ? [] : [say`bytes ${bytes.from} to ${bytes.to}`]),
    ];
    return {
      ...finding(code, joined([say`${count} more like it`, ...where], ", "), { severity }),
      ...(file !== undefined && { file }),
      ...(bytes !== null && { offset: bytes.from }),
      more: { count, ...(bytes !== null && { bytes }), ...(zxids !== null && { zxids }) },
    };
  }
}

function spanOf<T extends number | bigint>(a: { from: T; to: T }, b: { from: T; to: T }): { from: T; to: T } {
  return { from: a.from < b.from ? a.from : b.from, to: a.to > b.to ? a.to : b.to };
}

/** A zxid as everywhere; this folder knows none of the others. */
function hex(zxid: bigint): Safe {
  return `0x${BigInt.asUintN(64, zxid).toString(16)}` as Safe;
}
