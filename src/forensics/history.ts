import type { DataDirectory } from "../recovery/index.js";
import { isBeginning } from "../recovery/coverage.js";
import type { Finding } from "../storage/finding.js";
import { fromHalves } from "../storage/zxid.js";
import { kindOf, SessionMap } from "../tree/index.js";
import { OpCode, opName, TxnCursor } from "../txn/index.js";
import { type Baseline, Baselines, keyAt } from "./baseline.js";
import type { Change, ChangeTxn, DeleteCause, Hole } from "./change.js";
import { Scope } from "./scope.js";
import type { SnapshotLook } from "./snapshot-look.js";
import { readTimeline, type RecordPlace, type ZxidRange } from "./timeline.js";
import { aclState, createdState, kindOfState, setState, UNKNOWN, type ZnodeState } from "./znode-state.js";

export interface HistoryOptions {
  /** With all znodes below it. */
  recursive?: boolean;
  /** Which changes are told; what was before them is known all the same. */
  range?: ZxidRange;
}

export interface HistoryVisitor {
  change(change: Change): void;
  /** Asked after each transaction: whether no more is wanted. */
  isDone?(): boolean;
  /** Called now and then, where there is time to write. */
  pause?(): void | Promise<void>;
  hole?(hole: Hole): void;
  finding?(finding: Finding): void;
}

/**
 * Every change to a znode, or to a subtree, oldest first, in one pass over the logs. Memory grows with the znodes that
 * are asked for, and not with the tree.
 *
 * What does not change a znode itself, the coming and going of its children, is left out; so are the values of
 * `zookeeper_stats`, which the server computes without a transaction.
 */
export async function history(
  directory: DataDirectory,
  path: string,
  options: HistoryOptions,
  visitor: HistoryVisitor,
): Promise<void> {
  await new History(directory, new Scope(path, options.recursive ?? false), options.range, visitor).run();
}

class History {
  private readonly directory: DataDirectory;
  private readonly scope: Scope;
  private readonly from: bigint;
  private readonly to: bigint | null;
  private readonly visitor: HistoryVisitor;
  private readonly baselines: Baselines;
  private readonly member = new TxnCursor();
  private readonly lives = new Map<string, { count: number; czxid: bigint | undefined }>();
  /** What is known, by key: null for a znode that does not exist. */
  private states = new Map<string, Readonly<ZnodeState> | null>();
  /** What is not in `states` does not exist; otherwise it is not known. */
  private complete = false;
  /** The ephemerals of each session, for closeSessions that do not name them. */
  private ephemerals = new SessionMap<Set<string>>();

  constructor(directory: DataDirectory, scope: Scope, range: ZxidRange | undefined, visitor: HistoryVisitor) {
    this.directory = directory;
    this.scope = scope;
    this.from = range?.from ?? 0n;
    this.to = range?.to ?? null;
    this.visitor = visitor;
    this.baselines = new Baselines(directory, scope, (finding) => visitor.finding?.(finding));
  }

  async run(): Promise<void> {
    const { visitor, to } = this;
    const last = await readTimeline(
      this.directory.logs,
      { from: null, to },
      {
        begin: (next, after) => this.begin(next, after),
        take: (txn, _block, place) => this.take(txn, place),
        isDone: () => visitor.isDone?.() ?? false,
        pause: () => visitor.pause?.(),
        finding: (finding) => visitor.finding?.(finding),
      },
    );
    if (visitor.isDone?.()) return;
    // What snapshots show that no log leads to.
    for (const look of await this.baselines.between(last, null, to)) this.sight(look, last);
  }

  private async begin(next: bigint, after: bigint | null): Promise<void> {
    const { baselines } = this;
    let since = after;
    for (const look of await baselines.between(after, next, null)) {
      this.sight(look, since);
      since = look.window.begin;
    }
    const baseline = await baselines.before(next, after);
    if (after !== null || (!isBeginning(next) && baseline.source === undefined))
      this.visitor.hole?.({ after, before: next });
    this.reconcile(baseline, since);
  }

  private sight({ window, znodes, name }: SnapshotLook, since: bigint | null): void {
    this.reconcile({ zxid: window.begin, source: name, znodes, complete: true }, since);
  }

  /** Goes on from a baseline, and tells what is different from what was known. */
  private reconcile(baseline: Baseline, since: bigint | null): void {
    const { zxid, source, znodes, complete } = baseline;
    const before = this.states;
    const known = this.complete;
    this.states = new Map(znodes);
    this.complete = complete;
    const keys = [...new Set([...before.keys(), ...znodes.keys()])].sort(byBytes);
    for (const key of keys) {
      const old = before.get(key) ?? (before.has(key) || known ? null : undefined);
      const now = znodes.get(key) ?? (complete ? null : undefined);
      if (now === undefined) continue;
      const snapshot = source ?? null;
      if (since === null || old === undefined) {
        if (now) this.tell({ kind: "existed", zxid, before: undefined, after: now, snapshot }, key);
      } else if (differs(old, now)) this.tell({ kind: "unseen", zxid, before: old, after: now, since, snapshot }, key);
    }
    this.ephemerals = new SessionMap();
    for (const [key, state] of znodes) this.noteOwner(key, state);
  }

  private take(txn: TxnCursor, place: RecordPlace): void {
    if (txn.type === OpCode.multi) {
      if (txn.multiFailed()) return;
      const { member } = this;
      for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
        at = txn.parseMember(member, at);
        if (at < 0) return;
        if (this.concerns(member))
          this.apply(member, { ...describe(member, place), multi: { member: index, of: txn.items } });
      }
    } else if (txn.type === OpCode.closeSession) this.closeSession(txn, place);
    else if (this.concerns(txn)) this.apply(txn, describe(txn, place));
  }

  private concerns(txn: TxnCursor): boolean {
    return CHANGING.has(txn.type) && this.scope.has(txn.view, txn.pathStart, txn.pathLength);
  }

  private apply(txn: TxnCursor, by: ChangeTxn): void {
    const key = keyAt(txn.view, txn.pathStart, txn.pathLength);
    const before = this.known(key);
    switch (txn.type) {
      case OpCode.delete:
        this.remove(key, by, { by: "client" });
        break;
      case OpCode.deleteContainer:
        this.remove(key, by, { by: reaperOf(before) });
        break;
      case OpCode.setData:
      case OpCode.reconfig: {
        // A reconfig's version is the configuration's.
        const reconfig = txn.type === OpCode.reconfig;
        const was = reconfig ? (before ?? UNKNOWN) : existing(before, "version", (txn.version - 1) | 0);
        this.change("set", key, was, setState(was, txn), by);
        break;
      }
      case OpCode.setACL: {
        const was = existing(before, "aversion", (txn.version - 1) | 0);
        this.change("acl", key, was, aclState(was, txn), by);
        break;
      }
      default:
        this.create(key, txn, by);
    }
  }

  private create(key: string, txn: TxnCursor, by: ChangeTxn): void {
    const before = this.states.get(key);
    // It was deleted by something that no transaction shows: a closeSession whose ephemerals are not known.
    if (before) this.tell({ kind: "unseen", zxid: by.zxid - 1n, before, after: null, since: before.mzxid ?? 0n }, key);
    const state = createdState(txn);
    this.change("create", key, null, state, by);
    this.noteOwner(key, state);
  }

  private change(kind: Change["kind"], key: string, before: Change["before"], after: ZnodeState, txn: ChangeTxn): void {
    this.states.set(key, after);
    this.tell({ kind, zxid: txn.zxid, before, after, txn }, key);
  }

  private remove(key: string, txn: ChangeTxn, cause: DeleteCause): void {
    const before = this.known(key);
    this.states.set(key, null);
    if (before) this.forgetOwner(key, before);
    this.tell({ kind: "delete", zxid: txn.zxid, before: before ?? UNKNOWN, after: null, txn, cause }, key);
  }

  /** First the paths that it names (3.6+), then whatever else the session had: DataTree.killSession. */
  private closeSession(txn: TxnCursor, place: RecordPlace): void {
    const { sessionHigh, sessionLow, view } = txn;
    const by = (): ChangeTxn => describe(txn, place);
    const cause = (): DeleteCause => ({
      by: "session",
      session: fromHalves(sessionHigh, sessionLow),
      ending: txn.cxid === 0 ? "server" : "client",
    });
    for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
      const length = view.getInt32(at);
      if (this.scope.has(view, at + 4, length)) {
        const key = keyAt(view, at + 4, length);
        if (this.known(key) !== null) this.remove(key, by(), cause());
      }
      at += 4 + length;
    }
    const left = this.ephemerals.get(sessionHigh, sessionLow);
    if (left) for (const key of [...left].sort(byBytes)) this.remove(key, by(), cause());
  }

  private known(key: string): Readonly<ZnodeState> | null | undefined {
    const state = this.states.get(key);
    return state === undefined && this.complete ? null : state;
  }

  private noteOwner(key: string, state: Readonly<ZnodeState>): void {
    const halves = ownerOf(state);
    if (!halves) return;
    const owned = this.ephemerals.get(...halves);
    if (owned) owned.add(key);
    else this.ephemerals.set(...halves, new Set([key]));
  }

  private forgetOwner(key: string, state: Readonly<ZnodeState>): void {
    const halves = ownerOf(state);
    if (!halves) return;
    const owned = this.ephemerals.get(...halves);
    if (owned?.delete(key) && owned.size === 0) this.ephemerals.delete(...halves);
  }

  private tell(change: Omit<Change, "life" | "path" | "pathBytes">, key: string): void {
    const life = this.lifeOf(change, key);
    if (change.zxid < this.from) return;
    const pathBytes = Buffer.from(key, "latin1");
    this.visitor.change({ ...change, path: pathBytes.toString("utf8"), pathBytes, life });
  }

  /** A znode that is created, or whose czxid is another than it was, has begun another life. */
  private lifeOf({ kind, before, after }: Pick<Change, "kind" | "before" | "after">, key: string): number {
    const czxid = (after ?? before)?.czxid;
    const life = this.lives.get(key);
    if (!life) this.lives.set(key, { count: 1, czxid });
    else if (after && czxid !== undefined) {
      if (kind === "create" || (life.czxid !== undefined && life.czxid !== czxid)) life.count++;
      life.czxid = czxid;
    }
    return life?.count ?? 1;
  }
}

const CHANGING: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.deleteContainer,
  OpCode.setData,
  OpCode.reconfig,
  OpCode.setACL,
]);

/** A transaction that was carried out proves that the znode existed, with the version before its own. */
function existing(
  before: Readonly<ZnodeState> | null | undefined,
  field: "version" | "aversion",
  proven: number,
): Readonly<ZnodeState> {
  return before?.[field] === proven ? before : { ...(before ?? UNKNOWN), [field]: proven };
}

function reaperOf(before: Readonly<ZnodeState> | null | undefined): "container" | "ttl" | "reaper" {
  const kind = before ? kindOfState(before) : undefined;
  return kind === "container" || kind === "ttl" ? kind : "reaper";
}

/** The halves of the session that an ephemeral belongs to; null for other znodes. */
function ownerOf({ ephemeralOwner }: Readonly<ZnodeState>): [high: number, low: number] | null {
  if (ephemeralOwner === undefined || ephemeralOwner === 0n) return null;
  const high = Number(ephemeralOwner >> 32n);
  const low = Number(ephemeralOwner & 0xffffffffn);
  return kindOf(high, low) === "ephemeral" ? [high, low] : null;
}

function describe(txn: TxnCursor, { file, offset }: RecordPlace): ChangeTxn {
  return {
    zxid: fromHalves(txn.zxidHigh, txn.zxidLow),
    time: fromHalves(txn.timeHigh, txn.timeLow),
    session: fromHalves(txn.sessionHigh, txn.sessionLow),
    cxid: txn.cxid,
    op: opName(txn.type),
    file,
    offset,
  };
}

/** Keys are bytes, so that this is their order. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether two states show that something happened between them: what one of them does not know proves nothing. */
function differs(a: Readonly<ZnodeState> | null, b: Readonly<ZnodeState> | null): boolean {
  if (a === null || b === null) return a !== b;
  return (["czxid", "mzxid", "version", "aversion"] as const).some(
    (field) => a[field] !== undefined && b[field] !== undefined && a[field] !== b[field],
  );
}
