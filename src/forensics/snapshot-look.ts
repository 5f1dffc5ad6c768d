import { type StoredFile, type FuzzyWindow, fuzzyWindow } from "../recovery/index.js";
import { OPEN_ACL } from "../storage/acl.js";
import type { Finding } from "../storage/finding.js";
import { SnapshotReader, type SnapshotSession } from "../storage/snapshot-reader.js";
import { STAT } from "../tree/index.js";
import { fromHalves } from "../storage/zxid.js";
import type { Scope } from "./scope.js";
import { snapshotState, type ZnodeState } from "./znode-state.js";

/** What one snapshot shows of the znodes that are asked for. */
export interface SnapshotLook {
  name: string;
  window: FuzzyWindow;
  /** By the bytes of their paths (as latin1), "/" for the root. */
  znodes: Map<string, ZnodeState>;
  sessions: SnapshotSession[];
}

/** Reads some of a snapshot's znodes, in one pass; null, with findings, where it is damaged. */
export async function lookInto(
  snapshot: StoredFile,
  scope: Scope,
  nextSnapshot: bigint | null,
  onFinding: (finding: Finding) => void,
): Promise<SnapshotLook | null> {
  const reader = new SnapshotReader(snapshot.open());
  const znodes = new Map<string, ZnodeState>();
  let newestHigh = 0;
  let newestLow = 0;
  try {
    if (await reader.readHead()) {
      const acls = new Map([[-1n, OPEN_ACL], ...reader.acls.map(({ id, acl }) => [id, acl] as const)]);
      while (await reader.fill()) {
        while (reader.next()) {
          const { view, bytes } = reader.window.block;
          for (const field of [STAT.czxid, STAT.mzxid, STAT.pzxid]) {
            const at = reader.aclAt + 8 + field;
            const high = view.getInt32(at);
            const low = view.getUint32(at + 4);
            if (high > newestHigh || (high === newestHigh && low > newestLow)) {
              newestHigh = high;
              newestLow = low;
            }
          }
          const { pathStart, pathLength } = reader;
          if (!scope.has(view, pathStart, pathLength)) continue;
          const key = pathLength === 0 ? "/" : bytes.toString("latin1", pathStart, pathStart + pathLength);
          znodes.set(key, snapshotState(reader, acls));
        }
      }
    }
    if (!reader.sound) {
      for (const each of reader.findings) onFinding(each);
      return null;
    }
    const window = fuzzyWindow(snapshot.zxid ?? 0n, {
      trailers: reader.trailers,
      newestChange: fromHalves(newestHigh, newestLow),
      nextSnapshot,
      // Where nothing else bounds it, anything in the logs may be in it.
      lastLogged: 2n ** 63n - 1n,
    });
    return { name: snapshot.name, window, znodes, sessions: reader.sessions };
  } finally {
    reader.close();
  }
}
