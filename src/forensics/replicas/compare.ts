import { type DataDirectory, rebuild } from "../../recovery/index.js";
import { type LogPart, alignLogs, type Span } from "../../recovery/ensemble/align-logs.js";
import { largestAgreement, type AgreedHistory, agreedHistory } from "../../recovery/ensemble/agreed-history.js";
import { holders, lineFindings, nodeNames, serverNames } from "../../recovery/ensemble/merge.js";
import { distinct, type Finding, finding, ZkRewindError } from "../../findings/finding.js";
import { epochOf, hex } from "../../storage/zxid.js";
import type { Txn } from "../../txn/index.js";
import type { EpochRange, MissingRange, NodeReport } from "./node-report.js";
import { recommend, type Recommendation } from "./recommend.js";
import { firstTransactions } from "./first-transactions.js";
import { observersAmong } from "../../recovery/ensemble/observers.js";
import { compareLoaded } from "./loaded-trees.js";
import { compareTreesAt, type TreeComparison } from "./compare-trees.js";
import { say, tag } from "../../text/message.js";

/** Transactions that less than a majority of the servers hold. */
export interface Tail {
  /** `dead`: a newer epoch went on without them; `uncommitted`: nothing follows them, they may have been committed. */
  kind: "dead" | "uncommitted";
  nodes: number[];
  first: bigint;
  last: bigint;
  count: number;
  firstTime: bigint;
  lastTime: bigint;
  /** The first of them, as many as were asked for. */
  transactions: Txn[];
}

/** A place where servers' histories or trees are not the same. */
export interface Divergence {
  kind: "fork" | "conflict" | "digest";
  /** The first transaction that is not the same everywhere. */
  zxid: bigint;
  /** The last before it. */
  after: bigint | null;
  /** What each group of servers has there, or next. */
  sides: {
    nodes: number[];
    next: Txn | null;
    /** Of a conflict: the transactions that are these servers' own, the first of them, as many as were asked for. */
    own: Txn[];
    /** How many there are in all. */
    count: number;
  }[];
}

/**
 * What servers have in common, and where they part. Servers are counted from 0, in the order in which they were given.
 */
export interface Comparison {
  nodes: NodeReport[];
  /** How many servers vote. */
  voters: number;
  /** Servers that do not. */
  observers: number[];
  majority: number;
  /** The longest run of transactions that all servers' logs hold, record by record; null if there is none. */
  shared: EpochRange | null;
  /** The history to follow. */
  line: EpochRange[];
  last: bigint | null;
  /** The last zxid of the line that every server has come to. */
  common: bigint | null;
  divergence: Divergence | null;
  tails: Tail[];
  /** Null where it was not asked for, or there is no zxid that all have. */
  trees: TreeComparison | null;
  /** The same of what each server would load, up to the last zxid that two of them have come to. */
  loaded: TreeComparison | null;
  best: Recommendation;
  findings: Finding[];
}

/** Who votes, and what is compared. */
export interface CompareOptions {
  /** How many servers of the ensemble vote, if more than are given. */
  voters?: number;
  /** Servers that do not vote, beside those of which their files say so. */
  observers?: readonly number[];
  /** Rebuild every server's tree, at the last zxid that all have; true unless given. */
  trees?: boolean;
  /** Where to compare the trees, instead. */
  at?: bigint;
  /** How many transactions of each tail to read, and how many znodes to list. */
  limit?: number;
  onProgress?: (bytes: number) => void;
}

/**
 * Holds several servers' data directories against each other.
 *
 * @example
 * import { compareNodes, discover } from "zkrewind";
 *
 * const { divergence, best } = await compareNodes([discover(["fixtures/3.8.6-standalone"]), discover(["fixtures/3.8.6-standalone"])]);
 * console.log(divergence, best.nodes);
 */
export async function compareNodes(
  directories: readonly DataDirectory[],
  options: CompareOptions = {},
): Promise<Comparison> {
  const limit = options.limit ?? 20;
  const names = nodeNames(directories);
  const aligned = await alignLogs(directories, options.onProgress);
  const observers = new Set([...(options.observers ?? []), ...(await observersAmong(directories))]);
  const line = agreedHistory(directories, aligned, { voters: options.voters, observers });
  const nodes = directories.map((directory, node) =>
    nodeReport(directory, node, names[node] as string, aligned.spans, line, aligned.findings[node] as Finding[]),
  );
  const tails: Tail[] = [];
  for (const [kind, span] of tailsOf(line)) tails.push(await tailOf(directories, kind, span, limit));
  const common = lastCommon(line);
  const at = options.at ?? common;
  const trees = options.trees !== false && at !== null ? await compareTreesAt(directories, names, at, limit) : null;
  const upTo = options.at ?? lastOfTwo(line);
  const loaded = options.trees !== false && upTo !== null ? await compareLoaded(directories, names, upTo, limit) : null;
  const rebuilds = (node: number): Promise<boolean> => rebuildsAt(directories[node] as DataDirectory, line.last ?? 0n);
  return {
    nodes,
    voters: Math.max(options.voters ?? 0, directories.length - observers.size),
    observers: [...observers].sort((a, b) => a - b),
    majority: line.majority,
    shared: longestShared(aligned.spans),
    line: epochRanges(line.spans.map(({ span }) => span)),
    last: line.last,
    common,
    divergence: await divergenceOf(directories, aligned.spans, line, aligned.digestConflict, limit),
    tails,
    trees,
    loaded,
    best: await recommend(nodes, line, options.trees === false ? null : rebuilds),
    findings: distinct([
      ...directories.flatMap(({ findings }) => findings),
      ...aligned.findings.flat(),
      ...lineFindings(aligned, line, names),
      ...tailFindings(tails, names),
      ...holeFindings(nodes),
      ...(trees?.findings ?? []),
      ...(loaded?.findings ?? []),
    ]),
  };
}

function nodeReport(
  directory: DataDirectory,
  node: number,
  name: string,
  spans: readonly Span[],
  line: AgreedHistory,
  findings: readonly Finding[],
): NodeReport {
  const own = spans.filter(({ versions }) => versions[node] !== 0);
  const reach = line.reach[node] ?? null;
  return {
    name,
    sources: directory.sources,
    snapshots: directory.snapshots.length,
    logs: directory.logs.length,
    transactions: own.reduce((sum, { count }) => sum + count, 0),
    epochs: epochRanges(own),
    currentEpoch: directory.epochs?.current?.trim() ?? null,
    acceptedEpoch: directory.epochs?.accepted?.trim() ?? null,
    lastLogged: own.at(-1)?.last ?? null,
    lastSnapshot: directory.snapshots.findLast(({ zxid }) => zxid !== null)?.zxid ?? null,
    reach,
    behind: line.spans.reduce((sum, { span }) => sum + countAfter(span, reach), 0),
    holes: holesOf(directory, node, line),
    damage: findings.filter(({ severity }) => severity !== "note"),
  };
}

/** How many of a span's transactions come after a zxid: it can be one in its middle, which a snapshot has come to. */
function countAfter({ first, last, count }: Span, zxid: bigint | null): number {
  if (zxid === null || first > zxid) return count;
  return last > zxid ? Number(last - zxid) : 0;
}

function epochRanges(spans: readonly Span[]): EpochRange[] {
  const ranges: EpochRange[] = [];
  for (const { first, last, count } of spans) {
    const range = ranges.at(-1);
    if (range && range.epoch === epochOf(first)) {
      range.last = last;
      range.count += count;
    } else ranges.push({ epoch: epochOf(first), first, last, count });
  }
  return ranges;
}

function holesOf(directory: DataDirectory, node: number, { spans }: AgreedHistory): MissingRange[] {
  // Other bytes at the same zxid are a conflict, not a hole.
  const held = spans.map(({ span }) => span.versions[node] !== 0);
  const holes: MissingRange[] = [];
  for (let index = held.indexOf(true) + 1; index > 0 && index < held.lastIndexOf(true); index++) {
    if (held[index]) continue;
    const end = held.indexOf(true, index);
    const missing = spans.slice(index, end);
    const [first, last] = [missing[0]?.span.first as bigint, missing.at(-1)?.span.last as bigint];
    const next = spans[end]?.span.first as bigint;
    const bridge = directory.snapshots.findLast(({ zxid }) => zxid !== null && zxid >= last && zxid < next);
    const filledBy = missing[0]?.span.versions.flatMap((_, other) =>
      missing.every(({ span, version }) => span.versions[other] === version) ? [other] : [],
    );
    const count = missing.reduce((sum, { span }) => sum + span.count, 0);
    holes.push({ first, last, count, bridgedBy: bridge?.name ?? null, filledBy: filledBy ?? [] });
    index = end;
  }
  return holes;
}

/** The longest run that every server holds with the same bytes, over the borders of spans and epochs. */
function longestShared(spans: readonly Span[]): EpochRange | null {
  const runs: EpochRange[] = [];
  let goesOn = false;
  for (const { first, last, count, versions } of spans) {
    const everywhere = versions.every((version) => version === 1);
    const run = runs.at(-1);
    if (everywhere && goesOn && run) {
      run.last = last;
      run.count += count;
    } else if (everywhere) runs.push({ epoch: epochOf(first), first, last, count });
    goesOn = everywhere;
  }
  return runs.sort((a, b) => b.count - a.count)[0] ?? null;
}

/** What less than a majority holds: off the line, or at its very end. */
function* tailsOf(line: AgreedHistory): Generator<["dead" | "uncommitted", Span]> {
  for (const span of line.dead) if (largestAgreement(span, line.observers) < line.majority) yield ["dead", span];
  const newest = epochOf(line.spans.at(-1)?.span.last ?? 0n);
  for (const { span } of line.spans) {
    // A snapshot beyond it proves that a server has seen it as well.
    const seen = line.reach.filter(
      (reach, node) =>
        !line.observers.has(node) && (span.versions[node] !== 0 || (reach !== null && reach >= span.last)),
    );
    if (epochOf(span.last) === newest && seen.length < line.majority) yield ["uncommitted", span];
  }
}

async function tailOf(
  directories: readonly DataDirectory[],
  kind: Tail["kind"],
  span: Span,
  limit: number,
): Promise<Tail> {
  const { first, last, count, firstTime, lastTime } = span;
  const nodes = holders(span);
  const transactions = await transactionsOf(directories, span, nodes[0] as number, limit);
  return { kind, nodes, first, last, count, firstTime, lastTime, transactions };
}

function transactionsOf(
  directories: readonly DataDirectory[],
  span: Span,
  node: number,
  limit: number,
): Promise<Txn[]> {
  return firstTransactions(directories[node] as DataDirectory, span.parts[node] as LogPart[], limit);
}

async function divergenceOf(
  directories: readonly DataDirectory[],
  spans: readonly Span[],
  line: AgreedHistory,
  digest: { zxid: bigint; nodes: number[] } | null,
  limit: number,
): Promise<Divergence | null> {
  const span = spans.find((each) => line.dead.includes(each) || new Set(each.versions.filter(Boolean)).size > 1);
  if (!span || (digest && digest.zxid < span.first)) {
    if (!digest) return null;
    return {
      kind: "digest",
      zxid: digest.zxid,
      after: digest.zxid - 1n,
      sides: [{ nodes: digest.nodes, next: null, own: [], count: 0 }],
    };
  }
  const after = spans.findLast(({ last }) => last < span.first)?.last ?? null;
  const isDead = line.dead.includes(span);
  const sides: Divergence["sides"] = [];
  const side = async (of: Span, node: number): Promise<Txn | null> =>
    (await transactionsOf(directories, of, node, 1))[0] ?? null;
  for (const version of new Set(span.versions.filter(Boolean))) {
    const nodes = holders(span, version);
    const own = isDead ? [] : await transactionsOf(directories, span, nodes[0] as number, limit);
    const next = own[0] ?? (await side(span, nodes[0] as number));
    sides.push({ nodes, next, own, count: isDead ? 0 : span.count });
  }
  if (!isDead) return { kind: "conflict", zxid: span.first, after, sides };
  const goesOn = line.spans.find(({ span: each }) => each.first > span.last)?.span;
  if (goesOn) {
    const nodes = holders(goesOn).filter((node) => span.versions[node] === 0);
    sides.push({ nodes, next: await side(goesOn, holders(goesOn)[0] as number), own: [], count: 0 });
  }
  return { kind: "fork", zxid: span.first, after, sides };
}

/** The last zxid of the line that every server has come to. */
function lastCommon({ reach }: AgreedHistory): bigint | null {
  let least: bigint | null = null;
  for (const each of reach) {
    if (each === null) return null;
    if (least === null || each < least) least = each;
  }
  return least;
}

/** The last zxid of the line that two servers have come to. */
function lastOfTwo({ reach }: AgreedHistory): bigint | null {
  const known = reach.filter((each) => each !== null).sort((a, b) => (a > b ? -1 : a < b ? 1 : 0));
  return known[1] ?? null;
}

async function rebuildsAt(directory: DataDirectory, zxid: bigint): Promise<boolean> {
  try {
    const point = { kind: "zxid" as const, zxid, text: hex(zxid) };
    return (await rebuild(directory, { point, inclusive: true })).exact;
  } catch (error) {
    if (error instanceof ZkRewindError) return false;
    throw error;
  }
}

function tailFindings(tails: readonly Tail[], names: readonly string[]): Finding[] {
  return tails
    .filter(({ kind }) => kind === "uncommitted")
    .map(({ nodes, count, first, last }) => {
      const message = say`${count} at the end, ${hex(first)} to ${hex(last)}, are on ${serverNames(nodes, names)} alone`;
      return finding("ensemble.uncommitted", message, { zxid: first });
    });
}

function holeFindings(nodes: readonly NodeReport[]): Finding[] {
  return nodes.flatMap(({ name, holes }) =>
    holes.map(({ first, last, count, bridgedBy, filledBy }) => {
      const bridge = bridgedBy === null ? "no snapshot bridges the gap" : say`${tag.file(bridgedBy)} bridges the gap`;
      const fill =
        filledBy.length > 0
          ? say`${serverNames(
              filledBy,
              nodes.map((each) => each.name),
            )} has them`
          : "no other server has all of them";
      const message = say`${tag.file(name)} lacks ${count}, ${hex(first)} to ${hex(last)}: ${bridge}, ${fill}`;
      const severity = bridgedBy === null ? "warning" : "note";
      return finding("ensemble.hole", message, { zxid: first, severity });
    }),
  );
}
