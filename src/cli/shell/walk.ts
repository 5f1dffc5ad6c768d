import { type ForwardStep, stepForward } from "../../forensics/history/step-forward.js";
import {
  type DataDirectory,
  parsePoint,
  type Point,
  type PointRequest,
  rebuild,
  type State,
} from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { ChildIndex, NONE, pathOf, ROOT } from "../../tree/index.js";
import type { PointFlags } from "../options/options.js";
import { expectRebuild, keepOpen, reportState } from "../source.js";
import { resolvePath } from "./words.js";
import { say } from "../../text/message.js";

type WalkOptions = Pick<PointFlags, "inexact" | "tz">;

/** Where a user of the shell stands, in the tree and in time. */
export class Walk {
  readonly sources: readonly string[];
  readonly directory: DataDirectory;
  /** The working path. It may not exist at this point: coming back to another finds it again. */
  path = "/";
  private current: State;
  private readonly options: WalkOptions;
  private index: ChildIndex | null = null;

  constructor(sources: readonly string[], directory: DataDirectory, state: State, options: WalkOptions) {
    this.sources = sources;
    this.directory = directory;
    this.options = options;
    this.current = state;
    keepOpen({ directory, state });
  }

  get state(): State {
    return this.current;
  }

  resolve(path: string): string {
    return resolvePath(this.path, path);
  }

  exists(path: string): boolean {
    return this.find(path) !== NONE;
  }

  /** Names of a znode's children, and whether they have some themselves. None of one that does not exist. */
  children(path: string): { name: string; isParent: boolean }[] {
    const slot = this.find(path);
    if (slot === NONE) return [];
    const { tree } = this.state;
    this.index ??= new ChildIndex(tree.znodes);
    return [...this.index.of(slot)].map((child) => {
      const whole = pathOf(tree, child);
      return { name: whole.slice(whole.lastIndexOf("/") + 1), isParent: tree.znodes.numChildren(child) > 0 };
    });
  }

  async at(text: string, inclusive: boolean): Promise<void> {
    await this.rebuild({ point: this.point(text), inclusive });
    reportState(this.state);
  }

  /** A point, with times in the shell's zone where they name none. */
  point(text: string): Point {
    return parsePoint(text, this.options.tz);
  }

  /** Applies the next transaction; null where the logs end. */
  async next(): Promise<ForwardStep | null> {
    const step = await stepForward(this.directory, this.state);
    if (step) this.move(step.state);
    return step;
  }

  /** Takes the last transaction back. */
  async previous(): Promise<void> {
    const { zxid } = this.state;
    if (zxid === 0n) throw new ZkRewindError(say`this is the first state`, { exitCode: 4 });
    await this.rebuild({ point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: false });
    if (this.state.zxid >= zxid)
      throw new ZkRewindError(say`the files hold no state before ${hex(zxid)}`, { exitCode: 4 });
  }

  private async rebuild(request: PointRequest): Promise<void> {
    expectRebuild(this.directory, request);
    this.move(await rebuild(this.directory, request, { inexact: this.options.inexact ?? false }));
  }

  private move(state: State): void {
    this.current = state;
    this.index = null;
    keepOpen({ directory: this.directory, state });
  }

  private find(path: string): number {
    return path === "/" ? ROOT : this.state.tree.znodes.findPath(Buffer.from(path));
  }
}
