import { type Finding, finding } from "../findings/finding.js";
import { SnapshotReader } from "../storage/snapshot-reader.js";
import type { SnapshotTrailers } from "../storage/snapshot-trailers.js";
import type { ByteSource } from "../io/byte-source.js";
import { OPEN_ACL_ID } from "./acl-table.js";
import { Arena } from "./arena.js";
import { DataTree } from "./data-tree.js";
import { NewestChange } from "./newest-change.js";
import { STAT } from "./znode-fields.js";
import { pathOf } from "./znode.js";
import { NONE } from "./znode-store.js";
import { joined, type Message, say, tag } from "../text/message.js";
import { aclIdAt } from "../storage/znode-record.js";
import { SLASH } from "../storage/path.js";
import { LARGE_VALUE } from "../storage/large-value.js";
import { ZnodeRun } from "../checksum/index.js";

/** A snapshot that was read whole into a tree, with what was found out on the way. */
export interface LoadedSnapshot {
  tree: DataTree;
  trailers: SnapshotTrailers | null;
  /** The largest czxid, mzxid or pzxid of any znode: the snapshot holds changes at least up to it. */
  newestChange: bigint;
  findings: Finding[];
  /** Whether the file is sealed and its znodes make a tree. */
  sound: boolean;
}

/**
 * Reads a snapshot into a tree. The file's bytes become the tree's memory; each znode costs a slot in the store and an
 * entry in the path index.
 *
 * Damage gives findings, not an error: what was read before it is in the tree, and `sound` is false.
 * `oneByOne`: without runs of the kernel, as tests compare them with.
 *
 * @example
 * import { openBytes } from "zkrewind/io";
 * import { loadSnapshot } from "zkrewind/tree";
 *
 * const { tree, sound, findings } = await loadSnapshot(openBytes("fixtures/3.8.6-standalone/version-2/snapshot.207"));
 * console.log(tree.znodes.size, sound, findings.length);
 */
export async function loadSnapshot(
  source: ByteSource,
  onProgress?: (storedBytes: number) => void,
  oneByOne = false,
): Promise<LoadedSnapshot> {
  const arena = new Arena(source.size ?? 0);
  const reader = new SnapshotReader(source, arena);
  const tree = new DataTree(arena, source.size === undefined ? 0 : Math.ceil(source.size / TYPICAL_RECORD));
  const loader = new Loader(reader, tree, arena);
  if (await reader.readHead()) {
    for (const { id, timeout } of reader.sessions) {
      tree.sessions.set(Number(id >> 32n), Number(id & 0xffffffffn), timeout);
    }
    for (const { id, acl } of reader.acls) tree.acls.adopt(id, acl);
    while (await reader.fill()) {
      loader.takeAll(oneByOne);
      onProgress?.(source.storedRead);
    }
  }
  arena.used(reader.window.keptEnd);
  loader.finish();
  tree.quotas.adopt();
  const layout = reader.trailers?.layout;
  if (layout?.digest || layout?.lastZxid) tree.from36 = true;
  const findings = [...reader.findings, ...loader.findings];
  return {
    tree,
    trailers: reader.trailers,
    newestChange: loader.newest.zxid,
    findings,
    sound: reader.sound && loader.findings.every((each) => each.severity !== "error"),
  };
}

/** For a first guess at how many znodes a file holds; the columns grow where it is wrong. */
const TYPICAL_RECORD = 192;
/** A report per znode would be as large as the damage. */
const MOST_REPORTS = 20;

class Loader {
  readonly findings: Finding[] = [];
  readonly newest = new NewestChange();

  private readonly reader: SnapshotReader;
  private readonly tree: DataTree;
  private readonly arena: Arena;
  private readonly run: ZnodeRun;
  /** The znodes above the current one, root first: a server writes depth first, so the parent is among them. */
  private readonly ancestors: number[] = [];
  private readonly ancestorLengths: number[] = [];
  /** How many of them count: shrinking an array costs more than a number. */
  private depth = 0;
  private dangling = 0;
  private readonly danglingSample: string[] = [];
  private unreported = 0;
  /** Where the first of them is. */
  private firstUnreported = 0;

  constructor(reader: SnapshotReader, tree: DataTree, arena: Arena) {
    this.reader = reader;
    this.tree = tree;
    this.arena = arena;
    this.run = new ZnodeRun(reader.window.block, LARGE_VALUE, true);
  }

  takeAll(oneByOne: boolean): void {
    do if (!oneByOne) this.takeRuns();
    while (this.takeNext());
    // The next fill may move on to another block.
    this.index();
    this.newest.note(this.run.newestHigh, this.run.newestLow);
  }

  private takeNext(): boolean {
    if (!this.reader.next()) return false;
    this.take();
    if (this.tree.znodes.mustIndex) this.index();
    return true;
  }

  /** What the kernel can take of the znodes that come next. */
  private takeRuns(): void {
    const { reader, run, arena, tree } = this;
    const { znodes } = tree;
    if (!this.standBehindLast()) return;
    this.index();
    const block = arena.blocks.length - 1;
    for (let first = znodes.slots; ; first = znodes.slots) {
      const taken = reader.takeRun(run, first);
      if (taken === 0) break;
      znodes.adoptRun(block, run, taken, this.reportDuplicate);
      for (let each = 0; each < run.oddCount; each++) {
        const slot = first + (run.odd[each] as number);
        reader.standOn(reader.window.block.view, znodes.recordOf(slot));
        this.lookAtOwnerAndAcl(slot);
      }
    }
    this.depth = run.stackDepth;
    for (let depth = 0; depth < this.depth; depth++) {
      this.ancestors[depth] = run.slotAt(depth);
      this.ancestorLengths[depth] = run.lengthAt(depth);
    }
  }

  /**
   * Tells the run of the last znode and those above it. False where the kernel cannot go on from there: it is in another
   * block, or the znodes on the stack are not each the next one's parent, as where a parent had to be looked up.
   */
  private standBehindLast(): boolean {
    const { run, ancestors, ancestorLengths, depth } = this;
    const { block } = this.reader.window;
    const { znodes } = this.tree;
    if (depth === 0) return false;
    const last = ancestors[depth - 1] as number;
    if (znodes.memoryOf(last) !== block) return false;
    for (let each = depth - 1; each > 0; each--) {
      if (znodes.parent(ancestors[each] as number) !== ancestors[each - 1]) return false;
    }
    run.begin(block);
    for (let each = 0; each < depth; each++) run.push(ancestorLengths[each] as number, ancestors[each] as number);
    return run.standBehind(znodes.recordOf(last) + 4, ancestorLengths[depth - 1] as number);
  }

  private index(): void {
    this.tree.znodes.indexAdopted(this.reportDuplicate);
  }

  private readonly reportDuplicate = (slot: number): void => {
    const record = this.tree.znodes.recordOf(slot);
    const at = this.reader.window.fileOffset(record);
    this.reportAt("snapshot.duplicate-node", pathOf(this.tree, slot), say`this path is listed twice`, at, {});
  };

  finish(): void {
    if (this.dangling > 0) {
      const names = joined(this.danglingSample.map(tag.path), ", ");
      const rest = this.dangling > this.danglingSample.length ? ", …" : "";
      const message = say`${this.dangling} znodes refer to ACL ids that the map lacks: ${names}${rest}`;
      this.findings.push(finding("acl.dangling", message, { file: this.fileName, ...firstPath(this.danglingSample) }));
    }
    if (this.unreported > 0) {
      this.findings.push(
        finding("snapshot.orphan", say`${this.unreported} more znodes like these`, {
          file: this.fileName,
          offset: this.firstUnreported,
        }),
      );
    }
  }

  private get fileName(): string {
    return this.reader.file;
  }

  private take(): void {
    const { reader, tree } = this;
    const { znodes } = tree;
    const { block } = reader.window;
    const { pathStart, pathLength } = reader;
    const blockIndex = this.arena.blocks.length - 1;
    const hash = block.kernel.path_hash(pathStart, pathLength) >>> 0;
    let parent = NONE;
    if (pathLength === 0) {
      if (znodes.size > 0) return this.report("snapshot.duplicate-node", say`the root occurs twice`);
    } else {
      if (znodes.size === 0) return this.report("snapshot.root", say`the first znode is not the root`);
      if (block.view.getUint8(pathStart) !== SLASH || block.view.getUint8(pathStart + pathLength - 1) === SLASH) {
        return this.report("snapshot.path", say`not an absolute path`);
      }
      parent = this.findParent();
      if (parent === NONE) this.report("snapshot.orphan", say`the parent is not before it`);
    }
    const slot = znodes.adopt(blockIndex, reader.record, hash, parent);
    this.ancestors[this.depth] = slot;
    this.ancestorLengths[this.depth] = pathLength;
    this.depth++;
    this.newest.look(block.view, reader.aclAt + 8);
    this.lookAtOwnerAndAcl(slot);
  }

  /** The znode that the current one's path names as its parent, leaving just its ancestors on the stack. */
  private findParent(): number {
    const { reader, ancestors, ancestorLengths } = this;
    const { block } = reader.window;
    const { view } = block;
    const start = reader.pathStart;
    let length = reader.pathLength - 1;
    while (length > 0 && view.getUint8(start + length) !== SLASH) length--;
    let top = this.depth - 1;
    while (top > 0 && (ancestorLengths[top] as number) > length) top--;
    if (top >= 0 && ancestorLengths[top] === length && this.isPrefix(ancestors[top] as number, start, length)) {
      this.depth = top + 1;
      return ancestors[top] as number;
    }
    this.index();
    return this.tree.znodes.find(block, start, length);
  }

  private isPrefix(slot: number, start: number, length: number): boolean {
    const { znodes } = this.tree;
    const { block } = this.reader.window;
    const record = znodes.recordOf(slot);
    if (znodes.memoryOf(slot) === block) return block.kernel.bytes_equal(record + 4, start, length) !== 0;
    return (
      znodes.memoryOf(slot).bytes.compare(block.bytes, start, start + length, record + 4, record + 4 + length) === 0
    );
  }

  private lookAtOwnerAndAcl(slot: number): void {
    const { aclAt } = this.reader;
    const { view } = this.reader.window.block;
    const stat = aclAt + 8;
    if (view.getInt32(stat + STAT.ephemeralOwner) !== 0 || view.getInt32(stat + STAT.ephemeralOwner + 4) !== 0) {
      this.tree.noteOwner(slot);
    }
    const acl = aclIdAt(view, aclAt);
    if (acl === OPEN_ACL_ID || this.tree.acls.get(acl) !== undefined) this.run.knowAcl(aclAt);
    else {
      this.tree.acls.reserve(acl);
      this.dangling++;
      if (this.danglingSample.length < MOST_REPORTS) this.danglingSample.push(this.path());
    }
  }

  private path(): string {
    const { reader } = this;
    return reader.window.block.bytes.toString("utf8", reader.pathStart, reader.pathStart + reader.pathLength);
  }

  private report(
    code: "snapshot.duplicate-node" | "snapshot.root" | "snapshot.path" | "snapshot.orphan",
    message: Message,
  ): void {
    const path = this.path();
    // In the order of the file, however many wait for the index.
    this.index();
    this.reportAt(code, path, message, this.reader.recordOffset, { offset: this.reader.recordOffset });
  }

  private reportAt(
    code: Finding["code"],
    path: string,
    message: Message,
    at: number,
    place: { offset?: number },
  ): void {
    if (this.findings.length >= MOST_REPORTS) {
      if (this.unreported++ === 0) this.firstUnreported = at;
      return;
    }
    this.findings.push(finding(code, say`${tag.path(path)}: ${message}`, { file: this.fileName, path, ...place }));
  }
}

function firstPath(sample: readonly string[]): { path?: string } {
  return sample[0] === undefined ? {} : { path: sample[0] };
}
