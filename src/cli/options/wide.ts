import type { Command } from "commander";
import { joined, say } from "../../text/message.js";
import type { Safe } from "../../text/safe.js";
import { terminalWidth } from "../output/output.js";
import { note } from "../output/report.js";

export interface WideOptions {
  wide?: boolean;
  output?: string;
}

/** For tables that are wider than a terminal: which columns go first, is said in the command's help. */
export function addWide(command: Command): Command {
  return command.option("--wide", "show every column in full, however narrow the terminal");
}

/** Characters that a table may take; undefined for all, which is so wherever there is no terminal. */
export function tableWidth({ wide, output }: WideOptions): number | undefined {
  return wide ? undefined : terminalWidth(output);
}

/** Says which columns a table lacks. */
export function reportLeftOut(leftOut: readonly Safe[]): void {
  if (leftOut.length > 0) note(say`no room for ${joined(leftOut, ", ")} (--wide shows all)`);
}
