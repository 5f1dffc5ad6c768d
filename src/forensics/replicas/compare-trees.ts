import { fingerprint, type Fingerprint } from "../../recovery/replay/fingerprint.js";
import { type DataDirectory, rebuild, type State } from "../../recovery/index.js";
import { type Finding, finding, ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { pathOf } from "../../tree/index.js";
import { diffTrees, type ZnodeChange } from "../diff/diff.js";
import { isMessage, type Message, say, tag } from "../../text/message.js";

/** A znode that two servers' trees do not have alike. */
export interface TreeDifference {
  path: string;
  /** As seen from the first server: only the other has it, only the first has it, or what differs. */
  change: ZnodeChange["change"];
  fields: ZnodeChange["fields"];
}

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

/** Rebuilds every server's tree at `zxid` and compares them with the first: two are in memory at a time. */
export async function compareTreesAt(
  directories: readonly DataDirectory[],
  names: readonly string[],
  zxid: bigint,
  limit: number,
): Promise<TreeComparison> {
  const results: TreeResult[] = [];
  const findings: Finding[] = [];
  let reference: { state: State; print: Fingerprint; node: number } | null = null;
  for (const [node, directory] of directories.entries()) {
    const state = await exactly(directory, zxid);
    if (isMessage(state)) {
      results.push({ ...NOTHING, node, reason: state });
      continue;
    }
    const print = fingerprint(state.tree);
    const sessions = state.tree.sessions.size;
    const { verified } = state.digest;
    reference ??= { state, print, node };
    const same = isSame(reference.print, print) && reference.state.tree.sessions.size === sessions;
    const result: TreeResult = { ...NOTHING, node, fingerprint: print, sessions, verified, same };
    if (!same) {
      list(reference.state, state, result, limit);
      const message = say`at ${hex(zxid)} the trees of ${tag.file(names[reference.node] ?? "")} and ${tag.file(names[node] ?? "")} differ in ${result.differing} znodes${result.differing === 0 ? " (the sessions differ)" : ""}`;
      findings.push(finding("ensemble.trees", message, { zxid }));
    }
    results.push(result);
  }
  return { zxid, results, findings };
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

/** The tree, or why it cannot be had. */
async function exactly(directory: DataDirectory, zxid: bigint): Promise<State | Message> {
  try {
    const state = await rebuild(directory, { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true });
    return state.exact ? state : (state.doubt ?? say`it is not exact`);
  } catch (error) {
    if (error instanceof ZkRewindError) return error.said.message;
    throw error;
  }
}

function isSame(a: Fingerprint, b: Fingerprint): boolean {
  return a.znodes === b.znodes && a.digest === b.digest && a.acls === b.acls;
}

function list(before: State, after: State, result: TreeResult, limit: number): void {
  const differences: TreeDifference[] = [];
  for (const change of diffTrees(before.tree, after.tree, { stat: true, oneHistory: false })) {
    result.differing++;
    if (differences.length >= limit) continue;
    const added = change.change === "added";
    const path = pathOf(added ? after.tree : before.tree, added ? change.after : change.before);
    differences.push({ path, change: change.change, fields: change.fields });
  }
  result.differences = differences;
}
