import { SCHEMA, type TreeFormat, type TxnFormat } from "./format.js";
import { literal } from "./json-bytes.js";

const NODE_BEGIN = literal('{"type":"node",');
const TXN_BEGIN = literal('{"type":"txn",');
const NEWLINE = literal("\n");

/** One JSON object a line; the last, of type "end", proves that nothing is missing. */
export const ndjson: TreeFormat = {
  header(out, header) {
    out.value({ type: "header", schema: SCHEMA, ...header });
    out.raw(NEWLINE);
  },
  session(out, session) {
    out.value({ type: "session", ...session });
    out.raw(NEWLINE);
  },
  beginNodes() {},
  nodeBegin: () => NODE_BEGIN,
  nodeEnd: literal("}\n"),
  end(out, counts, whole) {
    if (!whole) return;
    out.value({ type: "end", ...counts });
    out.raw(NEWLINE);
  },
};

export const ndjsonTxns: TxnFormat = {
  header(out, header) {
    out.value({ type: "header", schema: SCHEMA, ...header });
    out.raw(NEWLINE);
  },
  txnBegin: () => TXN_BEGIN,
  txnEnd: NEWLINE,
  end(out, transactions) {
    out.value({ type: "end", transactions });
    out.raw(NEWLINE);
  },
};
