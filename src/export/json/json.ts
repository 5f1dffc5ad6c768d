import type { Block } from "../../checksum/index.js";
import type { Acl } from "../../storage/acl.js";
import type { TxnCursor, TxnShape } from "../../txn/index.js";
import type { Counts, Format, TreeHeader, TreeWriter, TxnHeader, TxnWriter, ZnodePlace } from "../format.js";
import type { TxnPlace } from "../../recovery/scan/txn-visitor.js";
import type { SessionLine } from "../shapes/session.js";
import type { Sink } from "../../io/sink.js";
import type { DataMode } from "../value/data-mode.js";
import { AclJsonById } from "./acl-json.js";
import { JsonBytes, type JsonLiteral, literal } from "./json-bytes.js";
import { documentLayout, itemBegins, type Layout, linesLayout } from "./layout.js";
import { TxnJson } from "./txn-json.js";
import { LargeData } from "./value-json.js";
import { ZnodeJson } from "./znode-json.js";

/** One object with the header's fields, "sessions" and "nodes", or "transactions"; an item a line. */
export const json: Format = formatOf(documentLayout);

/** One JSON object a line; the last, of type "end", proves that nothing is missing. */
export const ndjson: Format = formatOf(linesLayout);

function formatOf(layout: Layout): Format {
  return {
    redactedAs: "json",
    tree: (sink, acls, data) => new TreeJson(layout, sink, acls, data),
    txns: (sink, data) => new TxnsJson(layout, sink, data),
  };
}

/** What is gathered to be handed on. */
class Gathered {
  protected readonly out = new JsonBytes();
  protected readonly layout: Layout;
  protected readonly sink: Sink;

  constructor(layout: Layout, sink: Sink) {
    this.layout = layout;
    this.sink = sink;
  }

  get isFull(): boolean {
    return this.out.isFull;
  }

  drain(): void | Promise<void> {
    return this.out.drain(this.sink);
  }
}

class TreeJson extends Gathered implements TreeWriter {
  private readonly data: DataMode;
  private readonly writer: ZnodeJson;
  private readonly begin: (first: boolean) => JsonLiteral;
  private readonly close: JsonLiteral;
  private nodes = 0;
  private sessions = 0;
  /** The value that passes by in pieces. */
  private large: LargeData | null = null;

  constructor(layout: Layout, sink: Sink, acls: (id: number) => readonly Acl[] | undefined, data: DataMode) {
    super(layout, sink);
    this.data = data;
    this.writer = new ZnodeJson(this.out, new AclJsonById(this.out, acls), data);
    this.begin = itemBegins(layout, "node");
    this.close = literal(`}${layout.after}`);
  }

  header(header: TreeHeader): void {
    this.layout.begin(this.out, "tree", header);
    this.layout.list(this.out, "sessions", 0);
  }

  session(session: SessionLine): void {
    const { out, layout } = this;
    out.raw(literal(layout.before(this.sessions++ === 0)));
    out.value(session);
    out.raw(literal(layout.after));
  }

  beginNodes(): void {
    this.layout.list(this.out, "nodes", 1);
  }

  znode(block: Block, record: number, place: ZnodePlace): void | Promise<void> {
    const long = this.writer.write(this.begin(this.nodes++ === 0), block, record, place, this.sink);
    if (long) return long.then(() => this.out.raw(this.close));
    this.out.raw(this.close);
  }

  beginLarge(bytes: Buffer, pathStart: number, pathLength: number, asText: boolean): void {
    this.writer.beginLarge(this.begin(this.nodes++ === 0), bytes, pathStart, pathLength);
    this.large = new LargeData(this.out, this.data, asText, this.sink);
  }

  piece(bytes: Uint8Array, start: number, end: number): void | Promise<void> {
    return this.large?.piece(bytes, start, end);
  }

  endLarge(block: Block, aclAt: number, dataLength: number, place: ZnodePlace): boolean {
    const isAsSaid = this.large?.end() ?? false;
    this.large = null;
    this.writer.endLarge(block, aclAt, dataLength, place);
    this.out.raw(this.close);
    return isAsSaid;
  }

  end(counts: Counts, whole: boolean): void {
    this.layout.end(this.out, whole ? counts : null);
  }
}

class TxnsJson extends Gathered implements TxnWriter {
  private readonly writer: TxnJson;
  private readonly begin: (first: boolean) => JsonLiteral;
  private readonly close: JsonLiteral;
  private isFirst = true;

  constructor(layout: Layout, sink: Sink, data: DataMode) {
    super(layout, sink);
    this.writer = new TxnJson(this.out, data, sink);
    this.begin = itemBegins(layout, "txn");
    this.close = literal(layout.after);
  }

  header(header: TxnHeader): void {
    this.layout.begin(this.out, "transactions", header);
    this.layout.list(this.out, "transactions", 0);
  }

  txn(txn: TxnCursor, shape: TxnShape, bytes: Buffer, place: TxnPlace): void | Promise<void> {
    const long = this.writer.write(this.begin(this.isFirst), txn, shape, bytes, place);
    this.isFirst = false;
    if (long) return long.then(() => this.out.raw(this.close));
    this.out.raw(this.close);
  }

  end(transactions: number): void {
    this.layout.end(this.out, { transactions });
  }
}
