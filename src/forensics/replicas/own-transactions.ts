import type { AgreedHistory } from "../../recovery/ensemble/agreed-history.js";
import type { Span } from "../../recovery/ensemble/align-logs.js";
import { holders } from "../../recovery/ensemble/merge.js";

/** Transactions that some servers have and others do not, from where their histories parted on. */
export interface OwnTransactions {
  nodes: number[];
  first: bigint;
  last: bigint;
  count: number;
}

/**
 * Each side's own transactions where servers went on from one state, as clones do, and no majority says whose were committed:
 * the same zxids are other transactions on each. Null where there is no such place.
 */
export function partedSides(line: AgreedHistory): OwnTransactions[] | null {
  const disputed = line.spans.find(({ span, version }) => isDisputed(span, version, line))?.span;
  if (!disputed) return null;
  const later = line.spans.map(({ span }) => span).filter(({ first }) => first >= disputed.first);
  const versions = new Set(disputed.versions.filter((version) => version !== 0));
  return [...versions].map((version) => ownOf(holders(disputed, version), later));
}

/** Whether servers hold different transactions at the same zxids, and none of them is a majority's. */
function isDisputed({ versions, ...span }: Span, version: number, { majority }: AgreedHistory): boolean {
  const different = new Set(versions.filter((each) => each !== 0)).size > 1;
  return different && holders({ versions, ...span }, version).length < majority;
}

function ownOf(nodes: number[], later: readonly Span[]): OwnTransactions {
  const own = later.filter(({ versions }) => nodes.some((node) => versions[node] !== 0));
  return {
    nodes,
    first: own[0]?.first ?? 0n,
    last: own.at(-1)?.last ?? 0n,
    count: own.reduce((sum, { count }) => sum + count, 0),
  };
}
