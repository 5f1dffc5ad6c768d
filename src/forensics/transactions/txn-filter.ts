import picomatch from "picomatch";
import { ZkRewindError } from "../../findings/finding.js";
import { Body, hasPath, OP_NAMES, OpCode, type TxnCursor, type TxnShape } from "../../txn/index.js";
import { PathScope } from "../history/path-scope.js";
import { joined, say, tag } from "../../text/message.js";
import { words } from "../../text/safe.js";

/** Which transactions to look at: all that is given must hold, and one of each list. */
export interface TxnCriteria {
  /** Names of operations. A multi counts as what its members are, too. */
  ops?: readonly string[];
  /** Globs on whole paths: of the transaction, of a multi's members, of the ephemerals that a closeSession names. */
  paths?: readonly string[];
  sessions?: readonly bigint[];
  cxids?: readonly number[];
  /** Only errors and multis that failed. */
  errors?: boolean;
  /** Bytes of the record's payload. */
  minSize?: number;
}

/**
 * Says of each transaction, from its bytes, whether it is asked for.
 *
 * @example
 * import { readRange } from "zkrewind/export";
 * import { TxnFilter } from "zkrewind/forensics";
 * import { discover } from "zkrewind/recovery";
 * import { readTxn } from "zkrewind/txn";
 *
 * const filter = new TxnFilter({ ops: ["setData"], paths: ["/counters/*"] });
 * const only = (txn, shape, length) => filter.matches(txn, shape, length);
 * const { logs } = discover(["fixtures/3.8.6-standalone"]);
 * await readRange(logs, { from: 0xe00n, to: null, only }, { take: (txn) => console.log(readTxn(txn).path) });
 */
export class TxnFilter {
  private readonly ops: ReadonlySet<number> | null;
  private readonly paths: readonly PathTest[] | null;
  private readonly sessions: readonly (readonly [high: number, low: number])[] | null;
  private readonly cxids: ReadonlySet<number> | null;
  private readonly errors: boolean;
  private readonly minSize: number;

  /** Throws a usage error for an operation that there is none of, and for a glob that matches no path. */
  constructor(criteria: TxnCriteria) {
    const { ops, paths, sessions, cxids, errors, minSize } = criteria;
    this.ops = ops && ops.length > 0 ? new Set(ops.map(opCode)) : null;
    this.paths = paths && paths.length > 0 ? paths.map(pathTest) : null;
    this.sessions =
      sessions && sessions.length > 0
        ? sessions.map((id) => [Number(BigInt.asIntN(32, id >> 32n)), Number(id & 0xffffffffn)] as const)
        : null;
    this.cxids = cxids && cxids.length > 0 ? new Set(cxids) : null;
    this.errors = errors ?? false;
    this.minSize = minSize ?? 0;
  }

  /** Whether everything passes. */
  get isEmpty(): boolean {
    return !this.ops && !this.paths && !this.sessions && !this.cxids && !this.errors && this.minSize === 0;
  }

  /** `length` is that of the payload. */
  matches(txn: TxnCursor, shape: TxnShape, length: number): boolean {
    if (length < this.minSize) return false;
    if (this.cxids && !this.cxids.has(txn.cxid)) return false;
    if (this.sessions && !this.hasSession(txn)) return false;
    if (this.errors && !isFailed(txn, shape)) return false;
    const { ops } = this;
    const ofMulti = shape === "ok" && txn.body === Body.multi;
    if (ops && !ops.has(txn.type) && !(ofMulti && txn.someMember(({ type }) => ops.has(type)))) return false;
    if (!this.paths) return true;
    if (shape !== "ok") return false;
    if (ofMulti) return txn.someMember((member) => this.hasPath(member));
    if (txn.body !== Body.closeSession) return this.hasPath(txn);
    return txn.somePath((start, length) => this.isPath(txn.view, start, length));
  }

  private hasSession({ sessionHigh, sessionLow }: TxnCursor): boolean {
    return (this.sessions ?? []).some(([high, low]) => high === sessionHigh && low === sessionLow);
  }

  private hasPath({ body, view, pathStart, pathLength }: TxnCursor): boolean {
    return hasPath(body) && this.isPath(view, pathStart, pathLength);
  }

  private isPath(view: DataView, start: number, length: number): boolean {
    return (this.paths ?? []).some((test) => test(view, start, length));
  }
}

/** Whether a transaction changed nothing because something was wrong with it. */
export function isFailed(txn: TxnCursor, shape: TxnShape): boolean {
  if (shape !== "ok") return false;
  return txn.body === Body.error || (txn.body === Body.multi && txn.multiFailed());
}

function opCode(name: string): number {
  const found = OP_NAMES.find((each) => each.toLowerCase() === name.toLowerCase());
  if (found) return OpCode[found];
  throw new ZkRewindError(say`there is no operation ${tag.line(name)}`, {
    exitCode: 2,
    hint: say`There are: ${joined(
      OP_NAMES.map((each) => words(each)),
      ", ",
    )}.`,
  });
}

type PathTest = (view: DataView, start: number, length: number) => boolean;

/** A glob on whole paths: `/app/**` is /app and all below it, `/app/*` its children, `/app` that znode alone. */
function pathTest(glob: string): PathTest {
  if (/^[\w.-]/.test(glob)) {
    const hint = say`A glob is matched against the whole path: ${tag.path(`/${glob}`)} or ${tag.path(`**/${glob}`)}.`;
    throw new ZkRewindError(say`the glob ${tag.path(glob)} matches no path`, { exitCode: 2, hint });
  }
  const trimmed = glob.length > 1 ? glob.replace(/\/$/, "") : glob;
  const whole = trimmed.endsWith("/**");
  const literal = whole ? trimmed.slice(0, -3) : trimmed;
  if (literal.startsWith("/") && !/[*?[\]{}()!+@\\]/.test(literal)) {
    // Told by its bytes, without a string for each transaction.
    const scope = new PathScope(literal, whole);
    return (view, start, length) => scope.has(view, start, length);
  }
  const matches = picomatch(trimmed, { dot: true });
  return (view, start, length) => matches(Buffer.from(view.buffer, view.byteOffset + start, length).toString("utf8"));
}
