import { crc32c } from "../../checksum/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag, type Message } from "../../text/message.js";
import { readCatalogue } from "../link/catalogue.js";
import { putHead } from "../link/head.js";
import { hashOf, parseLinkName, parseSegmentName, storedHashIn } from "../names.js";
import { readRepository } from "../repository.js";
import type { PublicKey } from "../sign/index.js";
import { type ObjectStore, upTo } from "../store/store.js";
import { inParallel } from "./in-parallel.js";
import { Judge } from "./judge.js";
import { linksAmong, listed, type Listed } from "./listing.js";
import { Pruned } from "./pruned.js";

export interface SyncOptions {
  /** The keys that must have signed links, if any. */
  pinned: ReadonlySet<PublicKey>;
  /** Whether to read every object everywhere, and not only what is missing or differs in size. */
  deep: boolean;
  /** Called for each object that a repository gets. */
  onCopy?: (copy: Copy) => void;
  signal?: AbortSignal;
}

/** An object that a repository got from another. */
export interface Copy {
  name: string;
  from: string;
  to: string;
  bytes: number;
  why: "missing" | "damaged";
}

export interface SyncReport {
  repositories: { location: string; copied: number; healed: number; bytes: number }[];
  /** What is sound in none, and where it is damaged; named by a link, or there and damaged. */
  lost: { name: string; damagedIn: string[] }[];
  /** Of which there are different copies, and nothing that tells which one is right. None was copied. */
  undecided: { name: string; in: string[] }[];
  /** Repositories that could not be reached, or failed on the way. */
  failed: { location: string; why: Message }[];
  /** Objects that were read, to be judged. */
  examined: number;
}

interface Member extends Listed {
  /** What was pruned from it on purpose, and does not come back. */
  readonly pruned: Pruned;
  copied: number;
  healed: number;
  bytes: number;
  failure?: Message;
}

/** Which repositories have an object sound, damaged, or not at all. */
interface Examined {
  sound: { member: Member; bytes: Uint8Array } | undefined;
  damaged: Member[];
  /** Copies that nothing speaks for or against, by their bytes' hash. */
  unknown: Map<string, { members: Member[]; bytes: Uint8Array }>;
}

/**
 * Brings repositories level: what one lacks, or has damaged, it gets from one that has it right. Copies bytes as they are,
 * and needs no key. Objects come before the links that name them, so an interrupted run leaves each repository sound.
 *
 * Throws ZkRewindError: 3 where fewer than two can be reached, 1 where they hold different ensembles' histories.
 */
export async function syncRepositories(stores: readonly ObjectStore[], options: SyncOptions): Promise<SyncReport> {
  const report: SyncReport = { repositories: [], lost: [], undecided: [], failed: [], examined: 0 };
  const members = await reachable(stores, options, report);
  refuseStrangers(members);
  const names = [...new Set(members.flatMap(({ objects }) => [...objects.keys()]))].sort();
  const judge = new Judge(options.pinned);
  const links = linksAmong(names);
  const suspects = (some: readonly string[]) => some.filter((name) => options.deep || differs(name, members));
  await learnLinks(suspects(links), members, judge, options);

  const level = (name: string) => levelOne(name, members, judge, options, report);
  const isLink = new Set(links);
  await inParallel(suspects(names.filter((name) => !isLink.has(name))), AT_ONCE, level);
  for (const name of suspects(links)) await level(name);
  await putHeads(links, members, report, options.signal);
  await shareRecords(members, options.signal);
  await findLost(members, report, options);

  for (const { store, copied, healed, bytes, failure } of members) {
    report.repositories.push({ location: store.location, copied, healed, bytes });
    if (failure) report.failed.push({ location: store.location, why: failure });
  }
  report.lost.sort((a, b) => (a.name < b.name ? -1 : 1));
  return report;
}

async function reachable(
  stores: readonly ObjectStore[],
  { pinned, signal }: SyncOptions,
  report: SyncReport,
): Promise<Member[]> {
  const members: Member[] = [];
  await Promise.all(
    stores.map(async (store) => {
      try {
        await readRepository(store, signal);
        const pruned = await Pruned.of(store, pinned, signal);
        members.push({ ...(await listed(store, signal)), pruned, copied: 0, healed: 0, bytes: 0 });
      } catch (error) {
        report.failed.push({ location: store.location, why: whyOf(error, signal) });
      }
    }),
  );
  if (members.length < 2) {
    const [first] = report.failed;
    throw new ZkRewindError(first?.why ?? say`sync needs two repositories or more`, { exitCode: first ? 3 : 2 });
  }
  // In the order in which they were named.
  return members.sort((a, b) => stores.indexOf(a.store) - stores.indexOf(b.store));
}

/** Two repositories that have transactions under the same zxids, and none in common, are two ensembles'. */
function refuseStrangers(members: readonly Member[]): void {
  const contents = members.map(({ objects }) => {
    const byBounds = new Map<string, Set<string>>();
    for (const name of objects.keys()) {
      const segment = parseSegmentName(name);
      if (!segment) continue;
      const bounds = `${segment.first}-${segment.last}`;
      byBounds.set(bounds, (byBounds.get(bounds) ?? new Set()).add(segment.content));
    }
    return byBounds;
  });
  for (const [index, one] of contents.entries())
    for (const [other, two] of contents.slice(index + 1).entries()) {
      const both = [...one].filter(([bounds]) => two.has(bounds));
      const isShared = both.some(([bounds, hashes]) => [...hashes].some((hash) => two.get(bounds)?.has(hash)));
      if (both.length === 0 || isShared) continue;
      const [a, b] = [members[index] as Member, members[index + 1 + other] as Member];
      throw new ZkRewindError(
        say`${tag.file(a.store.location)} and ${tag.file(b.store.location)} hold the histories of different ensembles: the same zxids, and no transaction in common`,
        { exitCode: 1, hint: say`Nothing was copied.` },
      );
    }
}

/** Missing in one that did not prune it, or of another size. */
function differs(name: string, members: readonly Member[]): boolean {
  const sizes = new Set<number>();
  for (const { objects, pruned } of members) {
    const object = objects.get(name);
    if (object) sizes.add(object.size);
    else if (!pruned.has(name)) return true;
  }
  return sizes.size > 1;
}

/** What a link says of the one before it is known before that one is judged. */
async function learnLinks(names: readonly string[], members: readonly Member[], judge: Judge, { signal }: SyncOptions) {
  await inParallel(names, AT_ONCE, async (name) => {
    for (const member of members) {
      const bytes = await read(member, name, signal);
      if (bytes) judge.learn(name, bytes);
    }
  });
}

async function levelOne(
  name: string,
  members: readonly Member[],
  judge: Judge,
  options: SyncOptions,
  report: SyncReport,
) {
  const { sound, damaged, unknown } = await examine(name, members, judge, options, report);
  const [only, ...others] = unknown.values();
  const right =
    sound ?? (only && others.length === 0 ? { member: only.members[0] as Member, bytes: only.bytes } : undefined);
  if (!right) {
    const locations = (some: readonly Member[]) => some.map(({ store }) => store.location);
    if (only) report.undecided.push({ name, in: locations([...unknown.values()].flatMap((each) => each.members)) });
    else if (damaged.length > 0) report.lost.push({ name, damagedIn: locations(damaged) });
    return;
  }
  const wrong = sound ? [...damaged, ...[...unknown.values()].flatMap((each) => each.members)] : damaged;
  for (const member of members) {
    const isDamaged = wrong.includes(member);
    const isMissing = !member.objects.has(name) && !member.pruned.has(name);
    if (!isDamaged && !isMissing) continue;
    await give(member, name, right.bytes, isDamaged, right.member.store.location, options);
  }
}

/** Reads copies until one is sound; all of them where the search is deep, or what is there differs. */
async function examine(
  name: string,
  members: readonly Member[],
  judge: Judge,
  { deep, signal }: SyncOptions,
  report: SyncReport,
): Promise<Examined> {
  const examined: Examined = { sound: undefined, damaged: [], unknown: new Map() };
  const sizes = new Set(members.map(({ objects }) => objects.get(name)?.size).filter((size) => size !== undefined));
  const isAll = deep || sizes.size > 1 || storedHashIn(name) === null;
  for (const member of members) {
    if (!isAll && examined.sound) break;
    const bytes = await read(member, name, signal);
    if (!bytes) continue;
    report.examined++;
    const verdict = judge.of(name, bytes);
    if (verdict === "sound") examined.sound ??= { member, bytes };
    else if (verdict === "damaged") examined.damaged.push(member);
    else {
      const hash = hashOf(bytes);
      const known = examined.unknown.get(hash) ?? { members: [], bytes };
      known.members.push(member);
      examined.unknown.set(hash, known);
    }
  }
  return examined;
}

/** Undefined where there is none, or it cannot be read. */
async function read(member: Member, name: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  const listed = member.objects.get(name);
  if (!listed) return undefined;
  try {
    return await member.store.get(name, upTo(listed.size), signal);
  } catch (error) {
    member.failure ??= whyOf(error, signal);
    return undefined;
  }
}

async function give(
  member: Member,
  name: string,
  bytes: Uint8Array,
  isDamaged: boolean,
  from: string,
  options: SyncOptions,
) {
  const { store } = member;
  const { signal } = options;
  try {
    const put = { crc32c: crc32c(bytes), replace: isDamaged, ...(signal ? { signal } : {}) };
    await store.put(name, bytes, put);
  } catch (error) {
    member.failure ??= whyOf(error, signal);
    return;
  }
  member.objects.set(name, { name, size: bytes.length, crc32c: undefined, modified: 0 });
  if (isDamaged) member.healed++;
  else member.copied++;
  member.bytes += bytes.length;
  options.onCopy?.({ name, from, to: store.location, bytes: bytes.length, why: isDamaged ? "damaged" : "missing" });
}

async function shareRecords(members: readonly Member[], signal?: AbortSignal): Promise<void> {
  for (const from of members)
    for (const to of members) {
      if (from === to || to.failure) continue;
      try {
        await from.pruned.share(from, to, signal);
      } catch (error) {
        to.failure = whyOf(error, signal);
      }
    }
}

/** A repository that got links has new heads. */
async function putHeads(
  links: readonly string[],
  members: readonly Member[],
  report: SyncReport,
  signal?: AbortSignal,
) {
  const newest = new Map<string, string>();
  for (const name of links) newest.set(parseLinkName(name)?.server ?? "", name);
  const undecided = new Set(report.undecided.map(({ name }) => name));
  for (const member of members)
    for (const [server, link] of newest) {
      if (member.copied === 0 || !member.objects.has(link) || undecided.has(link)) continue;
      try {
        await putHead(member.store, server, link, signal);
      } catch (error) {
        member.failure ??= whyOf(error, signal);
      }
    }
}

/** What the lines need and nobody has. By now each repository has every link that is sound. */
async function findLost(
  members: readonly Member[],
  report: SyncReport,
  { pinned, signal }: SyncOptions,
): Promise<void> {
  const known = new Set(report.lost.map(({ name }) => name));
  for (const { store } of members) {
    const { heads } = await readCatalogue(store, pinned, signal);
    for (const { line } of heads) {
      const { segments, dropped, snapshots, files } = line;
      for (const { name } of [...segments, ...dropped, ...snapshots.flatMap(({ parts }) => parts), ...files]) {
        if (known.has(name) || members.some(({ objects, pruned }) => objects.has(name) || pruned.has(name))) continue;
        known.add(name);
        report.lost.push({ name, damagedIn: [] });
      }
    }
  }
}

function whyOf(error: unknown, signal: AbortSignal | undefined): Message {
  signal?.throwIfAborted();
  if (!(error instanceof ZkRewindError)) throw error;
  return error.said.message;
}

/** Objects at once: a part of a snapshot has 64 MiB. */
const AT_ONCE = 4;
