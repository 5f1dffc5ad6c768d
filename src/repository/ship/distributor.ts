import { setTimeout as sleep } from "node:timers/promises";
import { ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";
import type { StoredObject } from "../link/link.js";
import { Stock } from "./stock.js";
import type { Shipment, Target } from "./target.js";

export interface DistributorOptions {
  /** Whether to try again for ever; else a few times. */
  untiring: boolean;
  /** Bytes of objects kept for repositories that are late. */
  spool: number;
  /** Milliseconds before the second try; each further one waits twice as long. */
  pause?: number;
  /** Milliseconds that those which do not answer are waited for at the beginning, once another has. */
  patience?: number;
  /** Breaks requests off. */
  signal?: AbortSignal;
  /** Called when a repository's trouble begins, changes or ends. */
  onTrouble?: (target: Target, why: Message | null) => void;
}

/**
 * Brings the same bytes to several repositories, each in its own time: one that is down or slow never holds another back,
 * and gets what it missed from the stock, or from one that has it.
 */
export class Distributor {
  readonly targets: readonly Target[];
  readonly stock: Stock;
  private readonly options: DistributorOptions;
  /** Those that a repository needs, from a whole one on. */
  private shipments: Shipment[] = [];
  private readonly loops: Promise<void>[] = [];
  private readonly failed = new Set<Target>();
  /** Those that are open, and have been found to hold nobody else's history. */
  private readonly admitted = new Set<Target>();
  /** Those that store an object before its link. */
  private readonly storing = new Set<Target>();
  /** First tries that are under way. */
  private readonly opening = new Map<Target, Promise<boolean>>();
  private wake: (() => void)[] = [];
  private closing = false;
  private admit: (target: Target) => Promise<void> = () => Promise.resolve();
  /** Cuts pauses short once the run must end. */
  private readonly hurry = new AbortController();

  constructor(targets: readonly Target[], options: DistributorOptions) {
    this.targets = targets;
    this.options = options;
    this.stock = new Stock(options.spool);
  }

  /** Those that can be asked now. */
  get reachable(): Target[] {
    return this.targets.filter((target) => this.admitted.has(target) && !this.failed.has(target));
  }

  /** Whether no repository is left that could still take anything. */
  get isLost(): boolean {
    return this.failed.size === this.targets.length;
  }

  /** Tries each once; those that have not answered soon after the first one are waited for, or tried again, from then on. */
  async open(): Promise<void> {
    const { patience = PATIENCE } = this.options;
    const all = new AbortController();
    const first = new Promise<void>((resolve) => {
      for (const target of this.targets) this.opening.set(target, this.tryToOpen(target, resolve));
    });
    const rest = async (): Promise<void> => {
      await first;
      await sleep(patience, undefined, { signal: all.signal }).catch(() => undefined);
    };
    await Promise.race([Promise.all(this.opening.values()), rest()]);
    all.abort();
    for (const target of this.targets) if (target.names !== null) this.admitted.add(target);
  }

  /**
   * Begins to deliver: `shipments` are links that a repository can lack. `admit`: whether one that is opened from now on may
   * be written to; throws ZkRewindError where not.
   */
  begin(shipments: readonly Shipment[], admit: (target: Target) => Promise<void>): void {
    this.admit = admit;
    this.shipments.push(...shipments);
    for (const target of this.targets) this.loops.push(this.run(target));
  }

  /** Has a link delivered; waits until one repository has it. A whole one takes the place of all before it. */
  async publish(shipment: Shipment, whole: boolean): Promise<void> {
    if (whole) this.shipments = [];
    this.shipments.push(shipment);
    this.wakeAll();
    await this.until(() => this.targets.some((target) => target.has(shipment.name)));
  }

  /** Has an object delivered with the link that is going to name it; stored at once where the stock has no room for it. */
  async hold(object: StoredObject, bytes: Uint8Array): Promise<void> {
    if (!this.stock.add(object.name, bytes)) await this.store(object, bytes);
  }

  /** Has an object stored before its link is made: waits until one repository has it. */
  async store(object: StoredObject, bytes: Uint8Array): Promise<void> {
    this.stock.add(object.name, bytes);
    for (let failures = 0; !this.targets.some((target) => target.has(object.name)); failures++) {
      if (this.isLost) throw this.lost();
      if (failures > 0) await this.rest(failures);
      await this.storedByOne(object, bytes);
    }
    this.stock.stored(object.name);
  }

  /** One that still stores another object is not given a further one: it gets this later, and it is not kept for it. */
  private async storedByOne(object: StoredObject, bytes: Uint8Array): Promise<void> {
    const { signal } = this.options;
    await new Promise<void>((resolve) => {
      const tries = this.reachable
        .filter((target) => !this.storing.has(target))
        .map(async (target) => {
          this.storing.add(target);
          if (await this.attempt(target, () => target.keep(object, bytes, signal))) resolve();
          this.storing.delete(target);
        });
      void Promise.all(tries).then(() => resolve());
    });
  }

  /** From now on gives a repository up after a few failed tries: the run must end. */
  hasten(): void {
    this.hurry.abort();
  }

  /** Waits until every repository has all, or has failed. */
  async settle(): Promise<void> {
    this.closing = true;
    if (this.options.untiring) this.hurry.abort();
    this.wakeAll();
    await Promise.all(this.loops);
  }

  /** What a pruner may delete soon from any repository: no link may begin to name it. */
  async marked(): Promise<Set<string>> {
    const all = await Promise.all(this.reachable.map((target) => target.marked(this.options.signal)));
    return new Set(all.flatMap((names) => [...names]));
  }

  /** Whether an object is in no repository because it was pruned. */
  wasPruned(name: string): boolean {
    const { reachable } = this;
    return reachable.some(({ pruned }) => pruned.has(name)) && !reachable.some((target) => target.has(name));
  }

  /** An object's bytes, wherever they are. */
  async obtain(object: StoredObject, except: Target | null): Promise<Uint8Array> {
    const kept = this.stock.get(object.name);
    if (kept) return kept;
    for (const target of this.reachable) {
      if (target === except || !target.has(object.name)) continue;
      const bytes = await target.sound(object, this.options.signal).catch(() => undefined);
      if (bytes) return bytes;
    }
    throw new ZkRewindError(say`no repository that can be reached has ${tag.file(object.name)}`, { exitCode: 3 });
  }

  private async run(target: Target): Promise<void> {
    const { untiring } = this.options;
    for (let failures = 0; ; ) {
      const open = await this.isOpen(target);
      const shipment = open ? this.next(target) : undefined;
      if (open && !shipment) {
        if (target.trouble) this.tell(target, null);
        failures = 0;
        if (this.closing) return;
        await this.awake();
        continue;
      }
      if (shipment && (await this.attempt(target, () => this.deliver(target, shipment)))) {
        failures = 0;
        continue;
      }
      failures++;
      // What it was waited for may be there all the same.
      this.wakeAll();
      if ((!untiring || this.closing || this.hurry.signal.aborted) && failures >= TRIES) {
        this.failed.add(target);
        this.wakeAll();
        return;
      }
      await this.rest(failures);
    }
  }

  /** Before the next try; longer from failure to failure, and no more than a little once the run is to end. */
  private async rest(failures: number): Promise<void> {
    const first = this.options.pause ?? FIRST_PAUSE;
    if (this.hurry.signal.aborted) await sleep(first);
    const pause = Math.min(first * 2 ** (failures - 1), LONGEST_PAUSE);
    await sleep(pause, undefined, { signal: this.hurry.signal }).catch(() => undefined);
  }

  private async tryToOpen(target: Target, onOpen: () => void): Promise<boolean> {
    const isOpen = await this.attempt(target, () => target.open(this.options.signal));
    if (isOpen) onOpen();
    return isOpen;
  }

  private async isOpen(target: Target): Promise<boolean> {
    if (this.admitted.has(target)) return true;
    const opening = this.opening.get(target) ?? this.tryToOpen(target, () => {});
    this.opening.delete(target);
    if (target.names === null && !(await opening)) return false;
    if (!(await this.attempt(target, () => this.admit(target)))) return false;
    this.admitted.add(target);
    return true;
  }

  private async deliver(target: Target, shipment: Shipment): Promise<void> {
    const objects = shipment.objects.filter(({ name }) => target.has(name) || !this.isPruned(name, target));
    await target.deliver({ ...shipment, objects }, (object) => this.obtain(object, target), this.options.signal);
    for (const { name } of shipment.objects) {
      if (this.targets.every((each) => each.has(name))) this.stock.forget(name);
      else this.stock.stored(name);
    }
    this.wakeAll();
  }

  /** Whether a repository must do without an object: it was pruned from it, or from another and is in none. */
  private isPruned(name: string, target: Target): boolean {
    return target.pruned.has(name) || this.wasPruned(name);
  }

  private async attempt(target: Target, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.tell(target, error instanceof ZkRewindError ? error.said.message : say`${tag.system(String(error))}`);
      return false;
    }
  }

  private tell(target: Target, why: Message | null): void {
    target.trouble = why === null ? null : { why, since: target.trouble?.since ?? performance.now() };
    this.options.onTrouble?.(target, why);
  }

  /** What a repository lacks of what was published: links, and objects that they name. */
  lackedBy(target: Target): { links: number; objects: number; bytes: number } {
    const links = this.shipments.filter(({ name }) => !target.has(name));
    const objects = new Map(links.flatMap((link) => link.objects).map((object) => [object.name, object]));
    const lacked = [...objects.values()].filter(({ name }) => !target.has(name));
    return { links: links.length, objects: lacked.length, bytes: lacked.reduce((sum, { size }) => sum + size, 0) };
  }

  private next(target: Target): Shipment | undefined {
    return this.shipments.find(({ name }) => !target.has(name));
  }

  private async until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.isLost) throw this.lost();
      await this.awake();
    }
  }

  private lost(): ZkRewindError {
    const [first] = this.targets;
    const why = first?.trouble?.why ?? say`nothing is stored`;
    return new ZkRewindError(say`no repository takes anything: ${why}`, { exitCode: 3 });
  }

  private awake(): Promise<void> {
    return new Promise((resolve) => this.wake.push(resolve));
  }

  private wakeAll(): void {
    for (const go of this.wake.splice(0)) go();
  }
}

const TRIES = 3;
/** Milliseconds. */
const PATIENCE = 3000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
