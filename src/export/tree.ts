import { isoTime, type State } from "../recovery/index.js";
import { counterOf, epochOf, hex } from "../storage/zxid.js";
import { ChildIndex, type DataTree, orphans } from "../tree/index.js";
import { AclJsonById } from "./acl-json.js";
import type { Counts, HeaderPoint, SessionLine, TreeFormat, TreeHeader } from "./format.js";
import { JsonBytes, literal } from "./json-bytes.js";
import type { Selection } from "./select.js";
import type { Sink } from "../io/sink.js";
import type { DataMode } from "./value.js";
import { ZnodeJson } from "./znode-json.js";
import { type Message, plain } from "../text/message.js";

export interface TreeExportOptions {
  format: TreeFormat;
  /** As the user named it. */
  source: readonly string[];
  data?: DataMode;
  /** Only these znodes: from `select`. */
  selection?: Selection | null;
  /** Only these slots, in this order, instead of the whole tree. */
  slots?: Iterable<number>;
  /** How messages become text; as they are, if not given. */
  say?: (message: Message) => string;
  /** Znodes passed, of how many there are in the tree. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** Writes the state: header, sessions, znodes depth first with siblings in byte order, then orphans, then the end. */
export async function exportTree(state: State, sink: Sink, options: TreeExportOptions): Promise<Counts> {
  const { tree } = state;
  const { format } = options;
  const out = new JsonBytes();
  format.header(out, treeHeader(state, options));
  const sessions = writeSessions(out, format, sessionsOf(tree));
  format.beginNodes(out);
  const nodes = new TreeNodes(tree, out, sink, options);
  if (options.slots) await nodes.write(options.slots, false);
  else {
    const children = new ChildIndex(tree.znodes);
    await nodes.write(children.walk(), false);
    for (const top of orphans(tree.znodes)) await nodes.write(children.walk(top), true);
  }
  const total = tree.znodes.size;
  options.onProgress?.({ done: total, total });
  const counts = { nodes: nodes.count, sessions };
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
    const writer = new ZnodeJson(out, new AclJsonById(out, (id) => tree.acls.entries(id)), data);
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

/** Writes znodes of a tree, one after the other. */
class TreeNodes {
  /** Znodes written. */
  count = 0;
  /** Znodes passed. */
  private done = 0;
  private readonly tree: DataTree;
  private readonly out: JsonBytes;
  private readonly sink: Sink;
  private readonly options: TreeExportOptions;
  private readonly writer: ZnodeJson;
  private readonly batch = new Uint32Array(BATCH);

  constructor(tree: DataTree, out: JsonBytes, sink: Sink, options: TreeExportOptions) {
    this.tree = tree;
    this.out = out;
    this.sink = sink;
    this.options = options;
    const acls = new AclJsonById(out, (id) => tree.acls.entries(id));
    this.writer = new ZnodeJson(out, acls, options.data ?? "auto");
  }

  async write(slots: Iterable<number>, orphan: boolean): Promise<void> {
    const { out, sink, writer, batch } = this;
    const { format, selection, onProgress } = this.options;
    const { znodes } = this.tree;
    const place = { numChildren: 0, orphan };
    for (const size of batches(slots, batch)) {
      // Sorted siblings do not lie in memory one after the other.
      znodes.touchRecords(batch, size);
      for (let each = 0; each < size; each++) {
        const slot = batch[each] as number;
        this.done++;
        if (selection && !selection.has(slot)) continue;
        place.numChildren = znodes.numChildren(slot);
        const begin = format.nodeBegin(this.count++ === 0);
        const long = writer.write(begin, znodes.memoryOf(slot), znodes.recordOf(slot), place, sink);
        if (long) await long;
        out.raw(format.nodeEnd);
        if (!out.isFull) continue;
        await out.drain(sink);
        onProgress?.({ done: this.done, total: znodes.size });
      }
    }
  }
}

/** Puts slots into `batch`, as many as fit each time, and says how many they are. */
function* batches(slots: Iterable<number>, batch: Uint32Array): Generator<number> {
  let size = 0;
  for (const slot of slots) {
    batch[size++] = slot;
    if (size < batch.length) continue;
    yield size;
    size = 0;
  }
  if (size > 0) yield size;
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
    at: headerPoint(state, options.say ?? plain),
    digest: { version: digest.version, value: String(BigInt.asUintN(64, digest.value)), verified: digest.verified },
    ...(options.selection ? options.selection.globs : {}),
  };
}

function headerPoint(state: State, say: (message: Message) => string): HeaderPoint {
  return {
    ...pointOf(state.zxid),
    time: state.time === null ? null : isoTime(state.time),
    exact: state.exact,
    ...(state.doubt === null ? {} : { doubt: say(state.doubt) }),
    ...(state.inDoubt.length === 0 ? {} : { inDoubt: state.inDoubt }),
  };
}

export function pointOf(zxid: bigint): { zxid: string; epoch: number; counter: number } {
  return { zxid: hex(zxid), epoch: epochOf(zxid), counter: counterOf(zxid) };
}

/** As many records as fit into the nearest cache. */
const BATCH = 64;
const NODE_BEGIN = literal('{"type":"node",');
const NODE_END = literal("}\n");
