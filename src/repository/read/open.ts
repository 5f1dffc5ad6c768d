import { ZkRewindError } from "../../findings/finding.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { type Head, headsOf, readCatalogue, type ReadLink } from "../link/catalogue.js";
import { lineFromNames } from "../link/from-names.js";
import type { Line } from "../link/line.js";
import type { Memory, RolledBack, Shown } from "../memory/memory.js";
import { COMPACTION, parseLinkName } from "../names.js";
import { readPruned } from "../prune/record.js";
import { readRepository } from "../repository.js";
import type { PublicKey } from "../sign/index.js";
import { openStore } from "../store/open.js";
import type { ObjectStore } from "../store/store.js";
import { type History, historyOf, onBranch } from "./history.js";

export interface Problem {
  location: string;
  why: Message;
  /** Whether all is right as well where a backup has just begun. */
  early?: true;
}

/** Repositories that are read together. */
export interface Opened {
  /** Those that answered. */
  stores: ObjectStore[];
  history: History;
  /** Repositories that could not be read, and links that are not believed. */
  problems: Problem[];
  /** Why they could not be held against what was seen of them before. */
  unremembered: { location: string; why: Message }[];
  /** Where a chain is broken in all of them: what its earlier links told is not known. */
  broken: Message[];
  /** Links that show that there was more than is read here: none of the repositories has them sound. */
  later: { location: string; name: string }[];
  /** Repositories that show less than they did. Where another that is read has what is missing, `isCovered`. */
  rolledBack: (RolledBack & { isCovered: boolean })[];
  /** Objects that links name, and that were pruned from all of them: not lost. */
  pruned: ReadonlySet<string>;
  /** For each store, what it says alone. */
  each: OpenedOne[];
}

interface OpenedOne {
  store: ObjectStore;
  id: string;
  heads: readonly Head[];
  links: readonly ReadLink[];
  later: readonly string[];
  pruned: ReadonlySet<string>;
  rolledBack: RolledBack | null;
}

export interface OpenRepositoriesOptions {
  /** The keys that must have signed links, if any. */
  pinned: ReadonlySet<PublicKey>;
  /** Which of the branches is the line. */
  branch?: string | undefined;
  /** What repositories are held against, if anything. */
  memory?: Memory | null | undefined;
}

/**
 * Opens repositories as one: what one lacks, the others fill in.
 *
 * Throws ZkRewindError: 3 where none can be read, or one is of a newer format; 2 where there is no such branch.
 */
export async function openRepositories(
  locations: readonly string[],
  { pinned, branch, memory = null }: OpenRepositoriesOptions,
): Promise<Opened> {
  const problems: Opened["problems"] = [];
  const unremembered: Opened["unremembered"] = [];
  const each: OpenedOne[] = [];
  const fromNames: { problem: Problem; line: Line }[] = [];
  let failure: ZkRewindError | null = null;
  for (const location of locations) {
    const store = openStore(location);
    try {
      const { id } = await readRepository(store);
      let { heads, links, later, problems: own } = await readCatalogue(store, pinned);
      const hadHead = !tellHistory(heads) && (await hasAny(store, "heads/"));
      // The first link may have come in between.
      if (hadHead) ({ heads, links, later, problems: own } = await readCatalogue(store, pinned));
      problems.push(...own.map((why) => ({ location, why })));
      const pruned = await readPruned(store, pinned);
      const line = tellHistory(heads) ? null : await lineFromNames(store);
      if (line) fromNames.push({ line, problem: unlinked(location, hadHead || own.length > 0, pinned.size > 0) });
      const rolledBack = recalled(memory, { location, id, heads }, unremembered);
      each.push({ store, id, heads, links, later, pruned, rolledBack });
    } catch (error) {
      if (!(error instanceof ZkRewindError)) throw error;
      failure ??= error;
      problems.push({ location, why: error.said.message });
    }
  }
  if (each.length === 0) throw failure ?? new ZkRewindError(say`no repository is named`, { exitCode: 2 });
  const broken: Message[] = [];
  const heads = new Map(headsOfAll(each, broken).map((head) => [head.link.name, head]));
  // One that is behind has links that another has continued.
  const continued = new Set([...heads.values()].map(({ link }) => link.link.previous?.name));
  const told: Pick<Head, "line">[] = [...heads.values()].filter(({ link }) => !continued.has(link.name));
  problems.push(...fromNames.map(({ problem }) => problem));
  // A reader that pins keys believes nobody's names.
  if (!tellHistory(told) && pinned.size === 0) told.push(...fromNames);
  const pruned = each.map((one) => one.pruned);
  const inAll = new Set([...(pruned[0] ?? [])].filter((name) => pruned.every((names) => names.has(name))));
  const history = historyOf(told.map(({ line }) => ({ line: withoutSnapshots(line, inAll) })));
  const isKnown = reachedBy(heads.values());
  return {
    stores: each.map(({ store }) => store),
    history: named(history, branch),
    problems,
    unremembered,
    broken,
    later: each.flatMap(({ store: { location }, later }) =>
      later.filter((name) => !isKnown(name)).map((name) => ({ location, name })),
    ),
    rolledBack: each.flatMap(({ rolledBack }) =>
      rolledBack ? [{ ...rolledBack, isCovered: rolledBack.missing.every(isKnown) }] : [],
    ),
    pruned: inAll,
    each,
  };
}

/** The ends of chains over all repositories: a link that is missing in one is had from another. */
function headsOfAll(each: readonly OpenedOne[], broken: Message[]): Head[] {
  const byServer = new Map<string, Map<string, ReadLink>>();
  for (const link of each.flatMap(({ links }) => links)) {
    const own = byServer.get(link.link.server) ?? new Map<string, ReadLink>();
    if (!own.has(link.name)) own.set(link.name, link);
    byServer.set(link.link.server, own);
  }
  return [...byServer.values()].flatMap((links) =>
    headsOf(
      [...links.values()].sort((a, b) => a.link.depth - b.link.depth || (a.name < b.name ? -1 : 1)),
      broken,
    ),
  );
}

/** Compaction only says where a server's history can be had in fewer objects. */
function tellHistory(heads: readonly Pick<Head, "line">[]): boolean {
  return heads.some(({ line }) => line.server !== COMPACTION);
}

/** Whether chains have a link, or have gone on from where it was. */
function reachedBy(heads: Iterable<Head>): (name: string) => boolean {
  const deepest = new Map<string, number>();
  const names = new Set<string>();
  for (const { link } of heads) {
    const { server, depth } = link.link;
    names.add(link.name);
    deepest.set(server, Math.max(depth, deepest.get(server) ?? -1));
  }
  return (name) => {
    const link = parseLinkName(name);
    return names.has(name) || (link !== null && (deepest.get(link.server) ?? -1) > link.depth);
  };
}

/** What is remembered is a help: where it cannot be had, that is told, and the repository is read all the same. */
function recalled(memory: Memory | null, shown: Shown, told: Opened["unremembered"]): RolledBack | null {
  try {
    return memory?.compare(shown) ?? null;
  } catch (error) {
    if (!(error instanceof ZkRewindError)) throw error;
    const why = say`what was seen of it before is not known, nor is it remembered: ${error.said.message}`;
    told.push({ location: shown.location, why });
    return null;
  }
}

/** A question takes the newest snapshots before its point: those that are gone are not among them. */
function withoutSnapshots(line: Line, pruned: ReadonlySet<string>): Line {
  if (pruned.size === 0) return line;
  return { ...line, snapshots: line.snapshots.filter(({ parts }) => !parts.some(({ name }) => pruned.has(name))) };
}

/** `wasLinked`: a link was stored at some time: each writer stores one after its first objects. */
function unlinked(location: string, wasLinked: boolean, isPinned: boolean): Problem {
  const why = wasLinked ? say`it has no link that can be believed` : say`it holds objects, and no link yet`;
  const then = isPinned
    ? say`nothing in it is signed`
    : say`what it holds is read from the names of its objects, which do not tell what was cut off or confirmed`;
  return { location, why: say`${why}: ${then}`, ...(wasLinked ? {} : { early: true }) };
}

async function hasAny(store: ObjectStore, prefix: string): Promise<boolean> {
  for await (const _ of store.list(prefix)) return true;
  return false;
}

function named(history: History, branch: string | undefined): History {
  if (branch === undefined) return history;
  const found = onBranch(history, branch);
  if (found) return found;
  const names = history.branches.map(({ name }) => tag.given(name));
  const hint = names.length === 0 ? say`There is none.` : say`There are ${joined(names, ", ")}.`;
  throw new ZkRewindError(say`there is no branch ${tag.given(branch)}`, { exitCode: 2, hint });
}
