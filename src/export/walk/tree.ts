import type { State } from "../../recovery/index.js";
import { type Message, plain } from "../../text/message.js";
import { ChildIndex, type DataTree, orphans } from "../../tree/index.js";
import type { Counts, Format, TreeHeader, TreeWriter } from "../format.js";
import type { Selection } from "../select.js";
import { pointShape, saidPoint } from "../shapes/point.js";
import { sessionLine } from "../shapes/session.js";
import type { Sink } from "../../io/sink.js";
import type { DataMode } from "../value/data-mode.js";

/** What of a tree {@link exportTree} writes, and how. */
export interface TreeExportOptions {
  format: Format;
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

/**
 * Writes the state: header, sessions, znodes depth first with siblings in byte order, then orphans, then the end.
 *
 * @example
 * import { exportTree, ndjson } from "zkrewind";
 * import { MemorySink } from "zkrewind/io";
 * import { discover, rebuild } from "zkrewind/recovery";
 *
 * const sink = new MemorySink();
 * const state = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * console.log(await exportTree(state, sink, { format: ndjson, source: ["fixtures/3.8.6-standalone"] }));
 */
export async function exportTree(state: State, sink: Sink, options: TreeExportOptions): Promise<Counts> {
  const { tree } = state;
  const writer = options.format.tree(sink, (id) => tree.acls.entries(id), options.data ?? "auto");
  writer.header(treeHeader(state, options));
  const sessions = tree.sessions.sorted();
  for (const [id, timeout] of sessions) writer.session(sessionLine(id, timeout));
  writer.beginNodes();
  const nodes = new TreeNodes(tree, writer, options);
  if (options.slots) await nodes.write(options.slots, false);
  else {
    const children = new ChildIndex(tree.znodes);
    await nodes.write(children.walk(), false);
    for (const top of orphans(tree.znodes)) await nodes.write(children.walk(top), true);
  }
  const total = tree.znodes.size;
  options.onProgress?.({ done: total, total });
  const counts = { nodes: nodes.count, sessions: sessions.length };
  writer.end(counts, true);
  await writer.drain();
  return counts;
}

/** Writes znodes of a tree, one after the other. */
class TreeNodes {
  /** Znodes written. */
  count = 0;
  /** Znodes passed. */
  private done = 0;
  private readonly tree: DataTree;
  private readonly writer: TreeWriter;
  private readonly options: TreeExportOptions;
  private readonly batch = new Uint32Array(BATCH);

  constructor(tree: DataTree, writer: TreeWriter, options: TreeExportOptions) {
    this.tree = tree;
    this.writer = writer;
    this.options = options;
  }

  async write(slots: Iterable<number>, orphan: boolean): Promise<void> {
    const { writer, batch } = this;
    const { selection, onProgress } = this.options;
    const { znodes } = this.tree;
    const place = { numChildren: 0, orphan };
    for (const size of batches(slots, batch)) {
      // Sorted siblings are not in memory one after the other.
      znodes.touchRecords(batch, size);
      for (let each = 0; each < size; each++) {
        const slot = batch[each] as number;
        this.done++;
        if (selection && !selection.has(slot)) continue;
        place.numChildren = znodes.numChildren(slot);
        this.count++;
        const long = writer.znode(znodes.memoryOf(slot), znodes.recordOf(slot), place);
        if (long) await long;
        if (!writer.isFull) continue;
        await writer.drain();
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

function treeHeader(state: State, options: TreeExportOptions): TreeHeader {
  const { digest } = state;
  return {
    source: options.source,
    at: saidPoint(pointShape(state), options.say ?? plain),
    digest: { version: digest.version, value: String(BigInt.asUintN(64, digest.value)), verified: digest.verified },
    ...(options.selection ? options.selection.globs : {}),
  };
}

/** As many records as fit into the nearest cache. */
const BATCH = 64;
