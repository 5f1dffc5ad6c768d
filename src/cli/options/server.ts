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
    .option("--release <release>", "judge for a server of this release (default: the newest, naming those that differ)")
    .option("--ensemble", "judge for a member of an ensemble (default: as the epoch files show)")
    .option("--no-ensemble", "judge for a standalone server")
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
