import type { Command } from "commander";
import type { Recipients } from "../../../repository/crypt/index.js";
import type { PublicKey, Signer } from "../../../repository/sign/index.js";
import { collect } from "../../options/options.js";

/** What a host that backs up has: nothing of it reads what is encrypted. */
export interface WriterKeyOptions {
  recipientsFile?: string;
  signingKey?: string;
}

export interface TrustOptions {
  trust?: string[];
}

export function addWriterKeys(command: Command): Command {
  return command
    .option("--recipients-file <file>", "encrypt to these public keys (age1…, one a line)")
    .option("--signing-key <file>", "sign with this ed25519 key");
}

export function addTrust(command: Command): Command {
  return command.option(
    "--trust <key>",
    "trust only what this key signed: ed25519:…, or a file of such keys; may be repeated",
    collect,
  );
}

export async function writerKeys({ recipientsFile, signingKey }: WriterKeyOptions): Promise<{
  recipients: Recipients | null;
  signer: Signer | null;
}> {
  const { recipientsFile: read } = await import("../../../repository/crypt/index.js");
  const { signerOf } = await import("../../../repository/sign/index.js");
  return {
    recipients: recipientsFile === undefined ? null : await read(recipientsFile),
    signer: signingKey === undefined ? null : signerOf(signingKey),
  };
}

export async function trustedKeys({ trust = [] }: TrustOptions): Promise<ReadonlySet<PublicKey>> {
  const { publicKeysOf } = await import("../../../repository/sign/index.js");
  return publicKeysOf(trust);
}
