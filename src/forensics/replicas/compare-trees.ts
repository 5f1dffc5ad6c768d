import { fingerprint, type Fingerprint } from "../../recovery/replay/fingerprint.js";
import { type DataDirectory, rebuild } from "../../recovery/index.js";
import { type Finding, finding, ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { type DataTree, pathOf } from "../../tree/index.js";
import { diffTrees } from "../diff/diff.js";
import type { ZnodeChange } from "../diff/znode-change.js";
import { isMessage, type Message, say, tag } from "../../text/message.js";

/** A znode that two servers' trees do not have alike. */
export interface TreeDifference {
  path: string;
  /** As seen from the first server: only the other has it, only the first has it, or what differs. */
  change: ZnodeChange["change"];
  fields: ZnodeChange["fields"];
}

/** A server's tree at the zxid at which all are compared. */
export interface TreeResult {
  node: number;
  /** Null where the server's files cannot give its tree exactly; `reason` says why. */
  fingerprint: Fingerprint | null;
  reason: Message | null;
  sessions: number;
  /** Whether a digest of the server's proves it. */
  verified: boolean;
  /** Against the first server whose tree is known. */
  same: boolean | null;
  differences: TreeDifference[];
  /** How many there are in all. */
  differing: number;
}

/** Every server's tree at one zxid. */
export interface TreeComparison {
  zxid: bigint;
  results: TreeResult[];
  findings: Finding[];
}

/** A server's tree at a zxid. */
export interface KnownTree {
  tree: DataTree;
  verified: boolean;
}

/** How servers' trees are had, and what is compared of them. */
export interface TreeSource {
  /** The tree, or why it cannot be had. */
  treeOf(directory: DataDirectory): Promise<KnownTree | Message>;
  /** Whether sessions count: what servers load has sessions that are over. */
  sessions: boolean;
  /** `the trees of A and B` as a finding says it. */
  words(a: Message, b: Message): Message;
}

/** Compares every server's tree at `zxid` with the first: two are in memory at a time. */
export async function compareTrees(
  directories: readonly DataDirectory[],
  names: readonly string[],
  zxid: bigint,
  limit: number,
  source: TreeSource,
): Promise<TreeComparison> {
  const results: TreeResult[] = [];
  const findings: Finding[] = [];
  let reference: { tree: DataTree; print: Fingerprint; node: number } | null = null;
  for (const [node, directory] of directories.entries()) {
    const known = await source.treeOf(directory);
    if (isMessage(known)) {
      results.push({ ...NOTHING, node, reason: known });
      continue;
    }
    const { tree, verified } = known;
    const print = fingerprint(tree);
    const sessions = tree.sessions.size;
    reference ??= { tree, print, node };
    const sameSessions = !source.sessions || reference.tree.sessions.size === sessions;
    const same = isSame(reference.print, print) && sameSessions;
    const result: TreeResult = { ...NOTHING, node, fingerprint: print, sessions, verified, same };
    if (!same) {
      list(reference.tree, tree, result, limit);
      const [a, b] = [reference.node, node].map((each) => say`${tag.file(names[each] ?? "")}`) as [Message, Message];
      const message = say`at ${hex(zxid)} ${source.words(a, b)} differ in ${result.differing} znodes${result.differing === 0 ? " (the sessions or ACLs differ)" : ""}`;
      findings.push(finding("ensemble.trees", message, { zxid }));
    }
    results.push(result);
  }
  return { zxid, results, findings };
}

/** Rebuilds every server's tree at `zxid`, exactly. */
export async function compareTreesAt(
  directories: readonly DataDirectory[],
  names: readonly string[],
  zxid: bigint,
  limit: number,
): Promise<TreeComparison> {
  const wrong: Finding[] = [];
  const compared = await compareTrees(directories, names, zxid, limit, {
    treeOf: (directory) => exactly(directory, zxid, wrong),
    sessions: true,
    words: (a, b) => say`the trees of ${a} and ${b}`,
  });
  return { ...compared, findings: [...compared.findings, ...wrong] };
}

const NOTHING = {
  fingerprint: null,
  reason: null,
  sessions: 0,
  verified: false,
  same: null,
  differences: [],
  differing: 0,
};

/** A replay that its own digests contradict is something that is wrong with the server, not only not known. */
async function exactly(directory: DataDirectory, zxid: bigint, wrong: Finding[]): Promise<KnownTree | Message> {
  try {
    const state = await rebuild(directory, { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true });
    if (!state.exact) return state.doubt ?? say`it is not exact`;
    return { tree: state.tree, verified: state.digest.verified };
  } catch (error) {
    if (!(error instanceof ZkRewindError)) throw error;
    wrong.push(...error.findings.filter(({ code }) => code === "digest.mismatch" || code === "tree.mismatch"));
    return error.said.message;
  }
}

function isSame(a: Fingerprint, b: Fingerprint): boolean {
  return a.znodes === b.znodes && a.digest === b.digest && a.acls === b.acls && a.own === b.own;
}

function list(before: DataTree, after: DataTree, result: TreeResult, limit: number): void {
  const differences: TreeDifference[] = [];
  for (const change of diffTrees(before, after, { stat: true, oneHistory: false })) {
    result.differing++;
    if (differences.length >= limit) continue;
    const added = change.change === "added";
    const path = pathOf(added ? after : before, added ? change.after : change.before);
    differences.push({ path, change: change.change, fields: change.fields });
  }
  result.differences = differences;
}
