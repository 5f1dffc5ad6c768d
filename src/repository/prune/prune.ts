import { randomBytes } from "node:crypto";
import { crc32c } from "../../checksum/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { readCatalogue } from "../link/catalogue.js";
import { parseLinkName, parsePartName } from "../names.js";
import { readRepository } from "../repository.js";
import type { PublicKey, Signer } from "../sign/index.js";
import type { ObjectInfo, ObjectStore } from "../store/store.js";
import { planPrune, type PrunePlan } from "./plan.js";
import type { Policy } from "./points.js";
import { encodePrune, namedBy, pruneName, readPrunes, type PruneDocument, type ReadPrune } from "./record.js";

export interface PruneOptions {
  policy: Policy;
  /** In words: it is written into marks and records. */
  policyText: string;
  /** Milliseconds between a mark and the deletion, by the store's clock. */
  grace: number;
  /** Whether to mark and delete; else nothing is written. */
  apply: boolean;
  pinned: ReadonlySet<PublicKey>;
  signer: Signer | null;
  signal?: AbortSignal;
}

export interface PruneReport extends PrunePlan {
  /** Names that this run marked. */
  marked: string[];
  /** Names that this run deleted: marked before, for at least the grace, and not needed now. */
  deleted: string[];
  /** Names that wait for the end of the grace, and when that is, by the store's clock. */
  waiting: { names: string[]; until: number };
}

const CLOCK = "prune/clock.json";

/**
 * Deletes what no kept point needs, in two runs: the first marks, a later one, after the grace, deletes what is still not
 * needed. A run that is killed, or two at once, do no harm.
 *
 * Throws ZkRewindError: 1 where links are damaged, so that what is needed is not known; 3 where the store refuses, and
 * with how much was done.
 */
export async function prune(store: ObjectStore, options: PruneOptions): Promise<PruneReport> {
  const { pinned, signal, apply, grace } = options;
  await readRepository(store, signal);
  const now = apply ? await storeClock(store, signal) : undefined;
  const marks = await readPrunes(store, pinned, signal);
  const objects = await allOf(store, signal);
  const catalogue = await readCatalogue(store, pinned, signal);
  const [problem] = catalogue.problems;
  if (problem)
    throw new ZkRewindError(
      say`${tag.file(store.location)}: what is needed is not known, for a link is not sound: ${problem}`,
      {
        exitCode: 1,
        hint: say`Nothing was pruned. zkrewind backup sync heals links from another repository.`,
      },
    );
  // Without writing, the store's newest time is the least that its clock shows.
  const clock = now ?? Math.max(0, ...objects.map(({ modified }) => modified));
  const plan = planPrune(objects, catalogue, { policy: options.policy, now: clock, grace });
  const unneeded = new Set(plan.fates.filter(({ isKept }) => !isKept).map(({ name }) => name));
  const report: PruneReport = { ...plan, marked: [], deleted: [], waiting: { names: [], until: 0 } };

  const pending = marks.filter(({ state }) => state === "mark");
  const ripe = pending.filter(({ info }) => clock - info.modified >= grace);
  const isMarked = namedBy(marks, "mark");
  // A record says that they were to be deleted: a run ended in the midst of it.
  const recorded = namedBy(marks, "record");
  const toMark = [...unneeded].filter((name) => !isMarked.has(name) && !recorded.has(name));
  const unripe = pending.filter((each) => !ripe.includes(each));
  report.waiting = {
    names: [...new Set(unripe.flatMap((each) => each.objects).filter((name) => unneeded.has(name)))],
    until: Math.max(0, ...unripe.map(({ info }) => info.modified + grace)),
  };
  if (!apply) return report;

  if (toMark.length > 0) {
    await write(store, documentOf("mark", toMark, clock, options), options);
    report.marked = toMark;
    report.waiting = { names: [...report.waiting.names, ...toMark], until: clock + grace };
  }
  const gone = [...new Set([...ripe.flatMap((each) => each.objects), ...recorded])].filter((name) =>
    unneeded.has(name),
  );
  await sweep(store, inOrder(gone), ripe, clock, options, report);
  return report;
}

/** Writes what will be gone before the first of it goes: from then on it is pruned, and never lost. */
async function sweep(
  store: ObjectStore,
  names: readonly string[],
  ripe: readonly ReadPrune[],
  clock: number,
  options: PruneOptions,
  report: PruneReport,
): Promise<void> {
  const { signal } = options;
  if (names.length > 0) await write(store, documentOf("record", names, clock, options), options);
  try {
    for (const name of names) {
      await store.delete(name, signal);
      report.deleted.push(name);
    }
    for (const { info } of ripe) await store.delete(info.name, signal);
  } catch (error) {
    if (!(error instanceof ZkRewindError)) throw error;
    throw new ZkRewindError(
      say`${error.said.message}; ${report.deleted.length} of ${names.length} objects were deleted before`,
      {
        exitCode: 3,
        hint: say`Pruning needs a credential with the right to delete. Run it again with one: it goes on.`,
        cause: error,
      },
    );
  }
  if (names.length > 0) await checkGone(store, names, signal);
}

/** A store can say yes and do nothing. */
async function checkGone(store: ObjectStore, names: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const deleted = new Set(names);
  const left = (await allOf(store, signal)).filter(({ name }) => deleted.has(name));
  const [first] = left;
  if (!first) return;
  throw new ZkRewindError(
    say`${tag.file(store.location)}: ${left.length} of ${names.length} objects that were deleted are still listed, such as ${tag.file(first.name)}`,
    {
      exitCode: 3,
      hint: say`The store lists old results, or takes deletions without carrying them out. Look again in some minutes: zkrewind backup prune, which deletes nothing without --apply.`,
    },
  );
}

/** Links before what they name, and of a snapshot the last part, which shows that it is whole, before the others. */
function inOrder(names: readonly string[]): string[] {
  const rank = (name: string): number => (parseLinkName(name) ? 0 : parsePartName(name)?.isLast === true ? 1 : 2);
  return [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function documentOf(
  state: PruneDocument["state"],
  objects: readonly string[],
  clock: number,
  options: PruneOptions,
): PruneDocument {
  const id = randomBytes(8).toString("hex");
  return { state, id, time: new Date(clock).toISOString(), policy: options.policyText, objects };
}

async function write(store: ObjectStore, document: PruneDocument, { signer, signal }: PruneOptions): Promise<void> {
  const bytes = encodePrune(document, signer);
  await store.put(pruneName(document), bytes, { crc32c: crc32c(bytes), ...(signal ? { signal } : {}) });
}

/** The store's time now: that of an object which is put for it. */
async function storeClock(store: ObjectStore, signal: AbortSignal | undefined): Promise<number> {
  const bytes = Buffer.from("{}\n");
  await store.put(CLOCK, bytes, { crc32c: crc32c(bytes), replace: true, ...(signal ? { signal } : {}) });
  const info = await store.head(CLOCK, signal);
  if (!info || info.modified <= 0)
    throw new ZkRewindError(say`${tag.file(store.location)}: the store does not say when an object was stored`, {
      exitCode: 3,
    });
  return info.modified;
}

async function allOf(store: ObjectStore, signal: AbortSignal | undefined): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const info of store.list("", signal)) objects.push(info);
  return objects;
}
