import { FIRST_STORED } from "../../io/compressed/first-inside.js";
import { type FileBytes, fileBytes } from "../../io/file-bytes.js";
import { statusOf } from "../../io/regular-file.js";
import type { StoredBytes } from "../../io/stored-bytes.js";
import type { KeptTree } from "../../io/file-tree.js";
import { contentKindOf } from "./content.js";

/** How standard input is named. */
export const STDIN = "-";

/** What was named as a source: a path of this machine, or what was made of something else. */
export type Given = string | GivenFile | GivenArchive;

/** A single snapshot or log. */
export interface GivenFile {
  /** As messages name it. */
  id: string;
  /** The zxid in it counts. */
  name: string;
  bytes: StoredBytes;
}

/** A source that is in an archive. */
export interface GivenArchive {
  /** As messages name it. */
  id: string;
  tree: KeptTree;
  /** What in it is the source. */
  path: string;
}

/** An archive, and what in it is named, where `backup.tar:zk1/version-2` names that and is no file itself; else null. */
export function inArchive(source: string): { archive: FileBytes; content: "tar" | "tar.gz"; path: string } | null {
  if (!source.includes(":") || statusOf(source) !== null) return null;
  for (let colon = source.indexOf(":"); colon > 0; colon = source.indexOf(":", colon + 1)) {
    const archive = source.slice(0, colon);
    if (statusOf(archive) === null) continue;
    const bytes = fileBytes(archive);
    const content = contentKindOf(bytes.readAt(0, FIRST_STORED));
    if (content === "tar" || content === "tar.gz")
      return { archive: bytes, content, path: `/${source.slice(colon + 1)}` };
  }
  return null;
}
