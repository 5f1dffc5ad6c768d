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

/**
 * A page of a znode's children, in byte order of their names: with `filter` those alone whose names hold a text, and those
 * that `keep` names. `places`: of each that `find` names where it stands, or as -1 - N that it would stand before the Nth.
 */
export function children(asked: Asked): Promise<object> {
  const { source, query } = asked;
  const path = query.znode();
  const offset = query.number("offset", 0, Number.MAX_SAFE_INTEGER);
  const limit = query.number("limit", 200, 2000);
  const filter = query.text("filter")?.toLowerCase() ?? "";
  const wanted = query.znodes("find");
  return source.trees.at(query.point(), ({ state, listings }) => {
    const { tree } = state;
    const top = slotOf(state, path);
    const all = listings.of(top, filter === "" && wanted.length <= FEW ? offset + limit : Number.POSITIVE_INFINITY);
    const nameAt = path.length === 1 ? 1 : path.length + 1;
    const kept = new Set(query.znodes("keep").map((each) => tree.znodes.findPath(each)));
    const found =
      filter === ""
        ? all
        : all.filter((slot) => kept.has(slot) || nameOf(state, slot, nameAt).toLowerCase().includes(filter));
    return {
      type: "children",
      schema: SCHEMA,
      ...sourceOf(asked),
      at: pointShape(state),
      ...pathShape(path.toString(), path),
      total: all.length,
      matched: found.length,
      offset,
      ...(wanted.length === 0 ? {} : { places: wanted.map((each) => listings.place(top, found, each)) }),
      nodes: [...found.subarray(offset, offset + limit)].map((slot) => {
        const znode = readZnode(tree, slot);
        return { type: "node", ...pathShape(znode.path, znode.pathBytes), ...wholeZnodeShape(znode, "none") };
      }),
    };
  });
}

/** Up to this many znodes are placed by counting, without sorting all their siblings. */
const FEW = 3;

/** A znode, as `stat` and `cat` have it. */
export function node(asked: Asked): Promise<string> {
  const { source, query, edge } = asked;
  const data = query.text("data") ?? "auto";
  return source.trees.at(query.point(), async ({ state }) => {
    const sink = new MemorySink();
    await exportZnode(state, slotOf(state, query.znode()), sink, {
      ...sourceOf(asked),
      data: DATA_MODES.find((mode: DataMode) => mode === data) ?? "auto",
      say: (message) => edge.say(message),
    });
    return sink.toString();
  });
}

/** Throws ZkRewindError 1 where there is none. */
export function slotOf(state: State, path: Buffer): number {
  const slot = path.length === 1 ? ROOT : state.tree.znodes.findPath(path);
  if (slot !== NONE) return slot;
  throw new ZkRewindError(say`there is no znode ${tag.path(path.toString())} at ${hex(state.zxid)}`, { exitCode: 1 });
}

function nameOf({ tree: { znodes } }: State, slot: number, from: number): string {
  const record = znodes.recordOf(slot);
  const end = record + 4 + znodes.viewOf(slot).getInt32(record);
  return znodes.memoryOf(slot).bytes.toString("utf8", record + 4 + from, end);
}
