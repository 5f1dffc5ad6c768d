import { say } from "../../../text/message.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";

/**
 * Snapshots whose digest belongs to the zxid that the line names. A snapshot that was taken while transactions went on
 * can have znodes that are one ahead of its digest: servers then report once, after they have loaded it, that the two do
 * not match.
 */
export async function snapshotDigest({ verification, explanation: { zxid } }: LookContext): Promise<Sight[]> {
  if (zxid === null) return [];
  return verification.snapshots
    .filter(({ trailers }) => trailers?.digest?.zxid === zxid)
    .map(({ path }) => ({
      severity: "note",
      file: path,
      zxid,
      message: say`this snapshot's digest is of that zxid: a server that loads a snapshot taken while transactions went on reports this once, without harm, if all later digests match`,
    }));
}
