import type { Command } from "commander";
import { ZkRewindError } from "../../../findings/finding.js";
import { say, tag } from "../../../text/message.js";
import { rekeyedShape } from "../../../export/shapes/backup-upkeep.js";
import { addOutput, collect, type OutputOptions } from "../../options/options.js";
import { documentLine } from "../../output/document.js";
import { LineWriter, withOutput } from "../../output/output.js";
import { note } from "../../output/report.js";
import { counted } from "../../output/text.js";
import { addTrust, addWriterKeys, trustedKeys, type TrustOptions, type WriterKeyOptions, writerKeys } from "./keys.js";

export const name = "rekey";
export const summary = "encrypt a repository to other recipients";
export const examples = [
  [
    "zkrewind backup rekey /mnt/other/backups --recipients-file recipients.txt",
    "encrypt what is there to these public keys",
  ],
] as const;

interface RekeyCommandOptions extends WriterKeyOptions, TrustOptions, OutputOptions {
  identity?: string[];
}

export function define(command: Command): void {
  command
    .argument("<repo>", "a folder, or s3://bucket/prefix")
    .option("--identity <file>", "the secret key that opens it now (age); may be repeated", collect);
  addWriterKeys(command);
  addTrust(command);
  addOutput(command, ["text", "json"]).action(run);
}

async function run(location: string, options: RekeyCommandOptions): Promise<void> {
  const { rekey } = await import("../../../repository/rekey/rekey.js");
  const { identitiesOf } = await import("../../../repository/crypt/index.js");
  const { openStore } = await import("../../../repository/store/open.js");
  const { recipients, signer } = await writerKeys(options);
  if (!recipients) throw new ZkRewindError(say`say to whom: --recipients-file FILE`, { exitCode: 2 });
  const { identity = [] } = options;
  const report = await rekey(openStore(location), {
    identities: identity.length === 0 ? null : await identitiesOf(identity),
    recipients,
    pinned: await trustedKeys(options),
    signer,
  });
  await withOutput(options.output, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json") lines.add(documentLine("backup-rekey", rekeyedShape(location, report)));
    await lines.flush();
  });
  const earlier = report.found === 0 ? say`` : say`, ${report.found} by an earlier run`;
  note(say`${tag.file(location)}: ${counted(report.encrypted, "object")} encrypted to the new recipients${earlier}`);
  note(say`The old objects are still there, for the old recipients to read: zkrewind backup prune deletes them.`);
  note(say`Copies that were made before stay readable to the old recipients, and so do versions that the store keeps.`);
}
