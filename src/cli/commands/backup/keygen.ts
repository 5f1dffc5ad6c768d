import type { Command } from "commander";
import { say, tag } from "../../../text/message.js";
import { LineWriter, withOutput } from "../../output/output.js";
import { note } from "../../output/report.js";
import { shown } from "../../output/text.js";

export const name = "keygen";
export const summary = "make the key that a host signs its backups with";
export const examples = [
  ["zkrewind backup keygen sign.pem", "sign.pem stays on this host; sign.pem.pub is for readers"],
] as const;

export function define(command: Command): void {
  command.argument("<file>", "the new secret key; its public key goes to FILE.pub").action(keygen);
}

async function keygen(file: string): Promise<void> {
  const { makeKeys } = await import("../../../repository/sign/index.js");
  const key = makeKeys(file);
  note(say`${tag.file(file)} is the secret key, and stays on the host that backs up. Readers trust this public one:`);
  await withOutput(undefined, async (out) => {
    const lines = new LineWriter(out);
    await lines.line(shown(say`${tag.given(key)}`));
    await lines.flush();
  });
}
