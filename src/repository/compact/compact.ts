import { ZkRewindError } from "../../findings/finding.js";
import { isMessage, type Message, say, tag } from "../../text/message.js";
import type { Identities, Recipients } from "../crypt/index.js";
import { type Head, readCatalogue } from "../link/catalogue.js";
import { putHead } from "../link/head.js";
import type { Line } from "../link/line.js";
import type { Segment, Snapshot } from "../link/link.js";
import { COMPACTION } from "../names.js";
import { readPrunes } from "../prune/record.js";
import { reasonOf } from "../read/damaged.js";
import { isDamage } from "../read/gather.js";
import { type History, historyOf } from "../read/history.js";
import { Objects } from "../read/objects.js";
import type { Piece } from "../read/piece.js";
import { readRepository } from "../repository.js";
import { Chain } from "../ship/chain.js";
import { type PublicKey, type Signer } from "../sign/index.js";
import { putObject } from "../store/put-object.js";
import type { ObjectStore } from "../store/store.js";
import { makeBase } from "./base.js";
import { merge } from "./merge.js";
import { boundariesOf, mergesOf } from "./plan.js";

export interface CompactOptions {
  /** What opens the objects; null where they are not encrypted. */
  identities: Identities | null;
  /** The recipients of new objects; null to store them unencrypted. */
  recipients: Recipients | null;
  pinned: ReadonlySet<PublicKey>;
  signer: Signer | null;
  /** Between two bases there are no more transactions than this. */
  maxReplay: number;
  scratch?: string | undefined;
}

export interface CompactReport {
  /** Consolidated segments, and how many each was made of. */
  merged: { name: string; pieces: number; bytes: number }[];
  bases: { zxid: bigint; znodes: number; digest: bigint; bytes: number }[];
  /** Where a base was due and the state could not be proven. */
  unproven: { zxid: bigint; why: Message }[];
  /** Objects that are damaged or missing: what they belong to is left as it is. */
  damaged: { name: string; why: Message }[];
}

/**
 * Makes few segments of many, and bases, so that no recovery replays more than so many transactions. Everything is stored
 * before the link that names it; nothing is deleted, and nothing that can be read before becomes unreadable, whenever it
 * ends. Two at once make the same twice at most.
 *
 * Throws ZkRewindError: 1 where a link is damaged, 2 where what was encrypted would be stored as it is, 3 where something
 * cannot be read or written.
 */
export async function compact(store: ObjectStore, options: CompactOptions): Promise<CompactReport> {
  await readRepository(store);
  const catalogue = await readCatalogue(store, options.pinned);
  const [problem] = catalogue.problems;
  if (problem)
    throw new ZkRewindError(say`${tag.file(store.location)}: a link is not sound: ${problem}`, {
      exitCode: 1,
      hint: say`Nothing was compacted. zkrewind backup sync heals links from another repository.`,
    });
  const there = new Set<string>();
  for (const prefix of ["log/", "snapshot/", "base/"]) for await (const { name } of store.list(prefix)) there.add(name);
  const prunes = await readPrunes(store, options.pinned);
  const taken = new Set(prunes.flatMap(({ objects }) => objects));
  const compaction = new Compaction(store, options, catalogue.heads, there, taken);
  await compaction.merge();
  await compaction.makeBases();
  return compaction.report;
}

class Compaction {
  readonly report: CompactReport = { merged: [], bases: [], unproven: [], damaged: [] };
  private readonly store: ObjectStore;
  private readonly options: CompactOptions;
  private readonly objects: Objects;
  private readonly there: Set<string>;
  /** Names that are about to be deleted, or were. */
  private readonly taken: ReadonlySet<string>;
  private readonly chain: Chain;
  private readonly history: History;
  /** What no link names yet. */
  private draft: { segments: Segment[]; snapshots: Snapshot[]; replaces: string[] };

  constructor(
    store: ObjectStore,
    options: CompactOptions,
    heads: readonly Head[],
    there: Set<string>,
    taken: ReadonlySet<string>,
  ) {
    this.store = store;
    this.options = options;
    this.objects = new Objects([store], options.identities);
    this.there = there;
    this.taken = taken;
    const own = heads.filter(({ line }) => line.server === COMPACTION);
    this.chain = new Chain(COMPACTION, own, options.signer);
    this.draft = ofOthers(own.slice(1).map(({ line }) => line));
    const history = historyOf(heads);
    const snapshots = history.snapshots.filter(({ parts }) => parts.every(({ name }) => there.has(name)));
    this.history = { ...history, snapshots };
  }

  async merge(): Promise<void> {
    const merges = mergesOf(this.history.main, (name) => this.there.has(name));
    if (merges.length > 0) this.refuseOpen(merges.flat().flatMap(({ objects }) => objects.map(({ name }) => name)));
    let sinceLink = 0;
    for (const pieces of merges) {
      try {
        for await (const { segment, object, pieces: count } of merge(
          pieces,
          this.objects,
          this.options.recipients,
          (name) => this.taken.has(name),
        )) {
          await putObject(this.store, object.name, object.bytes);
          this.draft.segments.push(segment);
          this.draft.replaces.push(...this.namesWithin(segment));
          this.report.merged.push({ name: segment.name, pieces: count, bytes: segment.size });
        }
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.report.damaged.push({ name: error.object, why: reasonOf(error) });
      }
      if (++sinceLink % MERGES_OF_LINK === 0) await this.link();
    }
    await this.link();
  }

  async makeBases(): Promise<void> {
    const { history, options, report } = this;
    const { maxReplay } = options;
    const readable = this.readable();
    const { boundaries, rest } = boundariesOf(history.shipped, (piece) => readable.has(piece));
    const bases = new Set(history.snapshots.filter(({ kind }) => kind === "base").map(({ zxid }) => zxid));
    let since = 0;
    let tries = 0;
    for (const [index, boundary] of boundaries.entries()) {
      since = boundary.afterHole ? boundary.count : since + boundary.count;
      if (bases.has(boundary.zxid)) [since, tries] = [0, 0];
      const next = boundaries[index + 1];
      const following = next === undefined ? rest : next.afterHole ? 0 : next.count;
      if (since + following <= maxReplay) continue;
      this.refuseOpen(history.snapshots.flatMap(({ parts }) => parts.map(({ name }) => name)));
      const made = await makeBase(history, boundary, {
        ...this.options,
        objects: this.objects,
        store: async ({ name, bytes }) => {
          if (this.taken.has(name)) return false;
          await putObject(this.store, name, bytes);
          return true;
        },
      });
      if (isMessage(made)) {
        // The last transaction of a slot may be one that failed, and has no digest; the next boundary's may have one.
        if (++tries < TRIES) continue;
        report.unproven.push({ zxid: boundary.zxid, why: made });
      } else {
        const { snapshot, znodes, digest } = made;
        this.draft.snapshots.push(snapshot);
        await this.link();
        history.snapshots.push(snapshot);
        history.snapshots.sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0));
        const bytes = snapshot.parts.reduce((sum, { size }) => sum + size, 0);
        report.bases.push({ zxid: snapshot.zxid, znodes, digest, bytes });
      }
      since = 0;
      tries = 0;
    }
  }

  /** Publishes the draft: a link makes it part of the backup. */
  private async link(): Promise<void> {
    const { draft, chain, store } = this;
    if (draft.segments.length + draft.snapshots.length === 0) return;
    this.draft = { segments: [], snapshots: [], replaces: [] };
    const { shipment } = chain.next({ cut: null, files: [], ...draft }, null, null);
    await putObject(store, shipment.name, shipment.bytes);
    await putHead(store, COMPACTION, shipment.name).catch((error: unknown) => {
      if (!(error instanceof ZkRewindError)) throw error;
    });
  }

  private namesWithin({ first, last }: Segment): string[] {
    return this.history.shipped
      .filter(({ from, to }) => from >= first && to <= last)
      .map(({ segment }) => segment.name);
  }

  /** Those of what was shipped that are there, or what compaction has made of them. */
  private readable(): ReadonlySet<Piece> {
    const { main, shipped } = this.history;
    const isThere = ({ objects }: Piece): boolean => objects.some(({ name }) => this.there.has(name));
    return new Set([...shipped.filter(isThere), ...main.filter(isThere).flatMap(({ instead = [] }) => instead)]);
  }

  /** Encrypted objects are never stored unencrypted. */
  private refuseOpen(names: readonly string[]): void {
    if (this.options.recipients !== null || !names.some((name) => name.endsWith(".age"))) return;
    throw new ZkRewindError(say`${tag.file(this.store.location)} is encrypted: name the recipients of what is new`, {
      exitCode: 2,
      hint: say`--recipients-file FILE, as for backup run.`,
    });
  }
}

/** What other chains of compaction have: the next link holds it too. */
function ofOthers(lines: readonly Line[]): { segments: Segment[]; snapshots: Snapshot[]; replaces: string[] } {
  return {
    segments: lines.flatMap(({ segments }) => segments),
    snapshots: lines.flatMap(({ snapshots }) => snapshots),
    replaces: lines.flatMap(({ replaces }) => replaces),
  };
}

/** Merges between two links: a run that follows a kill repeats no more than these. */
const MERGES_OF_LINK = 16;
/** How many boundaries are tried for a base. */
const TRIES = 4;
