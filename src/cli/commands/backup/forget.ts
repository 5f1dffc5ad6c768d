import type { Command } from "commander";
import { say, tag } from "../../../text/message.js";
import { context } from "../../context/context.js";
import { note } from "../../output/report.js";

export const name = "forget";
export const summary = "forget what repositories showed before, and trust what they show now";
export const examples = [["zkrewind backup forget backups", "after it was set back on purpose"]] as const;

export function define(command: Command): void {
  command
    .argument("<repo...>", "repositories: folders or s3://bucket/prefix, as they were named when they were read")
    .action(forget);
}

async function forget(locations: string[]): Promise<void> {
  const { Memory, memoryFolder } = await import("../../../repository/memory/memory.js");
  const memory = new Memory(memoryFolder(context().env));
  for (const location of new Set(locations))
    note(
      memory.forget(location) > 0
        ? say`${tag.file(location)} is forgotten: the next run trusts what it shows`
        : say`nothing is remembered of ${tag.file(location)}`,
    );
}
