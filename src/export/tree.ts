import { isoTime, type State } from "../recovery/index.js";
import { counterOf, epochOf, hex } from "../storage/zxid.js";
import { ChildIndex, type DataTree, orphans } from "../tree/index.js";
import { AclJsonById } from "./acl-json.js";
import type { Counts, HeaderPoint, SessionLine, TreeFormat, TreeHeader } from "./format.js";
import { JsonBytes, literal } from "./json-bytes.js";
import type { Selection } from "./select.js";
import type { Sink } from "./sink.js";
import type { DataMode } from "./value.js";
import { ZnodeJson } from "./znode-json.js";

export interface TreeExportOptions {
  format: TreeFormat;
  /** As the user named it. */
  source: readonly string[];
  data?: DataMode;
  /** Only these znodes: from `select`. */
  selection?: Selection | null;
  /** Only these slots, in this order, instead of the whole tree. */
  slots?: Iterable<number>;
  /** Znodes passed, of how many there are in the tree. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** Writes the state: header, sessions, znodes depth first with siblings in byte order, then orphans, then the end. */
export async function exportTree(state: State, sink: Sink, options: TreeExportOptions): Promise<Counts> {
  const { tree } = state;
  const { format, data = "auto", selection = null } = options;
  const out = new JsonBytes();
  format.header(out, treeHeader(state, options));
  const sessions = writeSessions(out, format, sessionsOf(tree));
  format.beginNodes(out);
  const writer = new ZnodeJson(out, new AclJsonById((id) => tree.acls.entries(id)), data);
  const { znodes } = tree;
  const place = { numChildren: 0, orphan: false };
  let nodes = 0;
  let done = 0;
  for (const slot of options.slots ?? walkAll(tree, place)) {
    done++;
    if (selection && !selection.has(slot)) continue;
    place.numChildren = znodes.numChildren(slot);
    const long = writer.write(format.nodeBegin(nodes === 0), znodes.memoryOf(slot), znodes.recordOf(slot), place, sink);
    if (long) await long;
    out.raw(format.nodeEnd);
    nodes++;
    if (!out.isFull) continue;
    await out.drain(sink);
    options.onProgress?.({ done, total: znodes.size });
  }
  options.onProgress?.({ done: znodes.size, total: znodes.size });
  const counts = { nodes, sessions };
  format.end(out, counts, true);
  await out.drain(sink);
  return counts;
}

/** One znode as a JSON object on a line of its own. */
export async function exportZnode(tree: DataTree, slot: number, sink: Sink, data: DataMode = "auto"): Promise<void> {
  // Some commands write many, one after the other: they share what they are written with.
  const out = spare ?? new JsonBytes();
  spare = null;
  try {
    const writer = new ZnodeJson(out, new AclJsonById((id) => tree.acls.entries(id)), data);
    const place = { numChildren: tree.znodes.numChildren(slot), orphan: false };
    await writer.write(NODE_BEGIN, tree.znodes.memoryOf(slot), tree.znodes.recordOf(slot), place, sink);
    out.raw(NODE_END);
    await out.drain(sink);
  } finally {
    out.clear();
    spare = out;
  }
}

/** Of the last `exportZnode`, while no other has it. */
let spare: JsonBytes | null = null;

/** Every znode that the root leads to, then those that it does not: `place.orphan` says which is which. */
function* walkAll(tree: DataTree, place: { orphan: boolean }): Generator<number> {
  const children = new ChildIndex(tree.znodes);
  yield* children.walk();
  place.orphan = true;
  for (const top of orphans(tree.znodes)) yield* children.walk(top);
}

export function writeSessions(out: JsonBytes, format: TreeFormat, sessions: readonly SessionLine[]): number {
  sessions.forEach((session, index) => format.session(out, session, index === 0));
  return sessions.length;
}

function sessionsOf(tree: DataTree): SessionLine[] {
  return tree.sessions.sorted().map(([id, timeout]) => ({ id: hex(id), timeout }));
}

function treeHeader(state: State, options: TreeExportOptions): TreeHeader {
  const { digest } = state;
  return {
    source: options.source,
    at: headerPoint(state),
    digest: { version: digest.version, value: String(BigInt.asUintN(64, digest.value)), verified: digest.verified },
    ...(options.selection ? options.selection.globs : {}),
  };
}

function headerPoint(state: State): HeaderPoint {
  return {
    ...pointOf(state.zxid),
    time: state.time === null ? null : isoTime(state.time),
    exact: state.exact,
    ...(state.doubt === null ? {} : { doubt: state.doubt }),
    ...(state.inDoubt.length === 0 ? {} : { inDoubt: state.inDoubt }),
  };
}

export function pointOf(zxid: bigint): { zxid: string; epoch: number; counter: number } {
  return { zxid: hex(zxid), epoch: epochOf(zxid), counter: counterOf(zxid) };
}

const NODE_BEGIN = literal('{"type":"node",');
const NODE_END = literal("}\n");
