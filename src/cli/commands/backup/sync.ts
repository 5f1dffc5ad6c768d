import type { Command } from "commander";
import type { Copy, SyncReport } from "../../../repository/sync/sync.js";
import { joined, say, tag, type Message } from "../../../text/message.js";
import { syncedShape } from "../../../export/shapes/backup-upkeep.js";
import { addOutput, type OutputOptions } from "../../options/options.js";
import { documentLine } from "../../output/document.js";
import { LineWriter, withOutput } from "../../output/output.js";
import { counted, shown } from "../../output/text.js";
import { raiseExitCode } from "../../output/verdict.js";
import { addTrust, trustedKeys, type TrustOptions } from "./keys.js";

export const name = "sync";
export const summary = "make repositories equal, and repair each from the others";
export const examples = [
  ["zkrewind backup sync backups /mnt/other/backups --deep", "read every object, and heal what is damaged"],
] as const;

interface SyncCommandOptions extends TrustOptions, OutputOptions {
  deep?: boolean;
  verbose?: boolean;
}

export function define(command: Command): void {
  command
    .argument("<repo...>", "two repositories or more: folders, or s3://bucket/prefix")
    .option("--deep", "read every object of each, not only what is missing or differs in size")
    .option("-v, --verbose", "name each object that is copied");
  addTrust(command);
  addOutput(command, ["text", "json"]).action(sync);
}

async function sync(locations: string[], options: SyncCommandOptions): Promise<void> {
  const { syncRepositories } = await import("../../../repository/sync/sync.js");
  const { openStore } = await import("../../../repository/store/open.js");
  const pinned = await trustedKeys(options);
  const isDeep = options.deep ?? false;
  await withOutput(options.output, async (out) => {
    const lines = new LineWriter(out);
    const onCopy = (copy: Copy): void => {
      if (options.verbose === true && options.format === "text") lines.add(shown(copied(copy)));
    };
    const stores = [...new Set(locations)].map((each) => openStore(each));
    const report = await syncRepositories(stores, { pinned, deep: isDeep, onCopy });
    if (options.format === "json") lines.add(documentLine("backup-sync", syncedShape(report)));
    else for (const message of told(report, isDeep)) lines.add(shown(message));
    await lines.flush();
    if (report.lost.length > 0 || report.undecided.length > 0) raiseExitCode(1);
    if (report.failed.length > 0) raiseExitCode(3);
  });
}

function copied({ name: object, from, to, bytes, why }: Copy): Message {
  const what = why === "damaged" ? "healed" : "copied";
  return say`${what} ${tag.file(object)} (${counted(bytes, "byte")}) from ${tag.file(from)} to ${tag.file(to)}`;
}

function told({ repositories, lost, undecided, failed, examined }: SyncReport, isDeep: boolean): Message[] {
  const messages: Message[] = repositories.map(({ location, copied: count, healed, bytes }) =>
    count + healed === 0
      ? say`${tag.file(location)}: nothing was missing`
      : say`${tag.file(location)}: ${counted(count, "object")} copied, ${healed} healed, ${counted(bytes, "byte")}`,
  );
  for (const { location, why } of failed) messages.push(say`${tag.file(location)} is not level: ${why}`);
  for (const { name: object, damagedIn } of lost)
    messages.push(
      damagedIn.length === 0
        ? say`lost: ${tag.file(object)} is in none of them`
        : say`lost: ${tag.file(object)} is damaged in ${places(damagedIn)}, and no other has it`,
    );
  for (const { name: object, in: where } of undecided)
    messages.push(
      say`undecided: ${tag.file(object)} differs between ${places(where)}, and no signature tells which is right; none was copied`,
    );
  messages.push(
    isDeep
      ? say`${counted(examined, "object")} were read, and compared with what names and links say`
      : say`Only what was missing or of another size was read; --deep reads everything.`,
  );
  return messages;
}

function places(locations: readonly string[]): Message {
  return joined(
    locations.map((each) => tag.file(each)),
    ", ",
  );
}
