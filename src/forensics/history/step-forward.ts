import { type DataDirectory, parsePoint, rebuild, replay, type State, type StoredFile } from "../../recovery/index.js";
import { logsAfter } from "../../recovery/replay/logs-after.js";
import { ZkRewindError } from "../../findings/finding.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import { refreshQuotas } from "../../tree/index.js";
import { readTxn, type Txn } from "../../txn/index.js";
import { readTimeline } from "./timeline.js";
import { say } from "../../text/message.js";

export interface ForwardStep {
  txn: Txn;
  state: State;
}

/**
 * The state one transaction later; null where the logs end. An exact state's own tree takes the transaction, so that
 * `state` is not to be used any more.
 *
 * Throws ZkRewindError 4, with the state as it was, where the next transaction is missing or damaged.
 */
export async function stepForward(directory: DataDirectory, state: State): Promise<ForwardStep | null> {
  const txn = await nextTxn(directory, state.zxid);
  if (!txn) return null;
  if (!state.exact) {
    const request = { point: parsePoint(hex(txn.zxid)), inclusive: true };
    return { txn, state: await rebuild(directory, request, { inexact: true }) };
  }
  return { txn, state: await advance(directory.logs, state, txn.zxid) };
}

/**
 * An exact state as of a later transaction of the logs; its own tree takes what is between, so that `state` is not to be
 * used any more.
 *
 * Throws ZkRewindError 4 where one of them is missing or damaged: what the tree has then is not said.
 */
export async function advance(logs: readonly StoredFile[], state: State, to: bigint): Promise<State> {
  const { tree, zxid: from } = state;
  const { stop, ...result } = await replay(tree, logs, { from, to, exactFrom: from });
  if (result.last !== to) {
    const why = stop.kind === "damage" ? stop.finding.message : say`next comes ${hex(to)}`;
    throw new ZkRewindError(say`the transaction after ${hex(result.last)} is missing or damaged: ${why}`, {
      exitCode: 4,
      hint: say`"at 0x…" goes to a point after it, if there is a later snapshot.`,
      findings: result.findings,
    });
  }
  refreshQuotas(tree);
  const { digestHigh, digestLow } = tree.znodes;
  const value = BigInt.asUintN(64, fromHalves(digestHigh, digestLow));
  return {
    ...state,
    zxid: result.last,
    time: result.lastTime,
    exact: result.consistent,
    doubt: result.consistent
      ? null
      : say`the replay does not match: ${result.findings[0]?.message ?? "a digest differs"}`,
    digest: { version: 2, value, verified: result.verified },
    findings: result.findings,
  };
}

async function nextTxn({ logs }: DataDirectory, zxid: bigint): Promise<Txn | undefined> {
  let found: Txn | undefined;
  await readTimeline(
    logsAfter(logs, zxid),
    { from: zxid + 1n, to: null },
    {
      begin() {},
      take(cursor) {
        found ??= readTxn(cursor);
      },
      isDone: () => found !== undefined,
    },
  );
  return found;
}
