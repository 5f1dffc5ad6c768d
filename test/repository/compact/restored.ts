import { expect } from "vitest";
import { ZkRewindError } from "../../../src/findings/index.js";
import { Scratch } from "../../../src/io/scratch.js";
import { discover, type PointRequest, rebuild, type State } from "../../../src/recovery/index.js";
import { repositorySource } from "../../../src/repository/read/source.js";
import { hex } from "../../../src/storage/zxid.js";
import type { Known } from "./model-server.js";

/** What a restore of a point of repositories gives; null where it cannot be had exactly. */
export async function restored(locations: readonly string[], zxid: bigint): Promise<State | null> {
  const request: PointRequest = { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true };
  // As every command does it: what seems enough first, then all of it.
  for (const asked of [{ kind: "state", at: request } as const, undefined]) {
    const scratch = new Scratch();
    try {
      const given = await repositorySource(locations, { scratch, pinned: new Set(), identities: null, asked });
      return await rebuild(discover([given]), request);
    } catch (error) {
      if (!(error instanceof ZkRewindError) || error.exitCode !== 4) throw error;
    } finally {
      scratch.remove();
    }
  }
  return null;
}

export function expectKnown({ tree, digest }: State, known: Known, what: string): void {
  expect(digest.value, what).toBe(known.digest);
  expect(tree.znodes.size, what).toBe(known.znodes);
  expect(tree.sessions.sorted(), what).toEqual(known.sessions);
}
