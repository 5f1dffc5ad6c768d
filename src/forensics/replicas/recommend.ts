import type { AgreedHistory } from "../../recovery/ensemble/agreed-history.js";
import { holders, range } from "../../recovery/ensemble/merge.js";
import { hex } from "../../storage/zxid.js";
import type { NodeReport } from "./node-report.js";
import { say, tag, joined, type Message } from "../../text/message.js";

/** Which servers' files to restore from, best first, and why. */
export interface Recommendation {
  /** One server where one is enough; several that are to be read together with --node; none where none can be named. */
  nodes: number[];
  reasons: Message[];
}

/**
 * The best source: one server that has come to the end of the line, holds nothing off it, is not damaged, and whose
 * files rebuild that end exactly. Where there is none, those that fill each other's gaps.
 *
 * `rebuilds` tells whether a server's own files give the end of the line exactly; null where that is not to be tried.
 */
export async function recommend(
  nodes: readonly NodeReport[],
  line: AgreedHistory,
  rebuilds: ((node: number) => Promise<boolean>) | null,
): Promise<Recommendation> {
  if (line.last === null) return { nodes: [], reasons: [say`no server has a transaction or a snapshot`] };
  const ranked = nodes
    .map((report, node) => ({ node, report, off: line.dead.some(({ versions }) => versions[node] !== 0) }))
    .sort(
      (a, b) =>
        compare(b.report.reach, a.report.reach) ||
        Number(a.off) - Number(b.off) ||
        a.report.damage.length - b.report.damage.length ||
        a.report.holes.length - b.report.holes.length ||
        b.report.transactions - a.report.transactions,
    );
  const candidates = ranked.filter(
    ({ report, off }) => report.reach === line.last && report.damage.length === 0 && !off,
  );
  for (const { node, report } of rebuilds ? candidates : []) {
    if (!(await rebuilds?.(node))) continue;
    const proof = say`${tag.file(report.name)}'s own files rebuild ${hex(line.last)}, the last transaction of the newest epoch, exactly`;
    return { nodes: [node], reasons: [proof, ...reasonsAgainst(ranked, node, line)] };
  }
  const likely = candidates.find(({ report }) => report.holes.length === 0);
  if (!rebuilds && likely) {
    const guess = say`${tag.file(likely.report.name)} has reached ${hex(line.last)}, without damage or holes; whether its files rebuild that exactly was not checked`;
    return { nodes: [likely.node], reasons: [guess, ...reasonsAgainst(ranked, likely.node, line)] };
  }
  const [best] = ranked;
  if (!best) return { nodes: [], reasons: [] };
  const helpers = ranked.slice(1).filter(({ report }) => report.transactions > 0 || report.snapshots > 0);
  const far = say`${tag.file(best.report.name)} has reached ${hex(best.report.reach ?? 0n)}, and no other server got further`;
  const why = rebuilds
    ? "no server's files are enough alone"
    : "whether one server's files are enough alone was not checked";
  const reasons = [
    far,
    say`${why}: read together, they fill each other's gaps`,
    ...reasonsAgainst(ranked, best.node, line),
  ];
  return { nodes: [best.node, ...helpers.map(({ node }) => node)], reasons };
}

function reasonsAgainst(
  ranked: readonly { node: number; report: NodeReport; off: boolean }[],
  chosen: number,
  line: AgreedHistory,
): Message[] {
  const from = ranked.find(({ node }) => node === chosen)?.report.name ?? "";
  const against = ranked.flatMap(({ node, report, off }) => {
    const { name, damage, holes } = report;
    const rival = rivalOf(line, node, chosen);
    const behind = report.behind - (rival?.behind ?? 0);
    const against = [
      ...(rival
        ? [
            say`holds ${range(rival)}, which ${tag.file(from)} lacks: restoring from ${tag.file(from)} loses them. zkrewind log NODE --from ${hex(rival.first)} shows each server's own`,
          ]
        : []),
      ...(behind > 0 ? [say`is ${behind} transactions behind`] : []),
      ...(off ? [say`holds transactions that were never committed`] : []),
      ...(damage.length > 0 ? [say`is damaged in ${damage.length} ${damage.length === 1 ? "place" : "places"}`] : []),
      ...(holes.length > 0
        ? [say`lacks ${holes.reduce((sum, { count }) => sum + count, 0)} transactions in between`]
        : []),
    ];
    if (against.length > 0) return [say`${tag.file(name)} ${joined(against, " and ")}`];
    return node === chosen ? [] : [say`${tag.file(name)} would do as well`];
  });
  const disputed = line.spans.find(({ span, version }) =>
    isDisputed(line, span.versions, holders(span, version).length),
  );
  return disputed
    ? [
        say`no majority has the transactions after ${hex(disputed.span.first - 1n)}: the files do not show whose were committed`,
        ...against,
      ]
    : against;
}

/** Whether servers hold different transactions at the same zxids, and none of them is a majority's. */
function isDisputed({ majority }: AgreedHistory, versions: readonly number[], holding: number): boolean {
  return new Set(versions.filter((version) => version !== 0)).size > 1 && holding < majority;
}

/** The transactions that a server has at zxids where another has others; `behind`: how many lie beyond its reach. */
function rivalOf(
  { spans, reach }: AgreedHistory,
  node: number,
  chosen: number,
): { first: bigint; last: bigint; count: number; behind: number } | null {
  const rivals = spans.filter(({ span: { versions } }) => {
    const [own, other] = [versions[node] ?? 0, versions[chosen] ?? 0];
    return own !== 0 && other !== 0 && own !== other;
  });
  const [first, last] = [rivals[0]?.span.first, rivals.at(-1)?.span.last];
  if (first === undefined || last === undefined) return null;
  const end = reach[node] ?? null;
  const beyond = rivals.filter(({ span }) => end === null || span.first > end);
  const countOf = (list: typeof rivals): number => list.reduce((sum, { span }) => sum + span.count, 0);
  return { first, last, count: countOf(rivals), behind: countOf(beyond) };
}

function compare(a: bigint | null, b: bigint | null): number {
  const [x, y] = [a ?? -1n, b ?? -1n];
  return x < y ? -1 : x > y ? 1 : 0;
}
