import type { Command } from "commander";
import { tag, say } from "../../../text/message.js";
import { note } from "../../output/report.js";

export const name = "init";
export const summary = "make a folder, or an S3 prefix, a repository";
export const examples = [["zkrewind backup init /mnt/other/zk", "a folder; s3://bucket/prefix goes as well"]] as const;

export function define(command: Command): void {
  command.argument("<repo>", "a new or empty folder, or s3://bucket/prefix").action(init);
}

async function init(location: string): Promise<void> {
  const { initRepository } = await import("../../../repository/repository.js");
  const { openStore } = await import("../../../repository/store/open.js");
  const { format } = await initRepository(openStore(location));
  note(say`${tag.file(location)} is a backup repository now, of format ${format}`);
}
