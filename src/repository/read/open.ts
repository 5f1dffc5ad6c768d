import { ZkRewindError } from "../../findings/finding.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { type Head, readCatalogue } from "../link/catalogue.js";
import { lineFromNames } from "../link/from-names.js";
import type { Line } from "../link/line.js";
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
  /** Objects that links name, and that were pruned from all of them: not lost. */
  pruned: ReadonlySet<string>;
  /** For each store, what it says alone. */
  each: { store: ObjectStore; heads: readonly Head[] }[];
}

/**
 * Opens repositories as one: what one lacks, the others fill in. `branch`: which of the branches is the line.
 *
 * Throws ZkRewindError: 3 where none can be read, or one is of a newer format; 2 where there is no such branch.
 */
export async function openRepositories(
  locations: readonly string[],
  pinned: ReadonlySet<PublicKey>,
  branch?: string,
): Promise<Opened> {
  const problems: Opened["problems"] = [];
  const each: Opened["each"] = [];
  const pruned: ReadonlySet<string>[] = [];
  const fromNames: { problem: Problem; line: Line }[] = [];
  let failure: ZkRewindError | null = null;
  for (const location of locations) {
    const store = openStore(location);
    try {
      await readRepository(store);
      let { heads, problems: own } = await readCatalogue(store, pinned);
      const hadHead = heads.length === 0 && (await hasAny(store, "heads/"));
      // The first link may have come in between.
      if (hadHead) ({ heads, problems: own } = await readCatalogue(store, pinned));
      problems.push(...own.map((why) => ({ location, why })));
      pruned.push(await readPruned(store, pinned));
      each.push({ store, heads });
      const line = heads.length === 0 ? await lineFromNames(store) : null;
      if (line) {
        fromNames.push({ line, problem: unlinked(location, hadHead || own.length > 0, pinned.size > 0) });
      }
    } catch (error) {
      if (!(error instanceof ZkRewindError)) throw error;
      failure ??= error;
      problems.push({ location, why: error.said.message });
    }
  }
  if (each.length === 0) throw failure ?? new ZkRewindError(say`no repository is named`, { exitCode: 2 });
  const heads = new Map(each.flatMap((one) => one.heads).map((head) => [head.link.name, head]));
  // One that is behind has links that another has continued.
  const continued = new Set(each.flatMap((one) => one.heads).map(({ link }) => link.link.previous?.name));
  const told: Pick<Head, "line">[] = [...heads.values()].filter(({ link }) => !continued.has(link.name));
  problems.push(...fromNames.map(({ problem }) => problem));
  // A reader that pins keys believes nobody's names.
  if (told.length === 0 && pinned.size === 0) told.push(...fromNames);
  const inAll = new Set([...(pruned[0] ?? [])].filter((name) => pruned.every((names) => names.has(name))));
  const history = historyOf(told.map(({ line }) => ({ line: withoutSnapshots(line, inAll) })));
  return { stores: each.map(({ store }) => store), history: named(history, branch), problems, pruned: inAll, each };
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
