import type { FileObject, Link, Segment, Snapshot, Tip } from "./link.js";

/** One server's history, as its links tell it. */
export interface Line {
  server: string;
  /** In order of zxids; none overlaps another. */
  segments: Segment[];
  /** What the server's line once held and no longer does. */
  dropped: Segment[];
  snapshots: Snapshot[];
  /** Of compaction's line: names of the segments whose place its own take, in every line. */
  replaces: string[];
  /** The newest of each name. */
  files: FileObject[];
  tip: Tip | null;
  voters: string[] | null;
  /** When the newest link was written, by its writer's clock. */
  time: string;
}

export function emptyLine(server: string): Line {
  const nothing = { segments: [], dropped: [], snapshots: [], replaces: [], files: [] };
  return { server, ...nothing, tip: null, voters: null, time: "" };
}

/** The line after a link. A whole link tells it by itself: what was before only adds what is dropped. */
export function applied(line: Line, link: Link): Line {
  const before = link.whole ? [] : line.segments;
  const kept = link.cut === null ? before : before.filter(({ last }) => last <= (link.cut as bigint));
  const dropped = [...line.dropped, ...before.filter((each) => !kept.includes(each)), ...link.dropped];
  let segments = kept;
  for (const each of link.segments) {
    // One that overlaps and is not within its bounds was not cut as it should have been: the later one counts.
    dropped.push(...segments.filter((other) => overlaps(each, other) && !isWithin(other, each)));
    segments = segments.filter((other) => !overlaps(each, other));
    segments.push(each);
  }
  segments.sort(byFirst);
  const names = new Set(link.snapshots.map(({ zxid, content }) => `${zxid} ${content}`));
  const files = new Set(link.files.map(({ file }) => file));
  return {
    server: line.server,
    segments,
    dropped: [...new Map(dropped.map((each) => [each.name, each])).values()],
    snapshots: [
      ...(link.whole ? [] : line.snapshots).filter(({ zxid, content }) => !names.has(`${zxid} ${content}`)),
      ...link.snapshots,
    ].sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0)),
    replaces: [...new Set([...(link.whole ? [] : line.replaces), ...link.replaces])],
    files: [...line.files.filter(({ file }) => !files.has(file)), ...link.files],
    tip: link.tip ?? line.tip,
    voters: link.voters ?? line.voters,
    time: link.time,
  };
}

export function overlaps(a: Bounds, b: Bounds): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Whether all of `inner` lies in `outer`'s bounds. */
export function isWithin(inner: Bounds, outer: Bounds): boolean {
  return inner.first >= outer.first && inner.last <= outer.last;
}

export interface Bounds {
  first: bigint;
  last: bigint;
}

export function byFirst(a: Bounds, b: Bounds): number {
  return a.first < b.first ? -1 : a.first > b.first ? 1 : a.last < b.last ? -1 : a.last > b.last ? 1 : 0;
}
