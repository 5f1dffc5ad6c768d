import { isBeginning } from "../../recovery/exact/coverage.js";
import type { DataDirectory, StoredFile } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import { follows } from "../../storage/zxid.js";
import { Body, type TxnCursor } from "../../txn/index.js";
import type { PathScope } from "./path-scope.js";
import { lookInto, type SnapshotLook } from "./snapshot-look.js";
import { readTimeline } from "./timeline.js";
import { freshState } from "./znode-state.js";
import { ZnodeStates } from "./znode-states.js";

/** What is known of the znodes that are asked for just before a transaction. */
export interface Baseline {
  /** The zxid before the transaction. */
  zxid: bigint;
  /** What tells of it: a snapshot, null for a server that starts on nothing, undefined for no file at all. */
  source: string | null | undefined;
  znodes: ZnodeStates;
}

/**
 * Finds out, from the snapshots, where a history begins and how it goes on after a hole.
 *
 * A snapshot need not be exact for that: what its znodes' stats say has not changed since a zxid was so at that zxid,
 * however fuzzy the snapshot, and however much later it was written. What may have changed is left unknown.
 */
export class Baselines {
  private readonly directory: DataDirectory;
  private readonly scope: PathScope;
  private readonly onFinding: (finding: Finding) => void;

  constructor(directory: DataDirectory, scope: PathScope, onFinding: (finding: Finding) => void) {
    this.directory = directory;
    this.scope = scope;
    this.onFinding = onFinding;
  }

  /** What was so just before `next`, the first transaction after a hole that begins after `after` (or the first). */
  async before(next: bigint, after: bigint | null): Promise<Baseline> {
    const zxid = next - 1n;
    const snapshots = this.directory.snapshots.filter((each) => after === null || (each.zxid ?? 0n) >= after);
    const earlier = snapshots.filter((each) => each.zxid !== null && each.zxid <= zxid && leadsTo(each.zxid, next));
    const later = snapshots.filter((each) => each.zxid !== null && each.zxid > zxid);
    for (const snapshot of earlier.toReversed()) {
      // An empty first snapshot says less than the beginning itself.
      if (snapshot.zxid === 0n && isBeginning(next)) break;
      const look = await this.look(snapshot);
      if (look) return this.from(look, zxid);
    }
    if (isBeginning(next)) return this.beginning(zxid);
    for (const snapshot of later) {
      const look = await this.look(snapshot);
      if (look) return this.from(look, zxid);
    }
    return { zxid, source: undefined, znodes: new ZnodeStates() };
  }

  /** The snapshots that are in a hole: later than one zxid, earlier than the other, leading to no transaction. */
  async *between(after: bigint | null, next: bigint | null, to: bigint | null): AsyncGenerator<SnapshotLook> {
    for (const snapshot of this.directory.snapshots) {
      const { zxid } = snapshot;
      if (zxid === null || (after !== null && zxid <= after) || (to !== null && zxid > to)) continue;
      if (next !== null && (zxid >= next - 1n || leadsTo(zxid, next))) continue;
      const look = await this.look(snapshot);
      if (look) yield look;
    }
  }

  private look(snapshot: StoredFile): Promise<SnapshotLook | null> {
    const following = this.directory.snapshots.find(
      (each) => each.zxid !== null && snapshot.zxid !== null && each.zxid > snapshot.zxid,
    );
    return lookInto(snapshot, this.scope, following?.zxid ?? null, this.onFinding);
  }

  private beginning(zxid: bigint): Baseline {
    const znodes = new ZnodeStates();
    znodes.complete = true;
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) {
      const view = new DataView(Uint8Array.from(Buffer.from(path)).buffer);
      if (this.scope.has(view, 0, view.byteLength)) znodes.putFresh(path, freshState(path));
    }
    return { zxid, source: null, znodes };
  }

  /** What a snapshot proves about `zxid`, which may be earlier than the snapshot. */
  private async from(look: SnapshotLook, zxid: bigint): Promise<Baseline> {
    const { window, znodes } = look;
    const ahead = window.end > zxid;
    const acls = ahead ? await this.firstAclVersions(zxid + 1n, window.end) : new Map<string, number>();
    for (const slot of znodes.each()) {
      if (znodes.isLater(slot, "czxid", zxid)) {
        znodes.remove(slot);
        continue;
      }
      if (znodes.isLater(slot, "mzxid", zxid)) znodes.doubt(slot, ["data", "mzxid", "mtime", "version"]);
      if (acls === null || acls.size > 0) {
        const first = acls?.get(znodes.pathOf(slot).toString("latin1"));
        const doubted = acls === null || (first !== undefined && (znodes.read(slot).aversion as number) >= first);
        if (doubted) znodes.doubt(slot, ["acl", "aversion"]);
      }
    }
    znodes.complete = !ahead;
    return { zxid, source: look.name, znodes };
  }

  /** The version that each path's first setACL in a range gives it; null where the logs do not hold the range whole. */
  private async firstAclVersions(from: bigint, to: bigint): Promise<Map<string, number> | null> {
    const versions = new Map<string, number>();
    const { scope } = this;
    let holes = 0;
    const note = ({ body, view, pathStart, pathLength, version }: TxnCursor): void => {
      if (body !== Body.setAcl || !scope.has(view, pathStart, pathLength)) return;
      const key = keyAt(view, pathStart, pathLength);
      if (!versions.has(key)) versions.set(key, version);
    };
    await readTimeline(
      this.directory.logs,
      { from, to },
      {
        begin: () => {
          holes++;
        },
        take(txn) {
          if (txn.body === Body.multi && !txn.multiFailed()) txn.eachMember(note);
          else note(txn);
        },
      },
    );
    return holes > 1 ? null : versions;
  }
}

/** Whether nothing can be between a snapshot's zxid and a transaction. */
function leadsTo(snapshot: bigint, next: bigint): boolean {
  return snapshot === next - 1n || follows(snapshot, next);
}

/** A path as a map's key: its bytes, so that no two paths are one. */
export function keyAt(view: DataView, start: number, length: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, length).toString("latin1");
}
