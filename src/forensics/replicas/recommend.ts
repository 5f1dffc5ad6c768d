import type { AgreedHistory } from "../../recovery/ensemble/agreed-history.js";
import { serverNames } from "../../recovery/ensemble/merge.js";
import { hex } from "../../storage/zxid.js";
import type { NodeReport } from "./node-report.js";
import { type OwnTransactions, partedSides } from "./own-transactions.js";
import { say, tag, joined, type Message } from "../../text/message.js";

/** Which servers' files to restore from, best first, and why. */
export interface Recommendation {
  /** One server where one is enough; several that are to be read together with --node; none where none can be named. */
  nodes: number[];
  reasons: Message[];
  /** Servers that went on from one state: restoring from a side loses what the others have. Null where there are none. */
  sides: OwnTransactions[] | null;
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
  if (line.last === null) return { nodes: [], reasons: [say`no server has a transaction or a snapshot`], sides: null };
  const sides = partedSides(line);
  if (sides !== null) return { nodes: [], reasons: choice(sides, nodes), sides };
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
    return { nodes: [node], reasons: [proof, ...reasonsAgainst(ranked, node)], sides };
  }
  const likely = candidates.find(({ report }) => report.holes.length === 0);
  if (!rebuilds && likely) {
    const guess = say`${tag.file(likely.report.name)} has reached ${hex(line.last)}, without damage or holes; whether its files rebuild that exactly was not checked`;
    return { nodes: [likely.node], reasons: [guess, ...reasonsAgainst(ranked, likely.node)], sides };
  }
  const [best] = ranked;
  if (!best) return { nodes: [], reasons: [], sides };
  const helpers = ranked.slice(1).filter(({ report }) => report.transactions > 0 || report.snapshots > 0);
  const far = say`${tag.file(best.report.name)} has reached ${hex(best.report.reach ?? 0n)}, and no other server got further`;
  const why = rebuilds
    ? "no server's files are enough alone"
    : "whether one server's files are enough alone was not checked";
  const reasons = [far, say`${why}: read together, they fill each other's gaps`, ...reasonsAgainst(ranked, best.node)];
  return { nodes: [best.node, ...helpers.map(({ node }) => node)], reasons, sides };
}

/** What restoring from each side keeps and loses. */
function choice(sides: readonly OwnTransactions[], nodes: readonly NodeReport[]): Message[] {
  const names = nodes.map(({ name }) => name);
  const [first] = sides;
  return [
    say`they went on from one state, and no majority has the transactions after ${hex((first?.first ?? 1n) - 1n)}: the files do not show whose were committed`,
    say`restoring from any of them loses the transactions of the others: look at them, take over by hand what is to stay`,
    ...sides.map((side) => {
      const who = serverNames(side.nodes, names);
      const many = say`${side.count} ${side.count === 1 ? "transaction" : "transactions"} of its own`;
      return say`${who} has ${many}, ${hex(side.first)} to ${hex(side.last)}`;
    }),
  ];
}

function reasonsAgainst(
  ranked: readonly { node: number; report: NodeReport; off: boolean }[],
  chosen: number,
): Message[] {
  return ranked.flatMap(({ node, report, off }) => {
    const { name, damage, holes, behind } = report;
    const against = [
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
}

function compare(a: bigint | null, b: bigint | null): number {
  const [x, y] = [a ?? -1n, b ?? -1n];
  return x < y ? -1 : x > y ? 1 : 0;
}
