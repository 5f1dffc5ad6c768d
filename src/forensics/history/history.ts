import type { DataDirectory } from "../../recovery/index.js";
import { isBeginning } from "../../recovery/exact/coverage.js";
import type { Finding } from "../../findings/finding.js";
import type { Block } from "../../checksum/index.js";
import { NONE } from "../../tree/index.js";
import { Body, effectOf, OpCode, opName, type TxnCursor } from "../../txn/index.js";
import { type Baseline, Baselines } from "./baseline.js";
import type { Change, ChangeTxn, DeleteCause, Hole } from "./change.js";
import { PathScope } from "./path-scope.js";
import type { SnapshotLook } from "./snapshot-look.js";
import type { TxnPlace } from "../../recovery/scan/txn-visitor.js";
import { readTimeline, type TimelineRange } from "./timeline.js";
import { aclState, createdState, kindOfState, setState, UNKNOWN, type ZnodeState } from "./znode-state.js";
import { ZnodeStates } from "./znode-states.js";

/** Of which znodes {@link history} gives the changes, and which of them: a range of zxids. */
export interface HistoryOptions {
  /** With all znodes below it. */
  recursive?: boolean;
  /** Which changes are told; what was before them is known all the same. */
  range?: TimelineRange;
}

/** What is done with the changes, as they are found. */
export interface HistoryVisitor {
  change(change: Change): void;
  /** Asked after each transaction: whether no more is wanted. */
  isDone?(): boolean;
  /** Called now and then, where there is time to write: after some hundred changes, or some MB of a log. */
  pause?(): void | Promise<void>;
  hole?(hole: Hole): void;
  finding?(finding: Finding): void;
}

/**
 * Every change to a znode, or to a subtree, oldest first, in one pass over the logs. Memory grows with the
 * size of the znodes that are asked for, and not with the tree.
 *
 * What does not change a znode itself, the coming and going of its children, is left out; so are the values of
 * `zookeeper_stats`, which the server computes without a transaction.
 *
 * @example
 * import { history } from "zkrewind/forensics";
 * import { discover } from "zkrewind/recovery";
 *
 * await history(discover(["fixtures/3.8.6-standalone"]), "/counters/c7", {}, {
 *   change: ({ kind, zxid, after }) => console.log(kind, zxid, after?.version),
 * });
 */
export async function history(
  directory: DataDirectory,
  path: string,
  options: HistoryOptions,
  visitor: HistoryVisitor,
): Promise<void> {
  await new History(directory, new PathScope(path, options.recursive ?? false), options.range, visitor).run();
}

class History {
  private readonly directory: DataDirectory;
  private readonly scope: PathScope;
  private readonly from: bigint;
  private readonly to: bigint | null;
  private readonly visitor: HistoryVisitor;
  private readonly baselines: Baselines;
  /** By path: of each znode that is in its first life, and is in `states` as it was told, there is no need to keep it. */
  private readonly lives = new Map<string, Life>();
  private states = new ZnodeStates();

  constructor(directory: DataDirectory, scope: PathScope, range: TimelineRange | undefined, visitor: HistoryVisitor) {
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
        take: (txn, _, block, place) => this.take(txn, block, place),
        isDone: () => visitor.isDone?.() ?? false,
        pause: () => visitor.pause?.(),
        finding: (finding) => visitor.finding?.(finding),
      },
    );
    if (visitor.isDone?.()) return;
    // What snapshots show that no log leads to.
    for await (const look of this.baselines.between(last, null, to)) await this.sight(look, last);
  }

  private async begin(next: bigint, after: bigint | null): Promise<void> {
    const { baselines } = this;
    let since = after;
    for await (const look of baselines.between(after, next, null)) {
      await this.sight(look, since);
      since = look.window.begin;
    }
    const baseline = await baselines.before(next, after);
    if (after !== null || (!isBeginning(next) && baseline.source === undefined))
      this.visitor.hole?.({ after, before: next });
    await this.reconcile(baseline, since);
  }

  private sight({ window, znodes, name }: SnapshotLook, since: bigint | null): Promise<void> {
    znodes.complete = true;
    return this.reconcile({ zxid: window.begin, source: name, znodes }, since);
  }

  /** Goes on from a baseline, and tells what is different from what was known. */
  private async reconcile({ zxid, source, znodes }: Baseline, since: bigint | null): Promise<void> {
    const before = this.states;
    this.states = znodes;
    // Nothing of it is to be told, nor does it end or begin another life.
    if (zxid < this.from && before.size === 0 && this.lives.size === 0) return;
    const snapshot = source ?? null;
    let untilPause = PAUSE_AFTER;
    for (const [oldSlot, newSlot] of inStep(before, znodes)) {
      if (this.visitor.isDone?.()) return;
      const path = newSlot === NONE ? before.pathOf(oldSlot) : znodes.pathOf(newSlot);
      const old = stateAt(before, oldSlot, path);
      const now = stateAt(znodes, newSlot, path);
      if (now && (since === null || old === undefined))
        this.tell({ kind: "existed", zxid, before: undefined, after: now, snapshot }, path, old);
      else if (now !== undefined && since !== null && old !== undefined && differs(old, now))
        this.tell({ kind: "unseen", zxid, before: old, after: now, since, snapshot }, path, old);
      else if (old && old.czxid !== now?.czxid) this.keepLife(path, old);
      if (--untilPause > 0) continue;
      untilPause = PAUSE_AFTER;
      await this.visitor.pause?.();
    }
  }

  private take(txn: TxnCursor, block: Block, place: TxnPlace): void {
    if (txn.body === Body.multi) {
      if (txn.multiFailed()) return;
      txn.eachMember((member, index) => {
        if (this.concerns(member))
          this.apply(member, block, { ...describe(member, place), multi: { member: index, of: txn.items } });
      });
    } else if (txn.body === Body.closeSession) this.closeSession(txn, block, place);
    else if (this.concerns(txn)) this.apply(txn, block, describe(txn, place));
  }

  private concerns(txn: TxnCursor): boolean {
    return effectOf(txn.body) !== null && this.scope.has(txn.view, txn.pathStart, txn.pathLength);
  }

  private apply(txn: TxnCursor, block: Block, by: ChangeTxn): void {
    const { states } = this;
    const path = pathIn(block, txn.pathStart, txn.pathLength);
    const slot = states.find(block, txn.pathStart, txn.pathLength);
    const before = stateAt(states, slot, path);
    switch (effectOf(txn.body)) {
      case "deleted":
        this.remove(slot, path, by, { by: txn.type === OpCode.delete ? "client" : reaperOf(before) });
        break;
      case "data": {
        // A reconfig's version is the configuration's.
        const reconfig = txn.type === OpCode.reconfig;
        const was = reconfig ? (before ?? UNKNOWN) : existing(before, "version", (txn.version - 1) | 0);
        const after = setState(was, txn);
        if (slot === NONE) states.put(block, txn.pathStart, txn.pathLength, after, txn.dataStart);
        else states.setData(slot, after, block, txn.dataStart);
        this.tell({ kind: "set", zxid: by.zxid, before: was, after, txn: by }, path, was);
        break;
      }
      case "acl": {
        const was = existing(before, "aversion", (txn.version - 1) | 0);
        const after = aclState(was, txn);
        if (slot === NONE) states.put(block, txn.pathStart, txn.pathLength, after, txn.pathStart);
        else states.describe(slot, after);
        this.tell({ kind: "acl", zxid: by.zxid, before: was, after, txn: by }, path, was);
        break;
      }
      case "created": {
        // It was deleted by something that no transaction shows: a closeSession whose ephemerals are not known.
        if (before) {
          const since = before.mzxid ?? 0n;
          this.tell({ kind: "unseen", zxid: by.zxid - 1n, before, after: null, since }, path, before);
        }
        const after = createdState(txn);
        states.put(block, txn.pathStart, txn.pathLength, after, txn.dataStart);
        this.tell({ kind: "create", zxid: by.zxid, before: null, after, txn: by }, path, null);
        break;
      }
      case null:
    }
  }

  private remove(slot: number, path: Buffer, txn: ChangeTxn, cause: DeleteCause): void {
    const { states } = this;
    const before = stateAt(states, slot, path) ?? UNKNOWN;
    if (slot !== NONE) states.remove(slot);
    states.noteGone(path);
    this.tell({ kind: "delete", zxid: txn.zxid, before, after: null, txn, cause }, path, before);
  }

  /** First the paths that it names (3.6+), then whatever else the session had: DataTree.killSession. */
  private closeSession(txn: TxnCursor, block: Block, place: TxnPlace): void {
    const { sessionHigh, sessionLow, view } = txn;
    const { states } = this;
    const by = (): ChangeTxn => describe(txn, place);
    const cause = (): DeleteCause => ({
      by: "session",
      session: txn.session,
      ending: txn.cxid === 0 ? "server" : "client",
    });
    txn.eachPath((start, length) => {
      if (!this.scope.has(view, start, length)) return;
      const path = pathIn(block, start, length);
      const slot = states.find(block, start, length);
      if (slot !== NONE || !states.isGone(path)) this.remove(slot, path, by(), cause());
    });
    for (const slot of states.ephemeralsOf(sessionHigh, sessionLow))
      this.remove(slot, states.pathOf(slot), by(), cause());
  }

  /** `old` is what was known of the znode before the change. */
  private tell(change: Omit<Change, "life" | "path" | "pathBytes">, path: Buffer, old: Change["before"]): void {
    const life = this.lifeOf(change, path, old);
    if (change.zxid < this.from) return;
    // Not spread: a copy of objects with one of six shapes takes longer than all the rest of this.
    this.visitor.change(Object.assign(change, { path: path.toString("utf8"), pathBytes: path, life }));
  }

  /** A znode that is created, or whose czxid is another than it was, has begun another life. */
  private lifeOf({ kind, after }: Pick<Change, "kind" | "after">, path: Buffer, old: Change["before"]): number {
    const key = this.lives.size > 0 || after === null ? keyOf(path) : "";
    const kept = this.lives.get(key);
    const life = kept ?? { count: 1, czxid: old?.czxid };
    if (after && after.czxid !== undefined) {
      const another = life.czxid !== undefined && life.czxid !== after.czxid;
      if (another || (kept && kind === "create")) life.count++;
      life.czxid = after.czxid;
    }
    if (!kept && (after === null || life.count > 1)) this.lives.set(keyOf(path), life);
    return life.count;
  }

  /** For a znode that was told, and is not in `states` any more as it was. */
  private keepLife(path: Buffer, { czxid }: Readonly<ZnodeState>): void {
    const key = keyOf(path);
    if (!this.lives.has(key)) this.lives.set(key, { count: 1, czxid });
  }
}

/** The znodes that had one path, one after another: how many, and when the last of them was created. */
interface Life {
  count: number;
  czxid: bigint | undefined;
}

/** Changes that come without a transaction, of which a snapshot may have millions, before there is time to write. */
const PAUSE_AFTER = 256;

/** Null: it does not exist; undefined: nothing is known. */
function stateAt(states: ZnodeStates, slot: number, path: Buffer): ZnodeState | null | undefined {
  if (slot !== NONE) return states.read(slot);
  return states.isGone(path) ? null : undefined;
}

/** The slots of each path that the one or the other has, NONE where it has not, in byte order of the paths. */
function* inStep(a: ZnodeStates, b: ZnodeStates): Generator<[a: number, b: number]> {
  const [ofA, ofB] = [a.sorted(), b.sorted()];
  for (let i = 0, j = 0; i < ofA.length || j < ofB.length; ) {
    const [slotA, slotB] = [ofA[i] ?? NONE, ofB[j] ?? NONE];
    const order = slotA === NONE ? 1 : slotB === NONE ? -1 : a.comparePath(slotA, b, slotB);
    if (order <= 0) i++;
    if (order >= 0) j++;
    yield [order <= 0 ? slotA : NONE, order >= 0 ? slotB : NONE];
  }
}

/** A path's bytes, copied. */
function pathIn({ bytes }: Block, start: number, length: number): Buffer {
  return Buffer.from(bytes.subarray(start, start + length));
}

/** A path as a map's key: its bytes, so that no two paths are one. */
function keyOf(path: Buffer): string {
  return path.toString("latin1");
}

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

function describe(txn: TxnCursor, { file, offset }: TxnPlace): ChangeTxn {
  return {
    zxid: txn.zxid,
    time: txn.time,
    session: txn.session,
    cxid: txn.cxid,
    op: opName(txn.type),
    file,
    offset,
  };
}

/** Whether two states show that something happened between them: what one of them does not know proves nothing. */
function differs(a: Readonly<ZnodeState> | null, b: Readonly<ZnodeState> | null): boolean {
  if (a === null || b === null) return a !== b;
  return (["czxid", "mzxid", "version", "aversion"] as const).some(
    (field) => a[field] !== undefined && b[field] !== undefined && a[field] !== b[field],
  );
}
