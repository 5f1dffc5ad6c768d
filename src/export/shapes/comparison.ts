import type { Comparison } from "../../forensics/replicas/compare.js";
import type { TreeComparison } from "../../forensics/replicas/compare-trees.js";
import { isoTime } from "../../recovery/index.js";
import { findingShape } from "./finding.js";
import { txnShape } from "./txn.js";

/** Times as ISO, servers by name, transactions without their data: `log --format ndjson` has that. */
export function comparisonShape(result: Comparison): object {
  const { divergence, tails, trees, loaded, nodes, observers, best, findings, ...rest } = result;
  const name = (node: number): string | undefined => nodes[node]?.name;
  return {
    ...rest,
    nodes: nodes.map(({ holes, ...node }) => ({
      ...node,
      holes: holes.map((hole) => ({ ...hole, filledBy: hole.filledBy.map(name) })),
    })),
    divergence: divergence && {
      ...divergence,
      sides: divergence.sides.map((side) => ({
        nodes: side.nodes.map(name),
        next: side.next && txnShape(side.next, "none"),
        own: side.own.map((txn) => txnShape(txn, "none")),
        count: side.count,
      })),
    },
    tails: tails.map((tail) => ({
      ...tail,
      nodes: tail.nodes.map(name),
      firstTime: isoTime(tail.firstTime),
      lastTime: isoTime(tail.lastTime),
      transactions: tail.transactions.map((txn) => txnShape(txn, "none")),
    })),
    trees: trees && treesShape(trees, name),
    loaded: loaded && treesShape(loaded, name),
    observers: observers.map(name),
    best: { nodes: best.nodes.map(name), reasons: best.reasons },
    findings: findings.map(findingShape),
  };
}

/** Servers by name. */
function treesShape({ zxid, results }: TreeComparison, name: (node: number) => string | undefined): object {
  return {
    zxid,
    results: results.map(({ node, fingerprint, ...each }) => ({
      node: name(node),
      ...each,
      ...(fingerprint ? { znodes: fingerprint.znodes, digest: String(fingerprint.digest) } : {}),
    })),
  };
}
