import { createHash } from "node:crypto";
import { ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";
import { type LinkName, parseLinkName } from "../names.js";
import { opened, type PublicKey } from "../sign/index.js";
import { type ObjectInfo, type ObjectStore, upTo } from "../store/store.js";
import { decodeLink } from "./decode.js";
import { applied, emptyLine, type Line } from "./line.js";
import { type Link, MOST_DOCUMENT } from "./link.js";

/** A link as it is stored. */
export interface ReadLink {
  name: string;
  sha256: string;
  bytes: Uint8Array;
  link: Link;
}

/** What the links of a repository say. */
export interface Catalogue {
  /** The end of each chain, the deepest of a server first, and the line that it tells. */
  heads: Head[];
  /** Those that were read, in order of depth: from each server's newest whole one on. */
  links: ReadLink[];
  /** Links that are damaged, forged, or lead nowhere: none of them is believed. */
  problems: Message[];
  /** Links behind the end of each chain that are there, and are not believed: something came after it. */
  later: string[];
}

export interface Head {
  link: ReadLink;
  line: Line;
}

/**
 * Reads a repository's links. `pinned`: the keys that must have signed them, if any.
 * Throws ZkRewindError 3 where the store cannot be read, or a link is of a newer format.
 */
export async function readCatalogue(
  store: ObjectStore,
  pinned: ReadonlySet<PublicKey> = new Set(),
  signal?: AbortSignal,
): Promise<Catalogue> {
  const byServer = new Map<string, ListedLink[]>();
  for await (const info of store.list("writers/", signal)) {
    const parsed = parseLinkName(info.name);
    if (!parsed) continue;
    const names = byServer.get(parsed.server) ?? [];
    names.push({ ...parsed, size: info.size });
    byServer.set(parsed.server, names);
  }
  const catalogue: Catalogue = { heads: [], links: [], problems: [], later: [] };
  const reading: Reading = { store, pinned, problems: catalogue.problems, left: MOST_LINKS, signal };
  for (const names of byServer.values()) {
    const links = await readNewest(names, reading);
    catalogue.links.push(...links);
    catalogue.heads.push(...headsOf(links, catalogue.problems));
    const deepest = links.at(-1)?.link.depth ?? -1;
    catalogue.later.push(...names.filter(({ depth }) => depth > deepest).map(({ name }) => name));
  }
  return catalogue;
}

interface ListedLink extends LinkName {
  size: ObjectInfo["size"];
}

/** What reading a repository's links needs, and how many bytes of them it may still take. */
interface Reading {
  store: ObjectStore;
  pinned: ReadonlySet<PublicKey>;
  problems: Message[];
  left: number;
  signal: AbortSignal | undefined;
}

/** From the newest whole link on that is valid; all of them, where none is. */
async function readNewest(names: ListedLink[], reading: Reading): Promise<ReadLink[]> {
  names.sort((a, b) => a.depth - b.depth || (a.name < b.name ? -1 : 1));
  const read = new Map<string, ReadLink | null>();
  const starts = [...new Set(names.filter(({ whole }) => whole).map(({ depth }) => depth)), 0].sort((a, b) => b - a);
  for (const start of starts) {
    const wanted = names.filter(({ depth, name }) => depth >= start && !read.has(name));
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const some = wanted.slice(at, at + AT_ONCE);
      const links = await Promise.all(some.map((each) => readLink(each, reading)));
      for (const [index, { name }] of some.entries()) read.set(name, links[index] ?? null);
    }
    const links = [...read.values()].filter((each) => each !== null);
    if (links.some(({ link }) => link.whole && link.depth === start))
      return links.sort((a, b) => a.link.depth - b.link.depth || (a.name < b.name ? -1 : 1));
  }
  return [...read.values()]
    .filter((each) => each !== null)
    .sort((a, b) => a.link.depth - b.link.depth || (a.name < b.name ? -1 : 1));
}

async function readLink({ name, size }: ListedLink, reading: Reading): Promise<ReadLink | null> {
  const { store, pinned, problems, signal } = reading;
  if (size > MOST_DOCUMENT) {
    problems.push(say`${tag.file(name)} is longer than any link`);
    return null;
  }
  reading.left -= size;
  if (reading.left < 0)
    throw new ZkRewindError(
      say`${tag.file(store.location)} has links of more than ${MOST_LINKS >> 20} MiB: no writer makes so many`,
      { exitCode: 3 },
    );
  const bytes = await store.get(name, upTo(size), signal);
  if (!bytes) return null;
  try {
    if (bytes.length > size)
      throw new ZkRewindError(say`${tag.file(name)} is longer than the store lists it`, { exitCode: 1 });
    return openLink(name, bytes, pinned);
  } catch (error) {
    if (!(error instanceof ZkRewindError) || error.exitCode === 3) throw error;
    problems.push(error.said.message);
    return null;
  }
}

/** Throws ZkRewindError 1 where a link is not what the format says or not signed as it must be, 3 where it is of a newer format. */
export function openLink(name: string, bytes: Uint8Array, pinned: ReadonlySet<PublicKey>): ReadLink {
  const { document } = opened(name, bytes, pinned);
  return { name, sha256: createHash("sha256").update(bytes).digest("hex"), bytes, link: decodeLink(name, document) };
}

/** The ends of chains, with the lines that they tell. `links`: of one server, in order of depth. */
export function headsOf(links: readonly ReadLink[], problems: Message[]): Head[] {
  const lines = new Map<string, { sha256: string; line: Line }>();
  const continued = new Set<string>();
  for (const { name, sha256, link } of links) {
    const { previous, whole } = link;
    const before = previous === null ? undefined : lines.get(previous.name);
    if (before && previous && before.sha256 !== previous.sha256)
      problems.push(say`${tag.file(previous.name)} is not the link that ${tag.file(name)} continues: it was replaced`);
    if (previous && !before && !whole)
      problems.push(say`${tag.file(previous.name)}, which ${tag.file(name)} continues, is missing or damaged`);
    if (previous) continued.add(previous.name);
    lines.set(name, { sha256, line: applied(before?.line ?? emptyLine(link.server), link) });
  }
  return links
    .filter(({ name }) => !continued.has(name))
    .toReversed()
    .map((link) => ({ link, line: (lines.get(link.name) as { line: Line }).line }));
}

/** As many requests at once. */
const AT_ONCE = 16;
/** Bytes of links that are read of a repository: all of them are in memory at once. */
const MOST_LINKS = 256 << 20;
