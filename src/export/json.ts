import { SCHEMA, type TreeFormat, type TxnFormat } from "./format.js";
import { literal } from "./json-bytes.js";
import { jsonText } from "../text/unsafe.js";

const SESSIONS = literal(',"sessions":[');
const SEPARATOR = literal(",\n");
const FIRST = literal("\n");
const NODES = literal('],"nodes":[');
const FIRST_ITEM = literal("\n{");
const NEXT_ITEM = literal(",\n{");
const TRANSACTIONS = literal(',"transactions":[');
const NOTHING = literal("");
const END = literal("\n]}\n");

/** One object with the header's fields, "sessions" and "nodes"; a znode a line. */
export const json: TreeFormat = {
  header(out, header) {
    const text = jsonText({ schema: SCHEMA, ...header });
    out.raw(literal(text.slice(0, -1)));
    out.raw(SESSIONS);
  },
  session(out, session, first) {
    out.raw(first ? FIRST : SEPARATOR);
    out.value(session);
  },
  beginNodes(out) {
    out.raw(NODES);
  },
  nodeBegin: (first) => (first ? FIRST_ITEM : NEXT_ITEM),
  nodeEnd: literal("}"),
  end(out) {
    out.raw(END);
  },
};

/** One object with "transactions"; one a line. */
export const jsonTxns: TxnFormat = {
  header(out, header) {
    const text = jsonText({ schema: SCHEMA, ...header });
    out.raw(literal(text.slice(0, -1)));
    out.raw(TRANSACTIONS);
  },
  txnBegin: (first) => (first ? FIRST_ITEM : NEXT_ITEM),
  txnEnd: NOTHING,
  end(out) {
    out.raw(END);
  },
};
