import { type Command, InvalidArgumentError } from "commander";
import type { CompactReport } from "../../../repository/compact/compact.js";
import { compactedShape } from "../../../export/shapes/backup-upkeep.js";
import { hex } from "../../../storage/zxid.js";
import { type Message, say, tag } from "../../../text/message.js";
import { addOutput, collect, type OutputOptions } from "../../options/options.js";
import { documentLine } from "../../output/document.js";
import { LineWriter, withOutput } from "../../output/output.js";
import { counted, grouped, shown } from "../../output/text.js";
import { raiseExitCode } from "../../output/verdict.js";
import { addTrust, addWriterKeys, trustedKeys, type TrustOptions, type WriterKeyOptions, writerKeys } from "./keys.js";

export const name = "compact";
export const summary = "merge small segments, and make bases that bound what a recovery replays";
export const examples = [
  ["zkrewind backup compact backups --max-replay 100000", "a base at least every 100,000 transactions"],
] as const;

interface CompactCommandOptions extends WriterKeyOptions, TrustOptions, OutputOptions {
  maxReplay: number;
  identity?: string[];
  scratch?: string;
}

export function define(command: Command): void {
  command
    .argument("<repo>", "a folder, or s3://bucket/prefix")
    .option("--max-replay <n>", "have a base at least every n transactions", replayable, DEFAULT_REPLAY)
    .option("--identity <file>", "of an encrypted backup, the secret key (age); may be repeated", collect)
    .option("--scratch <dir>", "where trees are built: a folder with room for one, and for the files it is built from");
  addWriterKeys(command);
  addTrust(command);
  addOutput(command, ["text", "json"]).action(run);
}

async function run(location: string, options: CompactCommandOptions): Promise<void> {
  const { compact } = await import("../../../repository/compact/compact.js");
  const { identitiesOf } = await import("../../../repository/crypt/index.js");
  const { openStore } = await import("../../../repository/store/open.js");
  const { identity = [], maxReplay, scratch } = options;
  const report = await compact(openStore(location), {
    identities: identity.length === 0 ? null : await identitiesOf(identity),
    ...(await writerKeys(options)),
    pinned: await trustedKeys(options),
    maxReplay,
    scratch,
  });
  await withOutput(options.output, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json")
      lines.add(documentLine("backup-compact", compactedShape(location, maxReplay, report)));
    else for (const message of told(report)) lines.add(shown(message));
    await lines.flush();
  });
  if (report.damaged.length > 0) raiseExitCode(1);
}

function told({ merged, bases, unproven, damaged }: CompactReport): Message[] {
  const messages: Message[] = [];
  const pieces = merged.reduce((sum, each) => sum + each.pieces, 0);
  if (merged.length > 0) messages.push(say`${counted(pieces, "segment")} merged into ${merged.length}`);
  for (const { zxid, znodes, digest, bytes } of bases)
    messages.push(
      say`base at ${hex(zxid)}: ${grouped(znodes)} znodes, digest ${digest}, proven; ${counted(bytes, "byte")}`,
    );
  for (const { zxid, why } of unproven) messages.push(say`no base at ${hex(zxid)}: ${why}`);
  for (const { name: object, why } of damaged) messages.push(say`left as it is: ${tag.file(object)}: ${why}`);
  if (messages.length === 0) messages.push(say`there was nothing to do`);
  else if (merged.length + bases.length > 0)
    messages.push(say`Nothing was deleted: zkrewind backup prune deletes what is not needed any more.`);
  return messages;
}

function replayable(text: string): number {
  const value = Number(text);
  if (!/^\d{1,12}$/.test(text) || value < SLOT)
    throw new InvalidArgumentError(`It is a number of transactions, ${SLOT} or more.`);
  return value;
}

/** A base is at the end of a slot: docs/backup-format.md. */
const SLOT = 4096;
/** A second or two of replaying. */
const DEFAULT_REPLAY = 1 << 20;
