import { SCHEMA, type TreeFormat } from "./format.js";
import { literal } from "./json-bytes.js";

const SESSIONS = literal(',"sessions":[');
const SEPARATOR = literal(",\n");
const FIRST = literal("\n");
const NODES = literal('],"nodes":[');
const FIRST_NODE = literal("\n{");
const NEXT_NODE = literal(",\n{");
const END = literal("\n]}\n");

/** One object with the header's fields, "sessions" and "nodes"; a znode a line. */
export const json: TreeFormat = {
  header(out, header) {
    const text = JSON.stringify({ schema: SCHEMA, ...header });
    out.raw(Buffer.from(text.slice(0, -1)));
    out.raw(SESSIONS);
  },
  session(out, session, first) {
    out.raw(first ? FIRST : SEPARATOR);
    out.value(session);
  },
  beginNodes(out) {
    out.raw(NODES);
  },
  nodeBegin: (first) => (first ? FIRST_NODE : NEXT_NODE),
  nodeEnd: literal("}"),
  end(out) {
    out.raw(END);
  },
};
