import type { Block } from "../../checksum/index.js";
import type { Sink } from "../../io/sink.js";
import type { TxnPlace } from "../../recovery/scan/txn-visitor.js";
import type { Acl } from "../../storage/acl.js";
import { ACL_ID_LENGTH, aclIdAt } from "../../storage/znode-record.js";
import { dataAt, kindOf, STAT, ttlOf, type ZnodeKind } from "../../tree/index.js";
import type { TxnCursor, TxnShape } from "../../txn/index.js";
import type { Format, TreeWriter, TxnWriter, ZnodePlace } from "../format.js";
import { JsonBytes, type JsonLiteral, literal } from "../json/json-bytes.js";
import type { DataMode } from "../value/data-mode.js";
import { headOf, TXN_COLUMNS, ZNODE_COLUMNS } from "./columns.js";
import { aclCell, CsvCells, type LargeCell } from "./csv-cells.js";
import { TxnRows } from "./txn-rows.js";

/**
 * Rows with a head, as RFC 4180 has them: a znode is a row, a transaction is one, and each member of a multi. What is
 * about the whole (point, source, sessions) has no place in it.
 */
export const csv: Format = {
  redactedAs: "csv",
  tree: (sink, acls, data) => new TreeCsv(sink, acls, data),
  txns: (sink, data) => new TxnsCsv(sink, data),
};

/** What is gathered to be handed on. */
class Gathered {
  protected readonly out = new JsonBytes();
  protected readonly sink: Sink;
  protected readonly cells: CsvCells;

  constructor(sink: Sink, data: DataMode) {
    this.sink = sink;
    this.cells = new CsvCells(this.out, sink, data);
  }

  get isFull(): boolean {
    return this.out.isFull;
  }

  drain(): void | Promise<void> {
    return this.out.drain(this.sink);
  }

  /** There is nothing at the end: a row less is not seen. */
  end(): void {}

  protected head(columns: readonly string[]): void {
    this.out.raw(literal(headOf(columns, this.cells.withData)));
    this.cells.endRow();
  }
}

class TreeCsv extends Gathered implements TreeWriter {
  private readonly acls: (id: number) => readonly Acl[] | undefined;
  private readonly aclCells = new Map<number, JsonLiteral | null>();
  /** The value that passes by in pieces. */
  private large: LargeCell | null = null;

  constructor(sink: Sink, acls: (id: number) => readonly Acl[] | undefined, data: DataMode) {
    super(sink, data);
    this.acls = acls;
  }

  header(): void {
    this.head(ZNODE_COLUMNS);
  }

  session(): void {}

  beginNodes(): void {}

  znode(block: Block, record: number, place: ZnodePlace): void | Promise<void> {
    const { view, bytes } = block;
    const data = dataAt(view, record);
    const length = view.getInt32(data);
    this.writePath(bytes, record + 4, view.getInt32(record));
    const long = this.cells.value(bytes, data + 4, length);
    const aclAt = data + 4 + Math.max(length, 0);
    if (long) return long.then(() => this.writeRest(block, aclAt, length, place));
    this.writeRest(block, aclAt, length, place);
  }

  beginLarge(bytes: Buffer, pathStart: number, pathLength: number): void {
    this.writePath(bytes, pathStart, pathLength);
    this.large = this.cells.beginLarge();
  }

  piece(bytes: Uint8Array, start: number, end: number): void | Promise<void> {
    return this.large?.piece(bytes, start, end);
  }

  endLarge(block: Block, aclAt: number, dataLength: number, place: ZnodePlace): boolean {
    this.large?.end();
    this.large = null;
    this.writeRest(block, aclAt, dataLength, place);
    return true;
  }

  private writePath(bytes: Buffer, start: number, length: number): void {
    // The root's is empty in a snapshot.
    if (length > 0) return this.cells.path(bytes, start, length);
    this.cells.word(ROOT);
    this.cells.empty();
  }

  private writeRest({ view }: Block, aclAt: number, dataLength: number, { numChildren, orphan }: ZnodePlace): void {
    const { cells } = this;
    const stat = aclAt + ACL_ID_LENGTH;
    this.writeAcl(view, aclAt);
    for (const at of LONGS) cells.cell().hexLong(view.getInt32(stat + at), view.getInt32(stat + at + 4));
    for (const at of TIMES) cells.cell().time(view.getInt32(stat + at), view.getInt32(stat + at + 4));
    for (const at of INTS) cells.cell().int(view.getInt32(stat + at));
    const high = view.getInt32(stat + STAT.ephemeralOwner);
    const low = view.getUint32(stat + STAT.ephemeralOwner + 4);
    cells.cell().hexLong(high, low | 0);
    cells.cell().int(Math.max(dataLength, 0));
    if (numChildren < 0) cells.empty();
    else cells.cell().int(numChildren);
    const kind = kindOf(high, low);
    cells.word(KINDS[kind]);
    if (kind === "ttl") cells.cell().number(ttlOf(high, low));
    else cells.empty();
    if (orphan) cells.word(TRUE);
    else cells.empty();
    cells.endRow();
  }

  private writeAcl(view: DataView, aclAt: number): void {
    const { cells, aclCells } = this;
    const id = aclIdAt(view, aclAt);
    let cell = aclCells.get(id);
    if (cell === undefined) {
      const entries = this.acls(id);
      aclCells.set(id, (cell = entries ? aclCell(entries) : null));
    }
    if (cell) {
      cells.word(cell);
      cells.empty();
    } else {
      cells.empty();
      cells.word(literal(String(view.getBigInt64(aclAt))));
    }
  }
}

class TxnsCsv extends Gathered implements TxnWriter {
  private readonly rows: TxnRows;

  constructor(sink: Sink, data: DataMode) {
    super(sink, data);
    this.rows = new TxnRows(this.cells);
  }

  header(): void {
    this.head(TXN_COLUMNS);
  }

  txn(txn: TxnCursor, shape: TxnShape, bytes: Buffer, place: TxnPlace): void | Promise<void> {
    return this.rows.write(txn, shape, bytes, place);
  }
}

const LONGS = [STAT.czxid, STAT.mzxid, STAT.pzxid] as const;
const TIMES = [STAT.ctime, STAT.mtime] as const;
const INTS = [STAT.version, STAT.cversion, STAT.aversion] as const;
const ROOT = literal("/");
const TRUE = literal("true");
const KINDS: Record<ZnodeKind, JsonLiteral> = {
  persistent: literal("persistent"),
  ephemeral: literal("ephemeral"),
  container: literal("container"),
  ttl: literal("ttl"),
};
