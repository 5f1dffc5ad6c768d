import { type Command, Option } from "commander";
import type { ServerOptions } from "../../recovery/index.js";
import { wholeNumber } from "./options.js";

/** Which server a command speaks of: its release, its place and its settings. */
export interface ServerCommandOptions {
  release?: string;
  mode?: (typeof MODES)[number];
  ensemble?: true;
  juteMaxbuffer?: number;
}

const MODES = ["standalone", "ensemble"] as const;

export function addServer(command: Command): Command {
  return command
    .option("--release <release>", "judge for a server of this release (default: the newest, naming those that differ)")
    .addOption(
      new Option(
        "--mode <mode>",
        "judge for a standalone server, or for a member of an ensemble, for short --ensemble (default: as the epoch files show)",
      ).choices(MODES),
    )
    .addOption(new Option("--ensemble", "short for --mode ensemble").conflicts("mode").hideHelp())
    .option(
      "--jute-maxbuffer <bytes>",
      "the server's jute.maxbuffer, if it is not the default of 1048575",
      wholeNumber,
    );
}

export function serverOptions({ release, ensemble, mode, juteMaxbuffer }: ServerCommandOptions): ServerOptions {
  return {
    ...(release === undefined ? {} : { release }),
    ...(ensemble ? { mode: "ensemble" as const } : mode === undefined ? {} : { mode }),
    ...(juteMaxbuffer === undefined ? {} : { juteMaxbuffer }),
  };
}
