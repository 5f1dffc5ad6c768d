import type { Command } from "commander";
import { Option } from "commander";
import { ZkRewindError } from "../../findings/finding.js";
import { lastDeletion } from "../../forensics/history/deletion.js";
import { type DataDirectory, isoTime, type PointRequest, resolveBound } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { counted } from "../../text/safe.js";
import { note } from "../output/report.js";
import { parsePath } from "../source.js";
import { splitPoint } from "./split.js";

export interface BeforeDeleteOptions {
  beforeDelete?: string;
  tz?: string;
}

export function addBeforeDelete(command: Command): Command {
  const option = new Option(
    "--before-delete <path>",
    "the tree just before this znode and all below it were last deleted",
  );
  return command.addOption(option.conflicts(["at", "before"]));
}

/**
 * The point just before a znode was deleted: the last time, or with PATH@POINT the last time up to that point. Where a
 * client deleted what was below it first, the point is before that too.
 *
 * Throws ZkRewindError 4 where the logs show no such deletion.
 */
export async function beforeDeletion(
  directory: DataDirectory,
  text: string,
  zone: string | undefined,
): Promise<PointRequest> {
  const { path: written, point } = splitPoint(text, zone);
  const path = parsePath(written);
  const upTo = point === null ? null : await resolveBound(directory, { point, inclusive: true });
  const deletion = await lastDeletion(directory, path, upTo);
  if (!deletion)
    throw new ZkRewindError(
      say`no log shows that ${tag.path(path)} was deleted${upTo === null ? "" : say` up to ${hex(upTo)}`}`,
      {
        exitCode: 4,
        hint: say`zkrewind history SOURCE ${tag.path(path)} shows what is known of it.`,
      },
    );
  const { zxid, begin, below, time, session } = deletion;
  const more =
    below === 0
      ? ""
      : say`; the session had deleted ${counted(below, "znode")} below it from ${hex(begin)} on, and the point is before that`;
  note(say`${tag.path(path)} was deleted by ${hex(zxid)} (${isoTime(time)}, session ${hex(session)})${more}`);
  return { point: { kind: "zxid", zxid: begin, text: hex(begin) }, inclusive: false };
}
