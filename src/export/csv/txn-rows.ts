import type { TxnPlace } from "../../recovery/scan/txn-visitor.js";
import { LARGE_VALUE } from "../../storage/large-value.js";
import { fromHalves } from "../../storage/zxid.js";
import { jsonText } from "../../text/unsafe.js";
import {
  Body,
  type BodyKind,
  errorName,
  hasData,
  hasPath,
  OpCode,
  opName,
  TxnCursor,
  type TxnShape,
} from "../../txn/index.js";
import { type JsonLiteral, literal } from "../json/json-bytes.js";
import { AclCells, type CsvCells, quoted } from "./csv-cells.js";

/** Writes transactions as rows, in the order of TXN_COLUMNS. */
export class TxnRows {
  private readonly cells: CsvCells;
  private readonly acls = new AclCells();
  private readonly member = new TxnCursor();
  private readonly words = new Map<string, JsonLiteral>();

  constructor(cells: CsvCells) {
    this.cells = cells;
  }

  /** A transaction, and the members of a multi. A promise only for one that is too long to be gathered. */
  write(txn: TxnCursor, shape: TxnShape, bytes: Buffer, place: TxnPlace): void | Promise<void> {
    if (place.length > LARGE_VALUE) return this.writeLong(txn, shape, bytes, place);
    void this.row(txn, -1, txn, shape, bytes, place);
    if (txn.body !== Body.multi || shape !== "ok") return;
    for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
      void this.row(txn, index, this.member, this.shapeOf(txn, at), bytes, place);
      at = this.member.bodyEnd;
    }
  }

  private async writeLong(txn: TxnCursor, shape: TxnShape, bytes: Buffer, place: TxnPlace): Promise<void> {
    await this.row(txn, -1, txn, shape, bytes, place);
    if (txn.body !== Body.multi || shape !== "ok") return;
    for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
      await this.row(txn, index, this.member, this.shapeOf(txn, at), bytes, place);
      await this.cells.drain();
      at = this.member.bodyEnd;
    }
  }

  /** Parses the member that is at `at`. */
  private shapeOf(txn: TxnCursor, at: number): TxnShape {
    return txn.parseMember(this.member, at) >= 0 ? "ok" : "malformed";
  }

  /** One row: of the transaction itself where `index` is -1, else of that member. */
  private row(
    txn: TxnCursor,
    index: number,
    body: TxnCursor,
    shape: TxnShape,
    bytes: Buffer,
    place: TxnPlace,
  ): void | Promise<void> {
    const { cells } = this;
    cells.cell().hexLong(txn.zxidHigh, txn.zxidLow);
    cells.cell().time(txn.timeHigh, txn.timeLow);
    cells.cell().hexLong(txn.sessionHigh, txn.sessionLow);
    cells.cell().int(txn.cxid);
    if (index < 0) cells.empty();
    else cells.cell().int(index);
    cells.word(this.wordOf(opName(body.type)));
    const what = shape === "ok" ? body.body : Body.none;
    if (hasPath(what)) cells.path(bytes, body.pathStart, body.pathLength);
    else cells.empty(2);
    const rest = (): void | Promise<void> => {
      const long = this.rest(body, what, shape, bytes);
      const end = (): void => this.end(txn, index, place);
      return long ? long.then(end) : end();
    };
    const long = hasData(what)
      ? cells.value(bytes, body.dataStart, body.dataLength)
      : cells.empty(cells.withData ? 2 : 0);
    return long ? long.then(rest) : rest();
  }

  /** From `acl` to `raw`. */
  private rest(body: TxnCursor, what: BodyKind, shape: TxnShape, bytes: Buffer): void | Promise<void> {
    const { cells } = this;
    const created = what === Body.create;
    if (created || what === Body.setAcl) cells.word(this.acls.get(bytes, body.aclStart, body.aclEnd));
    else cells.empty();
    if (created) {
      cells.word(body.ephemeral ? TRUE : FALSE);
      cells.cell().int(body.parentCVersion);
    } else cells.empty(2);
    if (created && body.type === OpCode.createTTL) cells.word(literal(String(fromHalves(body.ttlHigh, body.ttlLow))));
    else cells.empty();
    if (HAS_VERSION.has(what)) cells.cell().int(body.version);
    else cells.empty();
    if (what === Body.createSession) cells.cell().int(body.timeout);
    else cells.empty();
    if (what === Body.closeSession && body.items >= 0) cells.word(pathsCell(body, bytes));
    else cells.empty();
    const isError = what === Body.error && body.bodyEnd - body.bodyStart === 4;
    if (isError) {
      cells.cell().int(body.error);
      cells.word(this.wordOf(errorName(body.error)));
    } else cells.empty(2);
    // A body that is not understood, or an error that holds its request: its bytes.
    const isRaw = shape !== "ok" || (what === Body.error && !isError);
    return isRaw ? cells.bytes(bytes, body.bodyStart, body.bodyEnd) : cells.empty();
  }

  /** From `digestVersion` on. */
  private end(txn: TxnCursor, index: number, place: TxnPlace): void {
    const { cells } = this;
    if (txn.hasDigest && index < 0) {
      cells.cell().int(txn.digestVersion);
      cells.cell().unsignedLong(txn.digestHigh, txn.digestLow);
    } else cells.empty(2);
    if (place.checksumOk) cells.empty();
    else cells.word(DAMAGED);
    cells.word(this.wordOf(place.file));
    cells.cell().number(place.offset);
    cells.endRow();
  }

  /** Names are few, and each is made once. */
  private wordOf(text: string): JsonLiteral {
    let word = this.words.get(text);
    if (!word) this.words.set(text, (word = quoted(text)));
    return word;
  }
}

/** The paths that a closeSession deletes: JSON in a cell. */
function pathsCell(body: TxnCursor, bytes: Buffer): JsonLiteral {
  const paths: string[] = [];
  body.eachPath((start, length) => paths.push(bytes.toString("utf8", start, start + length)));
  return quoted(jsonText(paths));
}

const HAS_VERSION: ReadonlySet<BodyKind> = new Set([Body.setData, Body.setAcl, Body.check]);
const TRUE = literal("true");
const FALSE = literal("false");
const DAMAGED = literal("log.crc");
