import { setTimeout as sleep } from "node:timers/promises";
import { type Finding, ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";
import type { Recipients } from "../crypt/index.js";
import type { Head } from "../link/catalogue.js";
import type { Line } from "../link/line.js";
import type { Segment } from "../link/link.js";
import { hashOf } from "../names.js";
import { buildFile } from "../segment/build.js";
import type { Signer } from "../sign/index.js";
import { Chain, shipmentOf } from "./chain.js";
import { RunCutter } from "./cutter.js";
import type { Distributor } from "./distributor.js";
import { localFiles, votersIn } from "./local-files.js";
import { LocalLogs } from "./local-logs.js";
import { localSnapshots, type LocalSnapshot, shipSnapshot } from "./local-snapshots.js";
import { refuseAnotherLine } from "./same-line.js";
import { Shipper } from "./shipper.js";
import { type ServerSource, STANDALONE } from "./source.js";

export interface BackupOptions {
  recipients: Recipients | null;
  signer: Signer | null;
  /** The voters, where the configuration does not name them. */
  voters: string[] | null;
  /** Called with what happened; repeated news only once. */
  tell: (event: BackupEvent) => void;
}

export type BackupEvent =
  | { kind: "shipped"; link: string; segments: number; bytes: number; tip: bigint | null }
  | { kind: "snapshot"; zxid: bigint; bytes: number }
  | { kind: "finding"; finding: Finding }
  | { kind: "note"; message: Message };

export interface FollowOptions {
  /** Milliseconds between links. */
  interval: number;
  /** Bytes of transactions that are shipped before that. */
  maxBytes: number;
  signal: AbortSignal;
}

/** One server's way into its repositories: `once`, or `once` and then `follow`. */
export class Backup {
  readonly shipper: Shipper;
  /** Transactions that were read and are in no link yet, and since when (of performance.now()). */
  unshipped: { bytes: number; since: number | null } = { bytes: 0, since: null };
  private readonly source: ServerSource;
  private readonly distributor: Distributor;
  private readonly options: BackupOptions;
  private readonly chain: Chain;
  private readonly logs: LocalLogs;
  private readonly cutter: RunCutter;
  private readonly seen = new Set<string>();
  private snapshotting: Promise<void> | null = null;
  /** What ended the shipping of snapshots, which goes on beside that of transactions. */
  private failure: { error: unknown } | null = null;
  private voters: string[] | null = null;
  /** Whether what the server has now may be another ensemble's: its logs went back, and nothing has shown whose they are. */
  private doubtful = false;
  /** Of other servers, as they were when this began. */
  private readonly elsewhere: readonly Segment[];

  private constructor(source: ServerSource, distributor: Distributor, options: BackupOptions, all: readonly Head[]) {
    const heads = all.filter(({ line: { server } }) => server === source.server);
    this.elsewhere = all.flatMap((head) => (heads.includes(head) ? [] : head.line.segments));
    this.source = source;
    this.distributor = distributor;
    this.options = options;
    this.chain = new Chain(source.server, heads, options.signer);
    const { line } = this.chain;
    // What was pruned is not missing, and is not shipped again.
    const has = (name: string): boolean =>
      distributor.wasPruned(name) || distributor.reachable.some((target) => target.has(name));
    const segments = line.segments.filter(({ name }) => has(name));
    const snapshots = line.snapshots.filter(({ parts }) => parts.every(({ name }) => has(name)));
    const files = line.files.filter(({ name }) => has(name));
    const lost = line.segments.length + line.snapshots.length + line.files.length;
    const left = segments.length + snapshots.length + files.length;
    if (left < lost) {
      options.tell({
        kind: "note",
        message: say`${lost - left} segments, snapshots or files are missing in every repository: they are shipped again where the server still has them`,
      });
      const dropped = line.dropped.filter(({ name }) => has(name));
      this.chain.line = { ...line, segments, snapshots, files, dropped };
      this.chain.makeWhole();
    }
    this.shipper = new Shipper(distributor, options.recipients, this.chain.line);
    this.logs = new LocalLogs(source.logFolders);
    this.cutter = new RunCutter(
      async (cut) => {
        this.unshipped.since ??= performance.now();
        await this.shipper.ship(cut);
        if (this.shipper.shipped.segments >= MOST_SEGMENTS || this.shipper.shipped.bytes >= MOST_BYTES)
          await this.link();
      },
      (finding) => options.tell({ kind: "finding", finding }),
    );
  }

  /**
   * Opens the repositories that can be reached. Throws ZkRewindError: 3 where none can, 1 where the server's history is
   * another ensemble's.
   */
  static async open(source: ServerSource, distributor: Distributor, options: BackupOptions): Promise<Backup> {
    await distributor.open();
    const { reachable } = distributor;
    const [first] = reachable;
    if (!first) {
      const why = distributor.targets[0]?.trouble?.why ?? say`no repository is named`;
      throw new ZkRewindError(why, { exitCode: 3 });
    }
    const links = new Map(
      reachable.flatMap(({ catalogue }) => catalogue?.links ?? []).map((each) => [each.name, each]),
    );
    const heads = reachable.flatMap(({ catalogue }) => catalogue?.heads ?? []);
    await refuseAnotherLine(source, first.store.location, reachable);
    const byName = new Map(heads.map((head) => [head.link.name, head]));
    const continued = new Set([...links.values()].map(({ link }) => link.previous?.name));
    const ends = [...byName.values()]
      .filter(({ link }) => !continued.has(link.name))
      .sort((a, b) => b.link.link.depth - a.link.link.depth);
    const backup = new Backup(source, distributor, options, ends);
    const missing = [...links.values()]
      .filter(({ link }) => link.server === source.server)
      .sort((a, b) => a.link.depth - b.link.depth)
      .map(shipmentOf)
      .filter(({ objects }) =>
        objects.every(({ name }) => distributor.wasPruned(name) || reachable.some((target) => target.has(name))),
      );
    distributor.begin(missing, async (late) => {
      await refuseAnotherLine(source, late.store.location, [late]);
    });
    return backup;
  }

  get line(): Line {
    return this.chain.line;
  }

  /** Ships all that the server has now. */
  async once(): Promise<void> {
    await this.shipFiles();
    await this.readAll();
    await this.link();
    await this.shipSnapshots();
    await this.link();
  }

  /** Ships new transactions until the signal, and then whatever is whole. */
  async follow({ interval, maxBytes, signal }: FollowOptions): Promise<void> {
    // A clock can be set back, even by a day: this one cannot.
    let due = performance.now() + interval;
    for (;;) {
      const stopping = signal.aborted;
      if (this.doubtful) await this.compare();
      const news = await this.logs.readOn(this.cutter);
      await this.cutter.pause();
      if (news === "begin again") {
        this.options.tell({
          kind: "note",
          message: say`the server has gone back: its logs are read from the beginning`,
        });
        this.doubtful = true;
        await this.compare();
        await this.readAll();
      }
      this.unshipped.bytes = this.cutter.taken;
      if (this.cutter.taken > 0) this.unshipped.since ??= performance.now();
      if (performance.now() >= due || this.cutter.taken >= maxBytes || stopping) {
        await this.shipTip();
        await this.shipFiles();
        await this.link();
        due = performance.now() + interval;
        this.snapshotting ??= this.shipSnapshotsBeside();
      }
      if (stopping || this.failure) break;
      await sleep(Math.min(POLL, interval), undefined, { signal }).catch(() => undefined);
    }
    await this.snapshotting;
    await this.link();
    if (this.failure) throw this.failure.error;
  }

  close(): void {
    this.logs.close();
  }

  /** Throws ZkRewindError 1 where the server's directory was replaced by another ensemble's. */
  private async compare(): Promise<void> {
    const { reachable, targets } = this.distributor;
    const location = (reachable[0] ?? targets[0])?.store.location ?? "";
    this.doubtful = !(await refuseAnotherLine(this.source, location, reachable, this.line.segments));
  }

  private async readAll(): Promise<void> {
    this.cutter.reset();
    await this.logs.readAll(this.cutter);
    await this.cutter.pause();
    await this.shipTip();
  }

  private async shipTip(): Promise<void> {
    const { current } = this.cutter;
    if (current) await this.shipper.ship(current);
    this.cutter.taken = 0;
  }

  /** Publishes the draft: a link makes it part of the backup. */
  private async link(): Promise<void> {
    const { shipper } = this;
    if (shipper.isEmpty) {
      this.unshipped = { bytes: 0, since: null };
      return;
    }
    if (this.doubtful) return;
    if (this.beginsBehindHole) {
      await this.snapshotting;
      await this.shipSnapshots();
    }
    const { segments, bytes } = shipper.shipped;
    const { shipment, whole } = this.chain.next(shipper.taken(), shipper.tip, this.voters);
    await this.distributor.publish(shipment, whole);
    this.unshipped = { bytes: 0, since: null };
    this.options.tell({ kind: "shipped", link: shipment.name, segments, bytes, tip: shipper.tip?.zxid ?? null });
  }

  /**
   * Whether the draft goes on behind transactions that this server never had, or no longer has: one that was synced by a
   * snapshot. Then that goes along, so that no repository ever ends in what nothing leads to.
   */
  private get beginsBehindHole(): boolean {
    const known = [...this.elsewhere, ...this.line.segments];
    return this.shipper.draft.segments.some(
      ({ after, first }) =>
        after === null && known.some((each) => each.first < first) && !known.some(({ last }) => last === first - 1n),
    );
  }

  private async shipFiles(): Promise<void> {
    const { dataFolder, config } = this.source;
    const files = localFiles(dataFolder, config);
    // One that is in no ensemble confirms by itself.
    const alone = this.source.server === STANDALONE ? [STANDALONE] : null;
    this.voters = this.options.voters ?? votersIn(files) ?? alone;
    const { line } = this;
    for (const { file, text } of files) {
      const content = hashOf(text);
      if (line.files.some((each) => each.file === file && each.content === content)) continue;
      const { bytes, ...object } = await buildFile(file, text, this.options.recipients);
      await this.distributor.hold(object, bytes);
      const [, stored = ""] = /\.([0-9a-f]{32})\.gz(?:\.age)?$/.exec(object.name) ?? [];
      const encrypted = this.options.recipients !== null;
      this.shipper.draft.files.push({ ...object, file, content, stored, encrypted });
    }
  }

  private async shipSnapshotsBeside(): Promise<void> {
    try {
      await this.shipSnapshots();
    } catch (error) {
      this.failure = { error };
    } finally {
      this.snapshotting = null;
    }
  }

  private async shipSnapshots(): Promise<void> {
    const { distributor, options, line } = this;
    for (const snapshot of localSnapshots(this.source.dataFolder)) {
      const key = keyOf(snapshot);
      if (this.seen.has(key)) continue;
      // The same zxid and size: it is not read again by each run.
      if (line.snapshots.some(({ zxid, bytes }) => zxid === snapshot.zxid && bytes === snapshot.size)) continue;
      const known = (zxid: bigint, content: string): boolean =>
        line.snapshots.some((each) => each.zxid === zxid && each.content === content);
      const findings: Finding[] = [];
      const shipped = await shipSnapshot(snapshot, distributor, options.recipients, known, (each) =>
        findings.push(each),
      );
      // One that is not whole may be being written: it is looked at again when it has changed.
      this.seen.add(key);
      if (shipped === "known") continue;
      if (shipped === null) {
        const isNewest = snapshot.name === localSnapshots(this.source.dataFolder).at(-1)?.name;
        if (!isNewest) for (const finding of findings) options.tell({ kind: "finding", finding });
        if (isNewest) options.tell({ kind: "note", message: say`${tag.file(snapshot.name)} is not whole yet` });
        continue;
      }
      this.shipper.draft.snapshots.push(shipped);
      options.tell({ kind: "snapshot", zxid: snapshot.zxid, bytes: shipped.bytes });
    }
  }
}

function keyOf({ path, size, modified }: LocalSnapshot): string {
  return `${path} ${size} ${modified}`;
}

/** The most segments, and stored bytes, of one link. */
const MOST_SEGMENTS = 64;
const MOST_BYTES = 16 << 20;
/** How often the logs are looked at, in milliseconds. */
const POLL = 500;
