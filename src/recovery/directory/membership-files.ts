import { basename, dirname } from "node:path";
import { DISK } from "../../io/disk.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import type { DataDirectory } from "./data-directory.js";
import { Folder } from "./folder.js";

/**
 * What a server's own configuration says of its ensemble: the lines of its zoo.cfg and of the dynamic file, which is the
 * newest of those beside it (`zoo.cfg.dynamic.100000000`). They are looked for in the folders of the directory and beside
 * a zoo.cfg that was named. Empty where there are none.
 */
export function membershipLines(directory: DataDirectory): string[] {
  for (const folder of configFolders(directory)) {
    const names = namesIn(folder);
    const configs = names.filter((name) => /\.(?:cfg|conf|properties)$/.test(name));
    const dynamic = names.filter((name) => DYNAMIC.test(name)).sort(byVersion);
    const lines = [...configs, ...dynamic.slice(-1)].flatMap((name) => linesOf(folder, name));
    if (lines.some((line) => MEMBER.test(line))) return lines;
  }
  return [];
}

/** `server.4=HOST:PORT:PORT…`, and `peerType=observer`, which a server says of itself. */
const MEMBER = /^\s*(?:server\.\d+|peerType)\s*[=:]/;
const DYNAMIC = /\.dynamic(?:\.([0-9a-f]{1,16}))?$/i;
/** No configuration is as long. */
const MOST_BYTES = 1 << 20;

function configFolders({ sources, places }: DataDirectory): Folder[] {
  const named = sources.filter((source) => /\.(?:cfg|conf|properties)$/.test(basename(source)));
  const own = named.map((source) => new Folder(DISK, dirname(source)));
  const around = places.flatMap((place) => (place.name === "version-2" ? [place.above()] : [place]));
  const inner = around.map((folder) => folder.inner("conf"));
  return [...own, ...around, ...inner];
}

/** Empty where it cannot be read, or is not there: nothing is said then. */
function namesIn(folder: Folder): string[] {
  try {
    return folder.names();
  } catch (error) {
    if (error instanceof UnreadableFile) return [];
    throw error;
  }
}

function linesOf(folder: Folder, name: string): string[] {
  try {
    const bytes = folder.bytesOf(name);
    return bytes.size > MOST_BYTES ? [] : bytes.readAt(0, bytes.size).toString("utf8").split(/\r?\n/);
  } catch (error) {
    if (error instanceof UnreadableFile) return [];
    throw error;
  }
}

/** The version is the zxid of the reconfiguration that made the file. */
function byVersion(a: string, b: string): number {
  const [x, y] = [a, b].map((name) => BigInt(`0x${DYNAMIC.exec(name)?.[1] ?? "0"}`)) as [bigint, bigint];
  return x < y ? -1 : x > y ? 1 : 0;
}
