import { type Finding, finding } from "../../findings/finding.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { type Message, say, tag } from "../../text/message.js";
import type { Folder } from "./folder.js";

/**
 * What zkrewind wrote beside a version-2 folder when it made the files in it, where not all is in them that they were made
 * of. The files themselves are sound and cannot show it. A snapshot that is no longer there, as servers make new ones, was
 * replaced by what they hold since.
 */
export function madeInexactly(version: Folder): Finding[] {
  const [server, ensemble] = [version.above(), version.above().above().above()];
  return [
    ...fromManifest(version, server, "version-2/"),
    // Of an ensemble: beside the folders of the servers.
    ...fromManifest(version, ensemble, `${version.above().above().name}/${version.above().name}/version-2/`),
    ...fromAccount(server),
  ];
}

/** `prefix`: what the names of the version-2 folder's files begin with there. */
function fromManifest(version: Folder, folder: Folder, prefix: string): Finding[] {
  const said = documentIn(folder, MANIFEST, "manifest");
  const { at, files } = said ?? {};
  if (!isRecord(at) || at["exact"] !== false || !Array.isArray(files)) return [];
  const names = files.flatMap((file) => (isRecord(file) && typeof file["path"] === "string" ? [file["path"]] : []));
  const own = names.filter((path) => path.startsWith(`${prefix}snapshot.`)).map((path) => path.slice(prefix.length));
  return own
    .filter((name) => version.has(name))
    .map((name) => {
      const message = say`${tag.file(name)} was made by restore of a state that is not exact: ${see(MANIFEST)}`;
      return finding("folder.inexact", message, { file: version.idOf(name) });
    });
}

function fromAccount(folder: Folder): Finding[] {
  if (documentIn(folder, ACCOUNT, "salvage")?.["whole"] !== false) return [];
  const message = say`salvage made these files, and not all that was there is in them: ${see(ACCOUNT)}`;
  return [finding("folder.inexact", message)];
}

function see(name: typeof MANIFEST | typeof ACCOUNT): Message {
  return say`${name} says what is in doubt or lost`;
}

/** A document that zkrewind wrote; null where there is none, or where it is something else. */
function documentIn(folder: Folder, name: string, type: "manifest" | "salvage"): Record<string, unknown> | null {
  try {
    const stored = folder.bytesOf(name);
    if (stored.size > MOST_BYTES) return null;
    const value: unknown = JSON.parse(stored.readAt(0, stored.size).toString("utf8"));
    return isRecord(value) && value["type"] === type ? value : null;
  } catch (error) {
    if (error instanceof UnreadableFile || error instanceof SyntaxError) return null;
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The manifest that `restore` writes. */
export const MANIFEST = "zkrewind-manifest.json";
/** The account that `salvage` writes. */
export const ACCOUNT = "salvage.json";
/** An account of very many losses is longer; it is for people. */
const MOST_BYTES = 16 << 20;
