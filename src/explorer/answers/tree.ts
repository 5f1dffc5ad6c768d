import { exportZnode } from "../../export/json/znode-document.js";
import { pathShape } from "../../export/shapes/path.js";
import { pointShape } from "../../export/shapes/point.js";
import { wholeZnodeShape } from "../../export/shapes/znode.js";
import { DATA_MODES, type DataMode } from "../../export/value/data-mode.js";
import { ZkRewindError } from "../../findings/finding.js";
import { MemorySink } from "../../io/sink.js";
import type { State } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { SCHEMA } from "../../text/schema.js";
import { NONE, readZnode, ROOT } from "../../tree/index.js";
import { type Asked, sourceOf } from "./answer.js";

/** The point that a text names, and how sure its state is. */
export function point({ source, query }: Asked): Promise<object> {
  return source.trees.at(query.point(), ({ state }) => ({
    type: "point",
    schema: SCHEMA,
    ...pointShape(state),
    znodes: state.tree.znodes.size,
    sessions: state.tree.sessions.size,
  }));
}

/** A page of a znode's children, in byte order of their names, with those alone whose names hold a text. */
export function children(asked: Asked): Promise<object> {
  const { source, query } = asked;
  const path = query.path();
  const offset = query.number("offset", 0, Number.MAX_SAFE_INTEGER);
  const limit = query.number("limit", 200, 2000);
  const filter = query.text("filter")?.toLowerCase() ?? "";
  const wanted = query.text("find");
  return source.trees.at(query.point(), ({ state, listings }) => {
    const { tree } = state;
    const top = slotOf(state, path);
    const all = listings.of(top, filter === "" && wanted === undefined ? offset + limit : Number.POSITIVE_INFINITY);
    const nameAt = path === "/" ? 1 : Buffer.byteLength(path) + 1;
    const found =
      filter === "" ? all : all.filter((slot) => nameOf(state, slot, nameAt).toLowerCase().includes(filter));
    return {
      type: "children",
      schema: SCHEMA,
      ...sourceOf(asked),
      at: pointShape(state),
      path,
      total: all.length,
      matched: found.length,
      offset,
      ...(wanted === undefined ? {} : { found: found.indexOf(slotOf(state, wanted)) }),
      nodes: [...found.subarray(offset, offset + limit)].map((slot) => {
        const znode = readZnode(tree, slot);
        return { type: "node", ...pathShape(znode.path, znode.pathBytes), ...wholeZnodeShape(znode, "none") };
      }),
    };
  });
}

/** A znode, as `stat` and `cat` have it. */
export function node(asked: Asked): Promise<string> {
  const { source, query, edge } = asked;
  const data = query.text("data") ?? "auto";
  return source.trees.at(query.point(), async ({ state }) => {
    const sink = new MemorySink();
    await exportZnode(state, slotOf(state, query.path()), sink, {
      ...sourceOf(asked),
      data: DATA_MODES.find((mode: DataMode) => mode === data) ?? "auto",
      say: (message) => edge.say(message),
    });
    return sink.toString();
  });
}

/** Throws ZkRewindError 1 where there is none. */
export function slotOf(state: State, path: string): number {
  const slot = path === "/" ? ROOT : state.tree.znodes.findPath(Buffer.from(path));
  if (slot !== NONE) return slot;
  throw new ZkRewindError(say`there is no znode ${tag.path(path)} at ${hex(state.zxid)}`, { exitCode: 1 });
}

function nameOf({ tree: { znodes } }: State, slot: number, from: number): string {
  const record = znodes.recordOf(slot);
  const end = record + 4 + znodes.viewOf(slot).getInt32(record);
  return znodes.memoryOf(slot).bytes.toString("utf8", record + 4 + from, end);
}
