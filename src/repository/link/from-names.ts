import { parseFileObjectName, parsePartName, parseSegmentName } from "../names.js";
import type { ObjectInfo, ObjectStore } from "../store/store.js";
import { applied, emptyLine, type Line } from "./line.js";
import { type FileObject, type Link, MOST_INFLATED, type Segment, type Snapshot, type StoredObject } from "./link.js";

/**
 * What the names of objects tell of a repository without a single link, taken for one server's line: where two segments
 * contradict one another, the one that was stored later counts. Null where it holds no objects.
 *
 * What was cut from the line, which server shipped what, and what is confirmed stood in the links alone.
 */
export async function lineFromNames(store: ObjectStore, signal?: AbortSignal): Promise<Line | null> {
  const found: ObjectInfo[] = [];
  for (const prefix of ["log/", "snapshot/", "base/", "config/"])
    for await (const info of store.list(prefix, signal)) found.push(info);
  // In the order in which they were stored: the later counts.
  found.sort((a, b) => a.modified - b.modified || (a.name < b.name ? -1 : 1));
  const segments = found.flatMap(segmentOf);
  const link: Link = {
    ...NO_LINK,
    segments,
    snapshots: snapshotsOf(found),
    files: [...new Map(found.flatMap(fileOf).map((each) => [each.file, each])).values()],
  };
  const line = applied(emptyLine("unknown"), link);
  return line.segments.length + line.snapshots.length === 0 ? null : line;
}

const NO_LINK: Link = {
  server: "unknown",
  writer: "",
  depth: 0,
  whole: true,
  time: "",
  previous: null,
  cut: null,
  segments: [],
  dropped: [],
  snapshots: [],
  files: [],
  replaces: [],
  tip: null,
  voters: null,
};

function segmentOf(info: ObjectInfo): Segment[] {
  const parsed = parseSegmentName(info.name);
  // Its transactions have their times; a name has none.
  return parsed ? [{ ...parsed, ...stored(info), after: null, from: 0n, to: 0n }] : [];
}

function fileOf(info: ObjectInfo): FileObject[] {
  const parsed = parseFileObjectName(info.name);
  return parsed ? [{ ...parsed, ...stored(info) }] : [];
}

/** Those of which every part is there. */
function snapshotsOf(found: readonly ObjectInfo[]): Snapshot[] {
  const parts = new Map<string, { index: number; isLast: boolean; snapshot: Snapshot; object: StoredObject }[]>();
  for (const info of found) {
    const parsed = parsePartName(info.name);
    if (!parsed) continue;
    const { kind, zxid, content, index, isLast } = parsed;
    const key = `${kind}/${zxid}.${content}`;
    const snapshot = { kind, zxid, content, bytes: 0, parts: [] };
    parts.set(key, [...(parts.get(key) ?? []), { index, isLast, snapshot, object: stored(info) }]);
  }
  return [...parts.values()].flatMap((each) => {
    const byIndex = new Map(each.map((part) => [part.index, part]));
    const sorted = [...byIndex.values()].sort((a, b) => a.index - b.index);
    const isWhole = sorted.every(({ index, isLast }, at) => index === at && isLast === (at === sorted.length - 1));
    if (!isWhole) return [];
    const objects = sorted.map(({ object }) => object);
    const bytes = objects.reduce((sum, { size }) => sum + size, 0) * MOST_INFLATED;
    return [{ ...(sorted[0] as (typeof sorted)[0]).snapshot, bytes, parts: objects }];
  });
}

/** What a store keeps no sum of is held to the hash in its name all the same. */
function stored({ name, size, crc32c = 0 }: ObjectInfo): StoredObject {
  return { name, size, crc32c };
}
