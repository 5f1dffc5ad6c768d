import type { Command } from "commander";
import type { ServerOptions } from "../../recovery/index.js";
import { wholeNumber } from "./options.js";

/** Which server a command speaks of: its release, its place and its settings. */
export interface ServerCommandOptions {
  release?: string;
  ensemble?: boolean;
  juteMaxbuffer?: number;
}

export function addServer(command: Command): Command {
  return command
    .option("--release <release>", "what a server of this release would do; else the newest, and which others differ")
    .option("--ensemble", "a member of an ensemble; else what the epoch files show")
    .option("--no-ensemble", "a server that stands alone")
    .option(
      "--jute-maxbuffer <bytes>",
      "the server's jute.maxbuffer, if it is not the default of 1048575",
      wholeNumber,
    );
}

export function serverOptions({ release, ensemble, juteMaxbuffer }: ServerCommandOptions): ServerOptions {
  return {
    ...(release === undefined ? {} : { release }),
    ...(ensemble === undefined ? {} : { ensemble }),
    ...(juteMaxbuffer === undefined ? {} : { juteMaxbuffer }),
  };
}
