import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ZkRewindError } from "../../findings/finding.js";
import { discover, type DiscoverOptions } from "../../recovery/directory/discover.js";
import { EmptyFolder } from "../../recovery/directory/refusals.js";
import { ownIds } from "../../recovery/directory/own-id.js";
import { type Message, say, tag } from "../../text/message.js";
import { COMPACTION, isServerName } from "../names.js";
import { configIn } from "./local-files.js";

/** The folders of one server, as they are backed up. */
export interface ServerSource {
  /** The server's name in the repository. */
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
  const all = directory.places.map(({ path }) => path);
  const folders = directory.places.filter(({ name }) => name === "version-2").map(({ path }) => path);
  const [dataFolder] = folders;
  // Where a server may make one yet: that of the logs can be gone alone.
  const coming = directory.places.filter(({ name }) => name !== "version-2").map(({ path }) => join(path, "version-2"));
  if (dataFolder === undefined || directory.listing === undefined || directory.folders.length === 0)
    throw new ZkRewindError(say`${tag.file(source)} is not a server's data directory`, {
      exitCode: 2,
      hint: say`Name the folder that holds version-2, or the server's zoo.cfg.`,
    });
  const id = ownIds(directory)
    .map(({ text }) => text?.trim())
    .find((text) => text !== undefined && /^\d{1,3}$/.test(text));
  const server = serverName ?? (id === undefined ? STANDALONE : String(Number(id)));
  if (server === COMPACTION)
    throw new ZkRewindError(say`no server can be called ${tag.given(server)}: backup compact is`, { exitCode: 2 });
  if (!isServerName(server))
    throw new ZkRewindError(say`${tag.given(server)} is not a server's name: letters, digits, dots, dashes`, {
      exitCode: 2,
    });
  return {
    server,
    dataFolder,
    logFolders: [...new Set([...folders, ...coming.filter((path) => !all.includes(path))])],
    config: config ?? (/\.(cfg|conf|properties)$/.test(source) ? resolve(source) : configIn(dataFolder)),
  };
}

/**
 * The same of a server that has not started yet, or is being set up anew: waits until its version-2 is there. `onWait` is
 * told why, once. Null where the signal comes first.
 */
export async function awaitedSource(
  source: string,
  options: ServerSourceOptions,
  { signal, onWait }: { signal: AbortSignal; onWait: (why: Message) => void },
): Promise<ServerSource | null> {
  for (let waits = false; !signal.aborted; waits = true) {
    try {
      return serverSource(source, options);
    } catch (error) {
      if (!(error instanceof EmptyFolder)) throw error;
      if (!waits) onWait(error.said.message);
    }
    await sleep(LOOK_AGAIN, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

/** Milliseconds. */
const LOOK_AGAIN = 500;
