import { byFirst, isWithin, overlaps } from "../link/line.js";
import type { FileObject, Segment, Snapshot, StoredObject, Tip } from "../link/link.js";
import { parseSegmentName, type SegmentName, slotPrefix } from "../names.js";
import type { Recipients } from "../crypt/index.js";
import { buildSegment } from "../segment/build.js";
import type { CutRun } from "./cutter.js";
import type { Distributor } from "./distributor.js";

/** What a link is going to say. */
export interface Draft {
  cut: bigint | null;
  segments: Segment[];
  snapshots: Snapshot[];
  files: FileObject[];
}

/**
 * Compares runs of a server's transactions with its line in the repositories, and ships what that lacks: whole records
 * only, each in one segment of the line. What another server has stored already is taken over.
 */
export class Shipper {
  /** The server's line by the links so far, and the draft. */
  segments: Segment[];
  draft: Draft = emptyDraft();
  tip: Tip | null;
  /** Bytes and segments since the last link. */
  shipped = { bytes: 0, segments: 0 };

  private readonly distributor: Distributor;
  private readonly recipients: Recipients | null;

  constructor(distributor: Distributor, recipients: Recipients | null, line: { segments: Segment[]; tip: Tip | null }) {
    this.distributor = distributor;
    this.recipients = recipients;
    this.segments = [...line.segments];
    this.tip = line.tip;
  }

  /** Ships what the line lacks of a run. */
  async ship({ run, end, aligned, next }: CutRun): Promise<void> {
    this.cutWhereGone({ run, end, aligned, next });
    const { first, last } = run;
    const sealed = aligned && (end === "slot" || end === "epoch");
    const own = this.segments.filter((each) => overlaps(each, run));
    const missing =
      sealed && !own.some((each) => each.first === first && each.last === last) ? [{ first, last }] : gaps(run, own);
    for (const gap of missing) await this.cover(gap, run, sealed);
    this.tip = { zxid: last, time: run.timeOf(last) };
  }

  /** Takes the draft, for a link, and begins a new one. */
  taken(): Draft {
    const { draft } = this;
    this.draft = emptyDraft();
    this.shipped = { bytes: 0, segments: 0 };
    return draft;
  }

  get isEmpty(): boolean {
    const { cut, segments, snapshots, files } = this.draft;
    return cut === null && segments.length + snapshots.length + files.length === 0;
  }

  /** What the line holds and the server does not any more goes: it stays in the repository, as a branch. */
  private cutWhereGone({ run, end, next }: CutRun): void {
    const { first, last } = run;
    const other = this.segments.find(
      (each) => isWithin(each, run) && run.contentOf(each.first, each.last) !== each.content,
    );
    if (other) this.cutAfter(other.first - 1n);
    if (end === "hole" || end === "slot") return;
    // Nothing comes between the last transaction and the next: what the line has there is gone.
    const beyond = this.segments.find(
      (each) => each.last > last && each.first >= first && (next === null || each.first < next),
    );
    const across = this.segments.find((each) => each.first < first && each.last > last);
    if (across ?? beyond) this.cutAfter(((across ?? beyond) as Segment).first - 1n);
  }

  private cutAfter(zxid: bigint): void {
    const { draft } = this;
    this.segments = this.segments.filter(({ last }) => last <= zxid);
    draft.segments = draft.segments.filter(({ last }) => last <= zxid);
    if (draft.cut === null || zxid < draft.cut) draft.cut = zxid;
  }

  private async cover(gap: { first: bigint; last: bigint }, run: CutRun["run"], sealed: boolean): Promise<void> {
    const stored = await this.stored(gap.first);
    const marked = stored.length === 0 ? new Set<string>() : await this.distributor.marked();
    const theirs = stored.filter(({ name }) => !marked.has(name));
    const fits = (each: SegmentName): boolean =>
      each.last <= gap.last && run.contentOf(each.first, each.last) === each.content;
    for (let at = gap.first; at <= gap.last; ) {
      const found = theirs.filter((each) => each.first === at && (!sealed || each.last === gap.last)).filter(fits);
      const start = at;
      // Cut where another's segment begins: from there on both have the same ones again.
      const others = sealed ? [] : theirs.filter((each) => each.first > start).filter(fits);
      const end = others.reduce((least, { first }) => (first <= least ? first - 1n : least), gap.last);
      const segment = (await this.adopted(found.sort(byFirst).at(-1), run)) ?? (await this.built(at, end, run, marked));
      this.enter(segment);
      at = segment.last + 1n;
    }
  }

  /** What the repositories have of a zxid's slot. */
  private async stored(zxid: bigint): Promise<SegmentName[]> {
    const prefix = slotPrefix(zxid);
    const [target] = this.distributor.reachable;
    const names = await target?.look(prefix).catch(() => []);
    return [...new Set(names)].flatMap((name) => parseSegmentName(name) ?? []);
  }

  /** A segment that another server stored, if it is sound; nothing is stored again. */
  private async adopted(named: SegmentName | undefined, run: CutRun["run"]): Promise<Segment | null> {
    if (!named || named.encrypted !== (this.recipients !== null)) return null;
    const object = { name: named.name, size: 0, crc32c: 0 };
    const bytes = await this.distributor.obtain(object, null).catch(() => null);
    if (!bytes) return null;
    const { crc32c } = await import("../../checksum/index.js");
    return segmentOf(named, { name: named.name, size: bytes.length, crc32c: crc32c(bytes) }, run);
  }

  /** Under a name that no pruner has marked, so that none deletes it. */
  private async built(first: bigint, last: bigint, run: CutRun["run"], marked: ReadonlySet<string>): Promise<Segment> {
    const content = run.contentOf(first, last);
    const { bytes, ...object } = await buildSegment(
      first,
      last,
      content,
      run.fileOf(first, last),
      this.recipients,
      (name) => marked.has(name),
    );
    await this.distributor.hold(object, bytes);
    this.shipped.bytes += object.size;
    return segmentOf(parseSegmentName(object.name) as SegmentName, object, run);
  }

  private enter(segment: Segment): void {
    this.segments = [...this.segments.filter((each) => !overlaps(each, segment)), segment];
    this.draft.segments = [...this.draft.segments.filter((each) => !overlaps(each, segment)), segment].sort(byFirst);
    this.shipped.segments++;
  }
}

function segmentOf(named: SegmentName, object: StoredObject, run: CutRun["run"]): Segment {
  const { first, last } = named;
  const after = first === run.first ? run.after : first - 1n;
  return { ...named, ...object, after, from: run.timeOf(first), to: run.timeOf(last) };
}

/** The parts of a run that no segment covers. */
function gaps(run: { first: bigint; last: bigint }, segments: readonly Segment[]): { first: bigint; last: bigint }[] {
  const missing: { first: bigint; last: bigint }[] = [];
  let at = run.first;
  for (const { first, last } of [...segments].sort(byFirst)) {
    if (first > at) missing.push({ first: at, last: first - 1n });
    if (last >= at) at = last + 1n;
  }
  if (at <= run.last) missing.push({ first: at, last: run.last });
  return missing;
}

function emptyDraft(): Draft {
  return { cut: null, segments: [], snapshots: [], files: [] };
}
