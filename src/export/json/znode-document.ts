import type { State } from "../../recovery/index.js";
import { type Message, plain } from "../../text/message.js";
import { jsonText } from "../../text/unsafe.js";
import { documentHead } from "../shapes/document.js";
import { pointShape, saidPoint } from "../shapes/point.js";
import type { Sink } from "../../io/sink.js";
import type { DataMode } from "../value/data-mode.js";
import { AclJsonById } from "./acl-json.js";
import { JsonBytes, literal } from "./json-bytes.js";
import { ZnodeJson } from "./znode-json.js";

/** How {@link exportZnode} writes a znode. */
export interface ZnodeExportOptions {
  /** As the user named it. */
  source: readonly string[];
  data?: DataMode;
  /** How messages become text; as they are, if not given. */
  say?: (message: Message) => string;
}

/**
 * Writes one znode of a state as a JSON document on a line: its fields beside the document's.
 *
 * @example
 * import { exportZnode, MemorySink } from "zkrewind/export";
 * import { discover, rebuild } from "zkrewind/recovery";
 *
 * const state = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * const sink = new MemorySink();
 * await exportZnode(state, state.tree.znodes.findPath(Buffer.from("/counters/c7")), sink, { source: [] });
 * console.log(sink.toString());
 */
export async function exportZnode(state: State, slot: number, sink: Sink, options: ZnodeExportOptions): Promise<void> {
  const { tree } = state;
  const { source, data = "auto", say = plain } = options;
  const out = new JsonBytes();
  const writer = new ZnodeJson(out, new AclJsonById(out, (id) => tree.acls.entries(id)), data);
  const head = documentHead("node", { source, at: saidPoint(pointShape(state), say) });
  const place = { numChildren: tree.znodes.numChildren(slot), orphan: false };
  const begin = literal(`${jsonText(head).slice(0, -1)},`);
  await writer.write(begin, tree.znodes.memoryOf(slot), tree.znodes.recordOf(slot), place, sink);
  out.raw(literal("}\n"));
  await out.drain(sink);
}
