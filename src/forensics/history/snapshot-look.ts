import { type StoredFile, type FuzzyWindow, fuzzyWindow } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import type { SnapshotSession } from "../../storage/snapshot-lists.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { STAT } from "../../tree/index.js";
import { fromHalves } from "../../storage/zxid.js";
import type { PathScope } from "./path-scope.js";
import { ZnodeStates } from "./znode-states.js";

/** What one snapshot shows of the znodes that are asked for. */
export interface SnapshotLook {
  name: string;
  window: FuzzyWindow;
  znodes: ZnodeStates;
  sessions: Iterable<SnapshotSession>;
}

/** Reads some of a snapshot's znodes, in one pass; null, with findings, where it is damaged. */
export async function lookInto(
  snapshot: StoredFile,
  scope: PathScope,
  nextSnapshot: bigint | null,
  onFinding: (finding: Finding) => void,
): Promise<SnapshotLook | null> {
  const reader = new SnapshotReader(snapshot.open());
  const znodes = new ZnodeStates(scope.isWhole ? Math.ceil(snapshot.size / TYPICAL_RECORD) : 0);
  let newestHigh = 0;
  let newestLow = 0;
  try {
    if (await reader.readHead()) {
      for (const { id, acl } of reader.acls) znodes.adoptAcl(id, acl);
      while (await reader.fill()) {
        while (reader.next()) {
          const { view } = reader.window.block;
          for (const field of [STAT.czxid, STAT.mzxid, STAT.pzxid]) {
            const at = reader.aclAt + 8 + field;
            const high = view.getInt32(at);
            const low = view.getUint32(at + 4);
            if (high > newestHigh || (high === newestHigh && low > newestLow)) {
              newestHigh = high;
              newestLow = low;
            }
          }
          if (scope.has(view, reader.pathStart, reader.pathLength)) znodes.adopt(reader);
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

/** For a first guess at how many znodes a file holds. */
const TYPICAL_RECORD = 192;
