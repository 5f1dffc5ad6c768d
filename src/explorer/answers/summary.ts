import { documentHead } from "../../export/shapes/document.js";
import { backupsShape } from "../../export/shapes/backup.js";
import { comparisonShape } from "../../export/shapes/comparison.js";
import { infoShape, verifyShape } from "../../export/shapes/verification.js";
import { ZkRewindError } from "../../findings/finding.js";
import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { say } from "../../text/message.js";
import { SCHEMA } from "../../text/schema.js";
import { type Asked, sourceOf } from "./answer.js";

/** What is there, and how far reading it has come. */
export function summary({ source }: Asked): object {
  const { opened, index, verification, comparison, verifying, failure } = source;
  const { snapshots, logs } = opened.directory;
  const file = ({ name, size, zxid }: (typeof logs)[number]): object => ({
    file: name,
    size,
    zxid: zxid === null ? null : hex(zxid),
  });
  const moment = (each: { zxid: bigint; time: number } | null): object | null =>
    each && { zxid: hex(each.zxid), time: isoTime(each.time) };
  return {
    type: "summary",
    schema: SCHEMA,
    source: opened.sources,
    snapshots: snapshots.map(file),
    logs: logs.map(file),
    sources: opened.servers.map(({ sources }) => sources[0] ?? ""),
    transactions: { count: index.chunks.count, first: moment(index.first), last: moment(index.last) },
    indexing: { done: index.done, total: index.total, isWhole: index.isWhole },
    verifying: { ...verifying, isWhole: verification !== null },
    hasCopies: opened.copies !== undefined,
    comparing: opened.servers.length < 2 ? null : { isWhole: comparison !== null },
    failure: failure && failure.message,
  };
}

/** As `info` has it, with what `verify` adds. */
export function verdict(asked: Asked): object {
  const { verification, opened } = asked.source;
  if (!verification) throw notYet();
  const { sound, transactions, applied, digestsMatched } = verifyShape(verification, true) as Record<string, unknown>;
  const whole = infoShape(verification, opened.directory.epochs);
  return documentHead("info", { ...sourceOf(asked), sound, transactions, applied, digestsMatched, ...whole });
}

/** As `compare` has it. */
export function ensemble(asked: Asked): object {
  const { comparison, opened } = asked.source;
  if (opened.servers.length < 2)
    throw new ZkRewindError(say`one server is looked at`, {
      exitCode: 1,
      hint: say`--node DIR names further servers of the ensemble.`,
    });
  if (!comparison) throw notYet();
  return documentHead("compare", { ...sourceOf(asked), ...comparisonShape(comparison) });
}

/** As `backup list` has it. */
export async function backups({ source }: Asked): Promise<object> {
  const { copies } = source.opened;
  if (!copies) throw new ZkRewindError(say`no backup repository is looked at`, { exitCode: 1 });
  return documentHead("backups", backupsShape(await copies(), []));
}

function notYet(): ZkRewindError {
  return new ZkRewindError(say`the files are still being read`, { exitCode: 4 });
}
