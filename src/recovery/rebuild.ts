import { distinct, type Finding, finding, type ZkRewindError } from "../findings/finding.js";
import { peekTrailers, type SnapshotLayout } from "../storage/snapshot-trailers.js";
import { hex } from "../storage/zxid.js";
import { refreshQuotas, type SessionMap } from "../tree/index.js";
import { type Attempt, Attempts } from "./attempt.js";
import type { DataDirectory, StoredFile } from "./directory/data-directory.js";
import { filesSetAside } from "./directory/for-servers.js";
import { allPoints, type AllPoints, newestExact } from "./exact/all-points.js";
import { contradictions } from "./exact/assessment.js";
import { NOT_IN_DIGEST, unprovenIn } from "./exact/base.js";
import { laterInLogs, laterSetAside, type LaterState, laterState } from "./exact/evidence.js";
import type { Piece } from "./exact/line.js";
import { Neighbours } from "./exact/neighbours.js";
import { LATEST, type PointRequest } from "./point/point.js";
import type { PairOptions, RebuildOptions } from "./rebuild-options.js";
import { planOf } from "./plan-of.js";
import { digestOf, Passed } from "./passed.js";
import { resolveBound } from "./point/resolve.js";
import { doubtfulPaths } from "./replay/in-doubt.js";
import { logsAfter } from "./replay/logs-after.js";
import { orphansFound } from "./replay/orphans.js";
import { settleSessions } from "./replay/session-list.js";
import { mayConflict } from "./scan/conflict.js";
import { momentAt } from "./scan/headers.js";
import type { PlanStep, State, StatePair } from "./state.js";
import { unreachable } from "./unreachable.js";
import { isMessage, type Message, plain, say, tag } from "../text/message.js";

/**
 * The tree at a point, from a base that is provably not ahead of it and the transactions after that. The latest is the
 * newest state that the files give evidence of.
 *
 * Throws ZkRewindError 4 where the files cannot give the state at the point, or not exactly; with `inexact`, only where
 * they can give none at all.
 *
 * @example
 * import { discover, parsePoint, rebuild } from "zkrewind";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const { zxid, exact, digest } = await rebuild(directory, { point: parsePoint("0x400"), inclusive: true });
 * console.log(zxid, exact, digest.verified);
 */
export async function rebuild(
  directory: DataDirectory,
  request: PointRequest = LATEST,
  options: RebuildOptions = {},
): Promise<State> {
  return new Rebuild(directory, options).run(request);
}

/**
 * The states at two points, for what happened between them. Where the later one comes from the earlier one's base, both
 * are of one tree, which keeps what it changes after the earlier point; otherwise each is rebuilt by itself.
 * Throws as `rebuild` does for either.
 *
 * @example
 * import { discover, parsePoint, rebuildPair } from "zkrewind/recovery";
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const { from, to } = await rebuildPair(directory, { point: parsePoint("0xe40"), inclusive: true });
 * console.log(from.zxid, to.zxid, to.exact);
 */
export async function rebuildPair(
  directory: DataDirectory,
  from: PointRequest,
  to: PointRequest = LATEST,
  options: PairOptions = {},
): Promise<StatePair> {
  const earlier = await resolveBound(directory, from);
  const pair = earlier === null ? null : await new Rebuild(directory, options).pair(earlier, to, options.watch);
  if (pair) return pair;
  return {
    from: await rebuild(directory, from, options),
    to: await rebuild(directory, to, options),
    images: null,
  };
}

class Rebuild {
  private readonly directory: DataDirectory;
  private readonly options: RebuildOptions;
  private readonly attempts: Attempts;
  private readonly neighbours: Neighbours;
  private known: AllPoints | null = null;
  private readonly plan: PlanStep[] = [];
  private total: number | undefined;

  constructor(directory: DataDirectory, options: RebuildOptions) {
    this.directory = directory;
    this.options = options;
    this.attempts = new Attempts(directory, (bytes) => this.progress(bytes));
    this.neighbours = new Neighbours(directory, {
      bases: () => this.attempts.bases(),
      known: (base, at) => this.attempts.known(base, at),
    });
  }

  async run(request: PointRequest): Promise<State> {
    const to = await resolveBound(this.directory, request);
    const alone = this.isLoneSnapshot() && to === null;
    const exact = (await this.quickly(to)) ?? (alone ? null : await this.exactly(to));
    const later = to === null ? await this.laterThan(exact) : null;
    if (exact && !later) return this.state(exact, [], null);
    if (alone) return this.inexactly(to, exact, later);
    if (this.options.newestExact) return this.newestExactly(to, later);
    if (this.options.inexact) return this.inexactly(to, exact, later);
    throw await this.unreachable(to, later);
  }

  /** Two states of one tree; null where that cannot be, or where anything is to be said against either. */
  async pair(earlier: bigint, request: PointRequest, watch?: PairOptions["watch"]): Promise<StatePair | null> {
    const to = await resolveBound(this.directory, request);
    const passed = new Passed(earlier, watch);
    const attempt = await this.past(passed, to);
    if (!attempt || attempt.doubt !== null || attempt.base.window.end > earlier) return null;
    // Something may not have fitted between the window's end and a match that cleared it.
    if ((attempt.replay.exact?.from ?? earlier) > earlier) return null;
    const { tree, loaded } = attempt;
    const before = passed.of(tree);
    // With orphans the trees have to be compared path by path; what a snapshot's findings say is of the whole tree.
    if (!before || (loaded?.findings.length ?? 0) > 0 || tree.znodes.orphans > 0 || before.orphans > 0) return null;
    const at = { ...attempt, replay: { ...attempt.replay, last: earlier } };
    const [supported, then] = [await this.supported(attempt), await this.supported(at)];
    if (!supported || !then || (to === null && (await this.laterThan(supported)))) return null;
    const { moment, images, digest, sessions } = before;
    const { verified, time, findings, logs } = moment;
    if (verified === null) return null;
    const replay = { ...then.replay, verified, findings, logs, lastTime: time };
    const from = await this.facts({ ...then, replay }, { sessions, digest });
    refreshQuotas(tree);
    images.close();
    tree.watcher = null;
    const later = await this.facts(supported, { sessions: tree.sessions, digest: digestOf(tree) });
    const step: PlanStep = { file: "", use: "passed", detail: say`from a tree that went on to ${hex(later.zxid)}` };
    return {
      from: {
        ...from,
        plan: [...from.plan, step],
        tree: { znodes: images.before, acls: tree.acls, sessions },
      },
      to: { ...later, tree },
      images,
    };
  }

  /** From the newest base that may lead to both, through the one to the other. */
  private async past(pause: Passed, to: bigint | null): Promise<Attempt | null> {
    if (to !== null && to < pause.at) return null;
    const [newest] = this.candidates(to);
    if (!newest) {
      if (!(await this.attempts.beginning())) return null;
      const attempt = await this.attempts.fromBeginning(to, { pause });
      const { first, configShownAt } = attempt.replay;
      return first !== null && first <= pause.at && (configShownAt ?? first) <= pause.at ? attempt : null;
    }
    if (newest.zxid === null || newest.zxid > pause.at || (await this.attempts.peek(newest, pause.at))) return null;
    const attempt = await this.attempts.from(newest, to, { pause });
    return isMessage(attempt) ? null : attempt;
  }

  private async laterThan(exact: Attempt | null): Promise<LaterState | null> {
    if (this.known) return this.known.later;
    const last = exact?.replay.last ?? null;
    const later = laterState(this.directory, last, this.attempts.newestChanges);
    if (later) return later;
    const aside = await laterSetAside(this.directory, last);
    if (aside || !exact || last === null) return aside;
    // Names say which logs are older; where it costs little, their contents are asked.
    const read = logsAfter(this.directory.logs, exact.base.from);
    const unread = this.directory.logs.filter((log) => !read.includes(log));
    const size = unread.reduce((sum, log) => sum + log.size, 0);
    return size <= MOST_COMPARED ? laterInLogs(unread, last) : null;
  }

  /** A single snapshot stands for what it holds, fuzzy or not: there is nothing to choose from. */
  private isLoneSnapshot(): boolean {
    const { snapshots, logs } = this.directory;
    return snapshots.length === 1 && logs.length === 0 && filesSetAside(this.directory).length === 0;
  }

  /**
   * The exact state from the newest base that can give it, where all is well with that; null where it must be asked for
   * among all.
   */
  private async quickly(to: bigint | null): Promise<Attempt | null> {
    for (const snapshot of this.candidates(to)) {
      const early = await this.attempts.peek(snapshot, to);
      if (early !== null) {
        this.reject(snapshot, early);
        continue;
      }
      const attempt = await this.attempts.from(snapshot, to);
      if (isMessage(attempt)) {
        this.reject(snapshot, attempt);
        continue;
      }
      if (attempt.doubt === null) return this.supported(attempt);
      this.reject(snapshot, attempt.doubt);
      if (attempt.misfits) return null;
    }
    const first = await this.attempts.beginning();
    if (!first) return null;
    const attempt = await this.attempts.fromBeginning(to);
    // Before the first transaction there is nothing to be asked for.
    if (attempt.doubt === null) return attempt.replay.applied > 0 ? this.supported(attempt) : null;
    this.reject(first, attempt.doubt);
    return null;
  }

  /** An attempt that other bases have nothing against, with what of it is not proven; null where they do not simply agree. */
  private async supported(attempt: Attempt): Promise<Attempt | null> {
    const { base, replay } = attempt;
    if (replay.overlaps || (await mayConflict(this.directory.logs))) return null;
    // Of one file there is no other to compare with: loading it a second time would show nothing.
    const comparable = this.mayCompare() && !(this.isLoneSnapshot() && base.from !== 0n);
    const rest = base.snapshot?.proven === true ? attempt.unproven : NOT_IN_DIGEST;
    if (base.proven && base.snapshot !== null && !replay.matchedLogged && !comparable)
      return { ...attempt, unproven: rest };
    const logged = replay.matchedLogged || (await this.neighbours.firstDigest(base));
    if (logged === false) return null;
    if (logged === true && base.from !== 0n && !this.mayCompare()) return { ...attempt, unproven: rest };
    if ((replay.fingerprintAtExact?.dangling ?? 0) > 0) return null;
    const support = await this.neighbours.supportOf(base, logged === true, replay.last);
    if (support === "ask") return null;
    const own = base.snapshot === null ? attempt.unproven : [];
    return { ...attempt, unproven: unprovenIn(support, own) };
  }

  /** The exact state as a replay of everything gives it; null where none does. For the latest: the newest. */
  private async exactly(to: bigint | null): Promise<Attempt | null> {
    const found = newestExact((await this.all()).assessment, to);
    if (!found || (to !== null && found.zxid !== to)) return null;
    return this.fromPiece(found);
  }

  private async fromPiece({ piece, zxid }: { piece: Piece; zxid: bigint }): Promise<Attempt> {
    return { ...(await this.attempts.fromKnown(piece.base, zxid)), unproven: piece.unproven };
  }

  private async all(): Promise<AllPoints> {
    this.known ??= await allPoints(this.directory);
    return this.known;
  }

  /** Whether the bases are so small that a second one is loaded beside the first, to prove what digests do not. */
  private mayCompare(): boolean {
    const largest = this.directory.snapshots.reduce((most, { size }) => Math.max(most, size), 0);
    return largest <= (this.options.compareUpTo ?? MOST_COMPARED);
  }

  /** The snapshots that can lead to a point, the newest first; one without a zxid in its name, if its digest has one. */
  private candidates(to: bigint | null): StoredFile[] {
    const placed = this.directory.snapshots.map((file) => {
      const own = peekTrailers(file.bytes)?.digest?.zxid ?? 0n;
      const zxid = own !== 0n && (file.zxid === null || own < file.zxid) ? own : file.zxid;
      return { file, zxid };
    });
    return placed
      .filter(({ zxid }) => (zxid === null ? this.isLoneSnapshot() : to === null || zxid <= to))
      .sort((a, b) => ((a.zxid ?? 0n) < (b.zxid ?? 0n) ? 1 : -1))
      .map(({ file }) => file);
  }

  /** The newest exact state up to a point, wherever that is. */
  private async newestExactly(to: bigint | null, later: LaterState | null): Promise<State> {
    const found = newestExact((await this.all()).assessment, to);
    if (!found) throw await this.unreachable(to, later);
    return this.state(await this.fromPiece(found), [], later);
  }

  /**
   * The nearest state that can be had: from the newest sound snapshot, fuzzy or not, with all that the logs have after
   * it, over holes; or of logs without a beginning, what their transactions show.
   */
  private async inexactly(to: bigint | null, exact: Attempt | null, later: LaterState | null): Promise<State> {
    const against = this.isLoneSnapshot() ? NOTHING : contradictions((await this.all()).assessment);
    let contradicted: { snapshot: StoredFile; why: Message } | null = null;
    for (const snapshot of this.candidates(to)) {
      const why = against.get(snapshot.path);
      if (why !== undefined) {
        contradicted ??= { snapshot, why };
        continue;
      }
      const attempt = await this.attempts.from(snapshot, to, { overHoles: true });
      if (isMessage(attempt)) continue;
      if (exact && attempt.replay.last <= exact.replay.last) break;
      attempt.doubt ??= say`nothing proves it`;
      return this.state(attempt, await this.inDoubt(attempt), later);
    }
    if (exact) return this.state(exact, [], later);
    if (contradicted) {
      const attempt = await this.attempts.from(contradicted.snapshot, to, { overHoles: true });
      if (!isMessage(attempt)) {
        attempt.doubt ??= contradicted.why;
        return this.state(attempt, await this.inDoubt(attempt), later);
      }
    }
    if (this.directory.logs.length === 0) throw await this.unreachable(to, later);
    const partial = (await this.attempts.beginning()) === null;
    const how = partial ? { overHoles: true, partial, exactFrom: NEVER } : { overHoles: true };
    const attempt = await this.attempts.fromBeginning(to, how);
    if (attempt.replay.applied === 0) throw await this.unreachable(to, later);
    if (partial)
      attempt.doubt = say`the logs do not go back to the first transaction: only what their transactions show is there, and ${attempt.replay.assumed} znodes above it are assumed`;
    attempt.doubt ??= say`nothing proves it`;
    return this.state(attempt, await this.inDoubt(attempt), later, partial);
  }

  private inDoubt(attempt: Attempt): Promise<string[]> {
    return attempt.doubt === null
      ? Promise.resolve([])
      : doubtfulPaths(attempt.tree, this.directory.logs, attempt.replay.last, attempt.base.window.end);
  }

  private async state(attempt: Attempt, inDoubt: string[], later: LaterState | null, partial = false): Promise<State> {
    const { tree } = attempt;
    refreshQuotas(tree);
    const facts = await this.facts(attempt, { sessions: tree.sessions, opened: tree.opened, digest: digestOf(tree) });
    return {
      ...facts,
      tree,
      inDoubt,
      later: later && later.zxid > facts.zxid ? later : null,
      partial,
      findings: distinct([...facts.findings, ...orphansFound(tree)]),
    };
  }

  /** What is to be said of a tree, with its sessions set right. */
  private async facts(
    { replay: result, base, loaded, doubt, unproven }: Omit<Attempt, "tree">,
    { sessions, opened, digest }: { sessions: SessionMap<number>; opened?: SessionMap<true>; digest: bigint },
  ): Promise<Omit<State, "tree">> {
    const settled = base.snapshot
      ? await settleSessions(sessions, this.directory.logs, result.last, base.window.end, opened)
      : null;
    return {
      zxid: result.last,
      time: result.lastTime ?? (await momentAt(this.directory.logs, result.last))?.time ?? null,
      exact: doubt === null,
      doubt,
      unproven: settled && settled.closing.length > 0 ? unprovenIn(unproven, ["sessions"]) : unproven,
      partial: false,
      later: null,
      digest: {
        version: 2,
        value: digest,
        verified: result.verified || (base.proven && base.snapshot !== null && result.last === base.from),
      },
      base,
      layout: loaded?.trailers?.layout ?? this.newestLayout(),
      plan: [...this.plan, ...planOf({ replay: result, base, loaded })],
      inDoubt: [],
      findings: distinct([
        ...this.directory.findings,
        ...this.attempts.findings,
        ...(this.known?.assessment.findings ?? []),
        ...(loaded?.findings ?? []),
        ...result.findings,
        ...(settled?.findings ?? []),
      ]),
    };
  }

  /** What the directory's server writes, as far as its newest readable snapshot tells; else what every release reads. */
  private newestLayout(): SnapshotLayout {
    for (const { bytes } of this.directory.snapshots.toReversed()) {
      const trailers = peekTrailers(bytes);
      if (trailers) return trailers.layout;
    }
    return { digest: false, lastZxid: false };
  }

  private reject(file: StoredFile, detail: Message): void {
    this.plan.push({ file: file.name, use: "rejected", detail });
  }

  private async unreachable(to: bigint | null, later: LaterState | null): Promise<ZkRewindError> {
    const findings: Finding[] = distinct([...this.directory.findings, ...this.attempts.findings]);
    if (this.directory.snapshots.length === 0 && this.directory.logs.length === 0)
      findings.push(finding("coverage.none", say`there is neither a snapshot nor a log`));
    // The newest base that fails for a reason stands for the older ones that fail for the same.
    const reasons = new Map<string, Message>();
    for (const { file, use, detail } of this.plan)
      if (use === "rejected" && !reasons.has(plain(detail)))
        reasons.set(plain(detail), say`from ${tag.file(file)}, ${detail}`);
    return unreachable(await this.all(), to, later, [...reasons.values()], findings);
  }

  private progress(bytes: number): void {
    // Counted once: this is called for every log, and there can be tens of thousands.
    const { snapshots, logs } = this.directory;
    this.total ??= [...snapshots.slice(-1), ...logs].reduce((sum, { size }) => sum + size, 0);
    this.options.onProgress?.({ done: Math.min(bytes, this.total), total: this.total });
  }
}

const NOTHING: ReadonlyMap<string, Message> = new Map();
const MOST_COMPARED = 256 << 20;
/** No zxid reaches it: nothing of a partial tree is held against a digest. */
const NEVER = 2n ** 63n - 1n;
