import type { Catalogue, Head } from "../link/catalogue.js";
import { isWithin, type Line } from "../link/line.js";
import { COMPACTION, parseFileObjectName, parseLinkName, parsePartName, parseSegmentName } from "../names.js";
import type { ObjectInfo } from "../store/store.js";
import { compactedLine, compactionOf } from "../read/consolidated.js";
import { chainOf } from "./chain.js";
import { type Fate, keptPoints, type KeptPoint, type Policy } from "./points.js";

export interface PrunePlan {
  fates: Fate[];
  points: (KeptPoint & { server: string; isWhole: boolean })[];
}

export interface PlanOptions {
  policy: Policy;
  /** Milliseconds by the store's clock. */
  now: number;
  /** Milliseconds: younger objects that no link names may be on their way to one. */
  grace: number;
}

/**
 * Decides which objects of a repository to keep. Objects that it does not know are kept.
 * `objects`: a listing of all, in which the links of the catalogue are.
 */
export function planPrune(objects: readonly ObjectInfo[], catalogue: Catalogue, options: PlanOptions): PrunePlan {
  const there = new Map(objects.map((each) => [each.name, each]));
  const isThere = (name: string): boolean => there.has(name);
  const reasons = new Map<string, string>();
  const keep = (name: string, reason: string): void => void (reasons.has(name) || reasons.set(name, reason));
  const points: PrunePlan["points"] = [];
  const all = catalogue.heads.map(({ line }) => line);
  const compaction = compactionOf(all, isThere);
  const shipped = all.filter(({ server }) => server !== COMPACTION);
  const compacted = new Map(shipped.map((line) => [line, compactedLine(line, compaction)]));
  const lines = [...compacted.values()];

  for (const point of mainPoints(shipped, options)) {
    // The line that is furthest, or else the first that has it whole; where none has, all that any has of it stays.
    const chains = point.lines.map((line) => ({
      line,
      ...chainOf(compacted.get(line) ?? line, point, isThere),
    }));
    const whole = chains.find(({ isWhole }) => isWhole);
    points.push({
      label: point.label,
      from: point.from,
      to: point.to,
      server: (whole ?? chains[0])?.line.server ?? "",
      isWhole: whole !== undefined,
    });
    for (const { segments, snapshots } of whole && !point.isWindow ? [whole] : chains)
      for (const name of [...segments.map((each) => each.name), ...snapshots.flatMap(partNames)])
        keep(name, `for ${point.label}`);
  }
  keepOfWindow(lines, options, keep);
  for (const line of lines) for (const { name } of line.files) keep(name, "the newest of its name");
  keepLinks(objects, catalogue.heads, keep);

  const named = namedBy([...lines, ...all.filter((line) => !shipped.includes(line))]);
  const fates = objects.flatMap((info): Fate[] => {
    const fate = (isKept: boolean, reason: string): Fate[] => [{ name: info.name, size: info.size, isKept, reason }];
    if (!isPrunable(info.name)) return [];
    const kept = reasons.get(info.name);
    if (kept !== undefined) return fate(true, kept);
    if (options.now - info.modified < options.grace) return fate(true, "younger than the grace");
    return fate(false, whyNot(info.name, lines, named, isThere));
  });
  return { fates: fates.map((each) => sparedIfReplacementIsMissing(each, lines, isThere)), points };
}

type PointOfLines = KeptPoint & { lines: Line[]; isWindow: boolean };

/** The points of the line that is furthest, each with all lines, that one first; the window of each line. */
function mainPoints(lines: readonly Line[], { policy, now }: PlanOptions): PointOfLines[] {
  const sorted = [...lines].sort((a, b) => (endOf(a) > endOf(b) ? -1 : endOf(a) < endOf(b) ? 1 : 0));
  const [main] = sorted;
  if (!main) return [];
  const points = keptPoints(main.segments, policy, now).map((point) => ({ ...point, lines: sorted, isWindow: false }));
  const others = sorted.slice(1).flatMap((line) =>
    keptPoints(line.segments, { window: policy.window, daily: 0, weekly: 0 }, now).map((point) => ({
      ...point,
      label: `${point.label} of server ${line.server}`,
      lines: [line],
      isWindow: true,
    })),
  );
  return [...points, ...others];
}

/** Branches, and snapshots, of the window: later ones than a chain needs make a restore quick. */
function keepOfWindow(
  lines: readonly Line[],
  { policy, now }: PlanOptions,
  keep: (name: string, reason: string) => void,
) {
  if (policy.window === 0) return;
  const times = lines.flatMap(({ segments }) => segments.map(({ to }) => Math.min(Number(to), now)));
  const since = Math.max(...times, 0) - policy.window;
  for (const { segments, snapshots, dropped } of lines) {
    for (const { name, to } of dropped) if (Math.min(Number(to), now) >= since) keep(name, "a branch of the window");
    const first = segments.find(({ to }) => Math.min(Number(to), now) >= since)?.first;
    for (const snapshot of snapshots)
      if (first === undefined || snapshot.zxid >= first)
        for (const name of partNames(snapshot)) keep(name, "of the window");
  }
}

/** Links from each server's newest whole one on: readers begin there. */
function keepLinks(
  objects: readonly ObjectInfo[],
  heads: readonly Head[],
  keep: (name: string, reason: string) => void,
) {
  const newest = new Map<string, number>();
  const links = objects.flatMap(({ name }) => parseLinkName(name) ?? []);
  for (const { server, depth, whole } of links) if (whole) newest.set(server, Math.max(depth, newest.get(server) ?? 0));
  const oldestHead = new Map<string, number>();
  for (const { link } of heads) {
    const { server, depth } = link.link;
    oldestHead.set(server, Math.min(depth, oldestHead.get(server) ?? depth));
  }
  for (const { name, server, depth } of links) {
    const whole = newest.get(server);
    // Without a valid head nothing is known of a server.
    if (whole === undefined || !oldestHead.has(server) || depth >= whole) keep(name, "readers start from it");
  }
}

function whyNot(
  name: string,
  lines: readonly Line[],
  named: ReadonlySet<string>,
  isThere: (name: string) => boolean,
): string {
  if (parseLinkName(name)) return "a later link has all that it has";
  const segment = parseSegmentName(name);
  if (segment && !named.has(name)) {
    const by = lines.flatMap(({ segments }) => segments).find((each) => isWithin(segment, each) && isThere(each.name));
    return by ? `${by.name} has its transactions` : "no link names it";
  }
  return named.has(name) ? "no kept point needs it" : "no link names it";
}

/** A replaced segment is kept while its replacement is missing. */
function sparedIfReplacementIsMissing(fate: Fate, lines: readonly Line[], isThere: (name: string) => boolean): Fate {
  const segment = fate.isKept ? null : parseSegmentName(fate.name);
  if (!segment) return fate;
  const isLost = lines.some(({ segments }) =>
    segments.some((each) => isWithin(segment, each) && each.name !== fate.name && !isThere(each.name)),
  );
  return isLost ? { ...fate, isKept: true, reason: "what took its place is missing" } : fate;
}

function namedBy(lines: readonly Line[]): Set<string> {
  return new Set(
    lines.flatMap(({ segments, dropped, snapshots, files }) => [
      ...[...segments, ...dropped, ...files].map(({ name }) => name),
      ...snapshots.flatMap(partNames),
    ]),
  );
}

function partNames({ parts }: Line["snapshots"][number]): string[] {
  return parts.map(({ name }) => name);
}

function endOf(line: Line): bigint {
  return line.segments.at(-1)?.last ?? -1n;
}

/** Drills and the pruner's own documents are small and stay; what is not ours is not touched. */
function isPrunable(name: string): boolean {
  return (parseSegmentName(name) ?? parsePartName(name) ?? parseFileObjectName(name) ?? parseLinkName(name)) !== null;
}
