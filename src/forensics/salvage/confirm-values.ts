import type { StoredFile } from "../../recovery/index.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { hex } from "../../storage/zxid.js";
import { type DataTree, NONE, pathOf, STAT } from "../../tree/index.js";
import { setLong } from "../../tree/znode-fields.js";
import { Body, hasData, OpCode, type TxnCursor } from "../../txn/index.js";
import { eachRecord } from "../../recovery/scan/each-record.js";

/** What other files say about znodes that nothing in their own file proves. */
export interface Confirmation {
  /** Znodes whose data and version are those of the transaction (or another snapshot's znode) with their mzxid. */
  confirmed: number;
  /** Znodes whose data, version or mtime were other than that, and are now as it says. */
  corrected: string[];
}

/**
 * Holds a scavenged tree against transactions and sound snapshots: the transaction with a znode's mzxid gave it its
 * data, version and mtime. Where they differ the znode's bytes were damaged, and the transaction's take their place.
 */
export async function confirmValues(
  tree: DataTree,
  logs: readonly StoredFile[],
  snapshots: readonly StoredFile[],
): Promise<Confirmation> {
  const confirmer = new Confirmer(tree);
  for (const log of logs) await confirmer.readLog(log);
  for (const snapshot of snapshots) await confirmer.readSnapshot(snapshot);
  return { confirmed: confirmer.confirmed, corrected: [...confirmer.corrected] };
}

class Confirmer {
  readonly corrected = new Set<string>();
  private readonly tree: DataTree;
  private readonly seen: Uint8Array;

  constructor(tree: DataTree) {
    this.tree = tree;
    this.seen = new Uint8Array(tree.znodes.slots);
  }

  get confirmed(): number {
    return this.seen.reduce((sum, each) => sum + each, 0) - this.corrected.size;
  }

  async readLog(log: StoredFile): Promise<void> {
    await eachRecord(log, (txn, shape, { checksumOk, window }) => {
      if (!checksumOk || shape !== "ok") return;
      if (txn.body === Body.multi) this.takeMulti(txn, window.block);
      else this.take(txn, window.block, false);
    });
  }

  /** Of several changes to one znode in a multi the last is the one that stays. */
  private takeMulti(txn: TxnCursor, block: SourceBlock): void {
    if (txn.multiFailed()) return;
    const pathOf = ({ pathStart, pathLength }: TxnCursor): string =>
      block.bytes.toString("latin1", pathStart, pathStart + pathLength);
    const last = new Map<string, number>();
    txn.eachMember((member, index) => {
      if (hasData(member.body)) last.set(pathOf(member), index);
    });
    txn.eachMember((member, index) => {
      if (hasData(member.body) && last.get(pathOf(member)) === index) this.take(member, block, true);
    });
  }

  private take(txn: TxnCursor, block: SourceBlock, inMulti: boolean): void {
    if (!hasData(txn.body)) return;
    const { znodes } = this.tree;
    const slot = znodes.find(block, txn.pathStart, txn.pathLength);
    if (slot === NONE || this.seen[slot] === 1) return;
    const version = txn.body === Body.create ? 0 : txn.version;
    this.compare(slot, block, {
      mzxidHigh: txn.zxidHigh,
      mzxidLow: txn.zxidLow,
      dataStart: txn.dataStart,
      dataLength: txn.dataLength,
      version: txn.type === OpCode.reconfig || inMulti ? null : version,
      mtimeHigh: txn.timeHigh,
      mtimeLow: txn.timeLow,
    });
  }

  /** Only whole, sealed snapshots come here. */
  async readSnapshot(snapshot: StoredFile): Promise<void> {
    const reader = new SnapshotReader(snapshot.open());
    try {
      if (!(await reader.readHead())) return;
      while (await reader.fill()) {
        while (reader.next()) {
          const { block } = reader.window;
          const slot = this.tree.znodes.find(block, reader.pathStart, reader.pathLength);
          if (slot === NONE || this.seen[slot] === 1) continue;
          const stat = reader.aclAt + 8;
          const { view } = block;
          this.compare(slot, block, {
            mzxidHigh: view.getInt32(stat + STAT.mzxid),
            mzxidLow: view.getUint32(stat + STAT.mzxid + 4),
            dataStart: reader.dataStart,
            dataLength: reader.dataLength,
            version: view.getInt32(stat + STAT.version),
            mtimeHigh: view.getInt32(stat + STAT.mtime),
            mtimeLow: view.getUint32(stat + STAT.mtime + 4),
          });
        }
      }
    } finally {
      reader.close();
    }
  }

  private compare(slot: number, block: SourceBlock, by: Witness): void {
    const { znodes } = this.tree;
    let view = znodes.viewOf(slot);
    let stat = znodes.statOf(slot);
    if (view.getInt32(stat + STAT.mzxid) !== by.mzxidHigh || view.getUint32(stat + STAT.mzxid + 4) !== by.mzxidLow)
      return;
    this.seen[slot] = 1;
    const sameData = this.holds(slot, block, by);
    const sameTime =
      view.getInt32(stat + STAT.mtime) === by.mtimeHigh && view.getUint32(stat + STAT.mtime + 4) === by.mtimeLow;
    const sameVersion = by.version === null || view.getInt32(stat + STAT.version) === by.version;
    if (sameData && sameTime && sameVersion) return;
    if (!sameData) znodes.setData(slot, block, by.dataStart, by.dataLength);
    view = znodes.viewOf(slot);
    stat = znodes.statOf(slot);
    if (by.version !== null) view.setInt32(stat + STAT.version, by.version);
    setLong(view, stat + STAT.mtime, by.mtimeHigh, by.mtimeLow);
    znodes.refresh(slot);
    const zxid = hex((BigInt(by.mzxidHigh) << 32n) | BigInt(by.mzxidLow));
    this.corrected.add(`${pathOf(this.tree, slot)} (as ${zxid} has it)`);
  }

  private holds(slot: number, block: SourceBlock, { dataStart, dataLength }: Witness): boolean {
    const { znodes } = this.tree;
    const view = znodes.viewOf(slot);
    const at = znodes.recordOf(slot) + 4 + view.getInt32(znodes.recordOf(slot));
    const length = view.getInt32(at);
    if (length !== dataLength) return false;
    const { bytes } = znodes.memoryOf(slot);
    const own = bytes.subarray(at + 4, at + 4 + Math.max(length, 0));
    return own.equals(block.bytes.subarray(dataStart, dataStart + Math.max(length, 0)));
  }
}

type SourceBlock = SnapshotReader["window"]["block"];

interface Witness {
  mzxidHigh: number;
  mzxidLow: number;
  dataStart: number;
  dataLength: number;
  /** Null where the transaction does not tell. */
  version: number | null;
  mtimeHigh: number;
  mtimeLow: number;
}
