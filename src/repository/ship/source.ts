import { resolve } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { discover, type DiscoverOptions } from "../../recovery/directory/discover.js";
import { ownIds } from "../../recovery/directory/own-id.js";
import { say, tag } from "../../text/message.js";
import { isServerName } from "../names.js";
import { configIn } from "./local-files.js";

/** The folders of one server, as they are backed up. */
export interface ServerSource {
  /** Whose line it is. */
  server: string;
  /** The version-2 with the snapshots and the epoch files. */
  dataFolder: string;
  /** Where logs lie. */
  logFolders: string[];
  /** The server's zoo.cfg, where it is known. */
  config: string | null;
}

/** What a server without a number is called. */
export const STANDALONE = "standalone";

export interface ServerSourceOptions extends DiscoverOptions {
  serverName?: string;
  config?: string;
}

/**
 * The server whose data directory, or zoo.cfg, is named. Throws ZkRewindError 2 where that is anything else: what is backed
 * up is what a server writes to.
 */
export function serverSource(source: string, { serverName, config, ...options }: ServerSourceOptions): ServerSource {
  const directory = discover([source], options);
  const folders = directory.places.filter(({ name }) => name === "version-2").map(({ path }) => path);
  const [dataFolder] = folders;
  if (dataFolder === undefined || directory.listing === undefined || directory.folders.length === 0)
    throw new ZkRewindError(say`${tag.file(source)} is not a server's data directory`, {
      exitCode: 2,
      hint: say`Name the folder that holds version-2, or the server's zoo.cfg.`,
    });
  const id = ownIds(directory)
    .map(({ text }) => text?.trim())
    .find((text) => text !== undefined && /^\d{1,3}$/.test(text));
  const server = serverName ?? (id === undefined ? STANDALONE : String(Number(id)));
  if (!isServerName(server))
    throw new ZkRewindError(say`${tag.given(server)} is no name for a server: letters, digits, dots, dashes`, {
      exitCode: 2,
    });
  return {
    server,
    dataFolder,
    logFolders: [...new Set(folders)],
    config: config ?? (/\.(cfg|conf|properties)$/.test(source) ? resolve(source) : configIn(dataFolder)),
  };
}
