import { pointShape } from "../../export/shapes/point.js";
import { pathShape } from "../../export/shapes/path.js";
import { wholeZnodeShape } from "../../export/shapes/znode.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { isoTime, type PointRequest } from "../../recovery/index.js";
import { say } from "../../text/message.js";
import { SCHEMA } from "../../text/schema.js";
import { aclAt, type DataTree, dataAt, NONE, readZnode, ROOT, STAT } from "../../tree/index.js";
import { breathe } from "../breathe.js";
import { type Asked, sourceOf } from "./answer.js";
import { deletionsOf } from "./search-deleted.js";

/** Where a text was found in a znode. */
type Where = "path" | "value" | "owner";

/**
 * Looks for a text in the paths, values and owners of all znodes of a point, and in the paths of those that were deleted
 * before it. It answers line by line while it searches, and says how many znodes it has read. `send` returns false once
 * the client is gone.
 */
export async function search(asked: Asked, send: (line: object) => boolean): Promise<void> {
  const { source, query } = asked;
  const text = query.text("text") ?? "";
  if (text === "") throw new ZkRewindError(say`there is nothing to search for`, { exitCode: 2 });
  const limit = query.number("limit", 200, 5000);
  const wanted = query.texts("in");
  const finder = new Finder(text, wanted.length === 0 ? ["path", "value", "owner", "deleted"] : wanted);
  let listening = true;
  const { zxid, end } = await source.trees.at(query.point(), async ({ state }) => {
    const { tree } = state;
    const { znodes } = tree;
    send({ type: "header", document: "search", schema: SCHEMA, ...sourceOf(asked), at: pointShape(state), text });
    let [hits, done] = [0, 0];
    for (let slot = 0; slot < znodes.slots && hits < limit && listening; slot++) {
      if (!znodes.exists(slot)) continue;
      const where = finder.find(tree, slot);
      if (where.length > 0) {
        const znode = readZnode(tree, slot);
        hits++;
        listening = send({
          type: "hit",
          where,
          ...pathShape(znode.path, znode.pathBytes),
          ...wholeZnodeShape(znode, "none"),
        });
      }
      if (++done % STRETCH !== 0) continue;
      listening = listening && send({ type: "progress", done, total: znodes.size, hits });
      await breathe();
    }
    return { zxid: state.zxid, end: { done, total: znodes.size, hits, isWhole: done === znodes.size } };
  });
  if (!finder.wanted.has("deleted")) return void send({ type: "end", ...end });
  listening = listening && send({ type: "progress", ...end });
  const { logs } = source.opened.directory;
  const { list, isAll } = await deletionsOf(logs, finder.bytes, { to: zxid, most: limit, isDone: () => !listening });
  // A path that was created again is not deleted.
  const gone = await source.trees.at(atZxid(zxid), ({ state: { tree } }) =>
    list.filter(({ path }) => tree.znodes.findPath(path) === NONE),
  );
  for (const { path, zxid: by, time, session } of gone)
    send({
      type: "gone",
      ...pathShape(path.toString(), path),
      zxid: hex(by),
      time: isoTime(Number(time)),
      session: hex(session),
    });
  send({ type: "end", ...end, gone: gone.length, isAllGone: isAll });
}

function atZxid(zxid: bigint): PointRequest {
  return { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true };
}

/** Znodes from one line of progress to the next. */
const STRETCH = 20_000;

class Finder {
  readonly wanted: ReadonlySet<string>;
  readonly bytes: Buffer;
  private readonly owner: string | null;

  constructor(text: string, wanted: readonly string[]) {
    this.wanted = new Set(wanted);
    this.bytes = Buffer.from(text);
    this.owner = /^0x[0-9a-f]{1,16}$/i.test(text) ? hex(BigInt.asIntN(64, BigInt(text))) : null;
  }

  find({ znodes }: DataTree, slot: number): Where[] {
    const view = znodes.viewOf(slot);
    const record = znodes.recordOf(slot);
    const { bytes } = znodes.memoryOf(slot);
    const data = dataAt(view, record);
    const acl = aclAt(view, record);
    const found: Where[] = [];
    if (this.wanted.has("path") && slot !== ROOT && bytes.subarray(record + 4, data).includes(this.bytes))
      found.push("path");
    if (
      this.wanted.has("value") &&
      acl - data - 4 >= this.bytes.length &&
      bytes.subarray(data + 4, acl).includes(this.bytes)
    )
      found.push("value");
    if (this.owner !== null && this.wanted.has("owner")) {
      const owner = view.getBigInt64(acl + 8 + STAT.ephemeralOwner);
      if (owner !== 0n && hex(owner) === this.owner) found.push("owner");
    }
    return found;
  }
}
