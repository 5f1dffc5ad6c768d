import type { ObjectInfo, ObjectStore } from "../store/store.js";
import { parseFileObjectName, parseLinkName, parsePartName, parseSegmentName } from "../names.js";

/** What repositories have in common: all but `repository.json`, `heads/` and `prune/`, which are each one's own. */
const SHARED = ["base/", "config/", "drill/", "log/", "snapshot/", "writers/"];

/** A repository, and what it has under the names that all repositories share. */
export interface Listed {
  readonly store: ObjectStore;
  readonly objects: Map<string, ObjectInfo>;
}

export async function listed(store: ObjectStore, signal?: AbortSignal): Promise<Listed> {
  const objects = new Map<string, ObjectInfo>();
  for (const prefix of SHARED)
    for await (const info of store.list(prefix, signal)) if (isShared(info.name)) objects.set(info.name, info);
  return { store, objects };
}

/** The links' names among others, in order of depth: each after those that it can continue. */
export function linksAmong(names: Iterable<string>): string[] {
  return [...names]
    .map((name) => ({ name, link: parseLinkName(name) }))
    .filter(({ link }) => link !== null)
    .sort((a, b) => (a.link?.depth ?? 0) - (b.link?.depth ?? 0) || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** Unknown names below known prefixes are nobody's, and are not copied. */
function isShared(name: string): boolean {
  return (
    parseSegmentName(name) !== null ||
    parsePartName(name) !== null ||
    parseFileObjectName(name) !== null ||
    parseLinkName(name) !== null ||
    DRILL.test(name)
  );
}

const DRILL = /^drill\/[0-9TZ:.-]{1,40}\.[0-9a-f]{1,32}\.json$/;
