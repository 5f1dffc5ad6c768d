import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { discover } from "../directory/discover.js";
import type { PointRequest } from "../point/point.js";
import { rebuild } from "../rebuild.js";
import type { Release } from "../servers/releases.js";
import type { Start, Startable } from "../servers/startable.js";
import { verify } from "../verify.js";
import { type KeptHistory, WITHOUT } from "./history.js";

/**
 * Reads a new data directory with its logs as any other: it must be sound, lead to the state that it was made of, and
 * bring servers up at `zxid`. `release`: theirs; null where it is not said. Returns what whoever starts them must know.
 *
 * Throws ZkRewindError: 3 where it does not read back; 2 where servers of the release would not come to it.
 */
export async function readHistoryBack(
  directory: string,
  history: KeptHistory,
  zxid: bigint,
  release: Release | null,
): Promise<Message[]> {
  const found = discover([directory]);
  const { findings, startable } = await verify(found, release ? { server: { release: release.name } } : {});
  const problem = findings.find(({ severity, code }) => severity === "error" && code !== "server.start");
  if (problem)
    throw new ZkRewindError(say`what was written does not read back: ${problem.message}`, {
      exitCode: 3,
      findings,
      hint: WITHOUT,
    });
  const told = aboutServers(startable, zxid, release);
  await leadsToPoint(found, history);
  return told;
}

function aboutServers(startable: Startable, zxid: bigint, release: Release | null): Message[] {
  const comesTo = (start: Start): boolean => start.zxid === zxid && start.lost.length === 0;
  if (comesTo(startable)) return [];
  const others = release ? [] : startable.others.filter(comesTo).flatMap(({ releases }) => releases);
  const why = joined(startable.reasons, "; ");
  const what = say`a server of ${tag.system(startable.release)} does not come to ${hex(zxid)} by these logs: ${why}`;
  if (others.length > 0) return [say`${what}; one of ${tag.system(others.join(", "))} does`];
  throw new ZkRewindError(what, { exitCode: 2, hint: WITHOUT });
}

async function leadsToPoint(found: ReturnType<typeof discover>, { to, digest, sessions }: KeptHistory): Promise<void> {
  const request: PointRequest = { point: { kind: "zxid", zxid: to, text: hex(to) }, inclusive: true };
  // A snapshot alone need not say when it ended: its content tells.
  const state = await rebuild(found, request, { inexact: found.logs.length === 0 });
  const own = state.tree.sessions.sorted().map(([id]) => id);
  const sameSessions = own.length === sessions.length && own.every((id, at) => id === sessions[at]);
  if (state.digest.value === digest && sameSessions) return;
  const what =
    state.digest.value === digest
      ? say`other sessions are open at ${hex(to)}`
      : say`the tree at ${hex(to)} has the digest ${state.digest.value}, not ${digest}`;
  throw new ZkRewindError(say`what was written does not read back: ${what}`, { exitCode: 3, hint: WITHOUT });
}
