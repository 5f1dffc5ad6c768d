import { readRange, select } from "../export/index.js";
import { type Finding, ZkRewindError } from "../findings/finding.js";
import type { Change } from "../forensics/history/change.js";
import { history } from "../forensics/history/history.js";
import type { SessionLife } from "../forensics/history/session-life.js";
import { sessionLives } from "../forensics/history/sessions.js";
import type { Compression } from "../io/byte-source.js";
import { Scratch } from "../io/scratch.js";
import { Fetcher } from "../recovery/directory/fetch.js";
import { merge } from "../recovery/ensemble/merge.js";
import { refuseInSource } from "../recovery/directory/source-folders.js";
import {
  AS_IT_IS,
  carryOut,
  changesTree,
  type DataDirectory,
  discover,
  rangeEnds,
  rebuild,
  type RebuildOptions,
  restore,
  type Restored,
  type RestorePlan,
  type Verification,
  verify,
  type VerifyOptions,
} from "../recovery/index.js";
import { layoutOfRelease } from "../storage/snapshot-trailers.js";
import { say, tag } from "../text/message.js";
import { readTxn, type Txn, type TxnShape } from "../txn/index.js";
import { type PointLike, type PointOptions, rangePointsOf, type RangeOptions, requestOf } from "./points.js";
import { pull } from "./pull.js";
import { TreeState } from "./tree-state.js";

/** Where {@link openDirectory} finds what does not lie in the source itself. */
export interface OpenOptions {
  /** Where the logs are, if not beside the snapshots. */
  logDir?: string;
  /** Data directories of other servers of the ensemble, to be read with the source as one history. */
  nodes?: readonly string[];
  /** What the source "-" stands for: a snapshot, a log or a tar archive. */
  stdin?: AsyncIterable<Buffer>;
  /** What a snapshot or log from there is called: its zxid counts. */
  name?: string;
  /** Where what cannot be read in place is kept; the system's folder for temporary files if not given. */
  scratch?: string;
}

/** A transaction, and where its record is. */
export interface Transaction extends Txn {
  /** The log's name. */
  file: string;
  /** Bytes from the beginning of the (uncompressed) log. */
  offset: number;
  /** False where the record's checksum is wrong: nothing in it, its zxid included, is certain. */
  checksumOk: boolean;
}

/** Which transactions {@link Directory.transactions} gives: a range of zxids, both ends included. */
export interface TransactionsOptions extends RangeOptions {
  /** At most this many. */
  limit?: number;
  /** The newest first. */
  reverse?: boolean;
  /** Told of what is wrong with the records on the way. */
  onFinding?: (finding: Finding) => void;
}

/** How {@link Directory.at} reads a point, and what it gives where the point cannot be reached exactly. */
export interface AtOptions extends PointOptions, RebuildOptions {}

/** Which changes {@link Directory.history} gives: zxids of a range, both ends included. */
export interface ChangesOptions extends RangeOptions {
  /** With all znodes below it. */
  recursive?: boolean;
  onFinding?: (finding: Finding) => void;
}

/** What {@link Directory.restore} writes, for which servers, and as of which point. */
export interface RestoreToOptions extends AtOptions {
  /** The point; the latest if not given. */
  at?: PointLike;
  /** Only znodes that match one of these globs, and those above them. */
  include?: readonly string[];
  /** Not these, nor what is below them. */
  exclude?: readonly string[];
  /** A snapshot as this release writes it, such as `"3.8"`; as the source's did, if not given. */
  release?: string;
  compression?: Compression;
  /** With `inexact`: write what logs without a beginning show, though much is missing. */
  partial?: boolean;
  /** What else is to become of the tree: the state is taken as it is, if not given. A changed tree gets a new epoch. */
  plan?: Partial<Omit<RestorePlan, "chosen">>;
}

/**
 * Finds the files of a data directory (or of several), a snapshot, a log, a `zoo.cfg` or a tar archive. Nothing is read yet
 * but names and heads, and nothing is ever written there. Gzipped archives and streams are fetched first: `close` the
 * directory to have that taken away.
 *
 * @throws {@link ZkRewindError} 3 where a source cannot be read, or the scratch folder is too small; 2 where it is none.
 *
 * @example
 * import { openDirectory } from "zkrewind";
 *
 * const directory = await openDirectory("fixtures/3.8.6-standalone");
 * console.log(directory.files.snapshots.length, directory.files.logs.length);
 */
export async function openDirectory(source: string | readonly string[], options: OpenOptions = {}): Promise<Directory> {
  const { logDir, nodes = [], stdin, name } = options;
  const scratch = new Scratch(options.scratch);
  const fetcher = new Fetcher({ scratch, ...(stdin && { stdin }), ...(name !== undefined && { name }) });
  try {
    const sources = typeof source === "string" ? [source] : source;
    const all = [discover(await fetcher.fetch(sources), logDir === undefined ? {} : { logDir })];
    for (const node of nodes) all.push(discover(await fetcher.fetch([node])));
    const files = nodes.length === 0 ? (all[0] as DataDirectory) : (await merge(all)).directory;
    return new Directory(files, all, scratch);
  } catch (error) {
    scratch.remove();
    throw error;
  }
}

/**
 * A server's data directory, or several that are read as one history; from {@link openDirectory}.
 *
 * @example
 * import { openDirectory } from "zkrewind";
 *
 * const directory = await openDirectory("fixtures/3.8.6-standalone");
 * try {
 *   console.log(directory.files.logs.length, (await directory.at("0x400")).size);
 * } finally {
 *   directory.close();
 * }
 */
export class Directory {
  /** Its files, and what finding them has shown: see `zkrewind/recovery`. */
  readonly files: DataDirectory;
  private readonly sources: readonly DataDirectory[];
  private readonly scratch: Scratch | null;

  /** @internal */
  constructor(files: DataDirectory, sources: readonly DataDirectory[], scratch: Scratch | null) {
    this.files = files;
    this.sources = sources;
    this.scratch = scratch;
  }

  /** Takes away what was fetched to be read: nothing can be read of it any more. States that were rebuilt stay. */
  close(): void {
    this.scratch?.remove();
  }

  /**
   * The tree at a point, itself included; just before it with `before`.
   *
   * @throws {@link ZkRewindError} 4 where the files cannot give that state, or not exactly: `inexact` takes the nearest
   * they have, `newestExact` the newest exact one before it. 2 for a point that is none.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const directory = await openDirectory("fixtures/3.8.6-standalone");
   * const state = await directory.at("2026-11-23T01:34:45Z");
   * console.log(state.zxid.toString(16), state.exact, state.size);
   */
  async at(point: PointLike = "latest", options: AtOptions = {}): Promise<TreeState> {
    const { before, timeZone, ...rest } = options;
    const request = requestOf(point, {
      ...(before === undefined ? {} : { before }),
      ...(timeZone === undefined ? {} : { timeZone }),
    });
    return new TreeState(await rebuild(this.files, request, rest));
  }

  /**
   * The transactions of a range in zxid order, with copies of their bytes. Memory does not grow with the logs.
   *
   * @throws {@link ZkRewindError} 4 for a time that clocks came by several times.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const directory = await openDirectory("fixtures/3.8.6-standalone");
   * for await (const { zxid, op, path } of directory.transactions({ from: "0xe40", limit: 3 }))
   *   console.log(zxid.toString(16), op, path);
   */
  async *transactions(options: TransactionsOptions = {}): AsyncGenerator<Transaction, void, void> {
    const { limit, reverse, onFinding } = options;
    const ends = await rangeEnds(this.files, rangePointsOf(options));
    const range = {
      from: ends.from?.zxid ?? null,
      to: ends.to?.zxid ?? null,
      ...(limit === undefined ? {} : { limit }),
      ...(reverse === undefined ? {} : { reverse }),
    };
    yield* pull<Transaction>((push) =>
      readRange(this.files.logs, range, {
        take: (txn, shape, _, { file, offset, checksumOk }) =>
          push.item({ ...readTxn(txn, shape satisfies TxnShape), file, offset, checksumOk }),
        isDone: () => push.isDone(),
        pause: () => push.pause(),
        finding: (each) => onFinding?.(each),
      }),
    );
  }

  /**
   * The changes of a znode, the oldest first: what it was before the first transaction is one, too ("existed"), and so is
   * what changed where transactions are missing ("unseen").
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const directory = await openDirectory("fixtures/3.8.6-standalone");
   * for await (const { kind, zxid, after } of directory.history("/counters/c7")) console.log(kind, zxid, after?.version);
   */
  async *history(path: string, options: ChangesOptions = {}): AsyncGenerator<Change, void, void> {
    const { recursive = false, onFinding } = options;
    const ends = await rangeEnds(this.files, rangePointsOf(options));
    const range = { from: ends.from?.zxid ?? null, to: ends.to?.zxid ?? null };
    yield* pull<Change>((push) =>
      history(
        this.files,
        path,
        { recursive, range },
        {
          change: (change) => push.item(change),
          isDone: () => push.isDone(),
          pause: () => push.pause(),
          finding: (each) => onFinding?.(each),
        },
      ),
    );
  }

  /**
   * Every session that the files know of, by id, with what it did.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const directory = await openDirectory("fixtures/3.8.6-standalone");
   * for (const { id, writes, end } of await directory.sessions()) console.log(id.toString(16), writes, end?.ending);
   */
  async sessions(options: { onFinding?: (finding: Finding) => void } = {}): Promise<SessionLife[]> {
    return sessionLives(this.files, options);
  }

  /**
   * Reads every file, proves what can be proven, and says what does not fit. What is wrong with files is in `findings`,
   * and throws nothing.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const { sound, startable, exact } = await (await openDirectory("fixtures/3.8.6-standalone")).verify();
   * console.log(sound, startable.starts, exact?.length);
   */
  async verify(options: VerifyOptions = {}): Promise<Verification> {
    return verify(this.files, options);
  }

  /**
   * Writes the state at a point as a new data directory that a server starts on, whole or not at all, and reads it back.
   *
   * @throws {@link ZkRewindError} 4 as {@link Directory.at} does; 3 where the target exists or cannot be written; 2 where
   * it is in a source, or for a release that is none; 1 where a znode's ACL is not known.
   *
   * @example
   * import { mkdtempSync } from "node:fs";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { openDirectory } from "zkrewind";
   *
   * const target = join(mkdtempSync(join(tmpdir(), "restore-")), "data");
   * const directory = await openDirectory("fixtures/3.8.6-standalone");
   * const restored = await directory.restore(target, { at: "0x400", before: true });
   * console.log(restored.snapshot, restored.znodes);
   */
  async restore(target: string, options: RestoreToOptions = {}): Promise<Restored> {
    const { at = "latest", include = [], exclude = [], release, compression, partial = false, plan, ...rest } = options;
    for (const source of this.sources) refuseInSource(target, source);
    const layout = release === undefined ? null : layoutOfRelease(release);
    if (layout === undefined) throw new ZkRewindError(say`no release: ${tag.given(release ?? "")}`, { exitCode: 2 });
    const { state } = await this.at(at, rest);
    const selection = select(state.tree, { include, exclude });
    const chosen = selection ? (slot: number) => selection.has(slot) : null;
    if (state.partial && !partial)
      throw new ZkRewindError(say`no whole tree can be restored: ${state.doubt ?? "they hold too little"}`, {
        exitCode: 4,
      });
    const whole: RestorePlan = { ...AS_IT_IS, now: Date.now(), ...plan, chosen };
    // Servers that still have the old tree at that zxid would never take the new one.
    if (plan?.epoch === undefined && changesTree(whole)) whole.epoch = "leap";
    const made = await carryOut(state, this.files, whole);
    return restore(made, target, {
      layout: layout ?? state.layout,
      ...(compression === undefined ? {} : { compression }),
      openDanglingAcls: plan?.openDanglingAcls ?? false,
    });
  }
}
