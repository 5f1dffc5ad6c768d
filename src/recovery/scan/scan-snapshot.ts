import { type Block, PiecewiseDigest, ZnodeRun } from "../../checksum/index.js";
import { type Finding, finding } from "../../findings/finding.js";
import { FindingList } from "../../findings/finding-list.js";
import { LARGE_VALUE, type LargeValues } from "../../storage/large-value.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import type { SnapshotTrailers } from "../../storage/snapshot-trailers.js";
import { type Compression, SUFFIX } from "../../io/byte-source.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import { kindOf, NewestChange, SessionMap, STAT } from "../../tree/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { endsAsSealed } from "./ends-as-sealed.js";
import { contradictsName } from "../exact/base.js";
import { ofTextMode, type TextModeScan } from "./text-mode.js";
import { say, tag, type Message } from "../../text/message.js";
import { counted } from "../../text/safe.js";
import { aclIdAt } from "../../storage/znode-record.js";
import { SLASH } from "../../storage/path.js";

/** What one pass over a snapshot found: plain data, so that a worker can send it. */
export interface SnapshotScan {
  file: string;
  path: string;
  /** The zxid in the name: the last that was fully applied when the snapshot began. */
  zxid: bigint | null;
  /** Which of several servers' it is. */
  node?: string;
  /** Bytes as stored, and uncompressed. */
  size: number;
  bytes: number;
  compression: Compression;
  znodes: number;
  ephemerals: number;
  containers: number;
  ttls: number;
  /** Ephemerals of sessions that it does not list, and the first of them. */
  ownerless: number;
  ownerlessPath: string;
  /** Znodes whose ACL id the ACL map lacks. */
  dangling: number;
  sessions: number;
  acls: number;
  /** The longest value, in bytes: what a server's jute.maxbuffer must allow. */
  largestValue: number;
  trailers: SnapshotTrailers | null;
  /** The largest czxid, mzxid or pzxid of a znode. */
  newestChange: bigint;
  /** The sum of the znodes' digests, unsigned. */
  digest: bigint;
  /** Whether it was read to a matching seal and has the shape of a tree, whatever its name and digest say. */
  sound: boolean;
  /** Whether it ends in the five bytes that a seal ends in: all that servers look at first (SnapStream.isValidSnapshot). */
  endsAsSealed: boolean;
  lineEnds: TextModeScan["lineEnds"];
  findings: Finding[];
}

/**
 * Reads a whole snapshot in bounded memory: seals, structure, parents, ACL ids, owners, digest.
 * `large` sees the values that pass by in pieces, too. `oneByOne`: without runs of the kernel, as tests compare them with.
 *
 * @example
 * import { discover, scanSnapshot } from "zkrewind/recovery";
 *
 * const { sound, znodes, sessions, digest } = await scanSnapshot(discover(["fixtures/3.8.6-standalone"]).snapshots[1]);
 * console.log(sound, znodes, sessions, digest);
 */
export async function scanSnapshot(
  file: StoredFile,
  onProgress?: (storedBytes: number) => void,
  large?: LargeValues,
  oneByOne = false,
): Promise<SnapshotScan> {
  const scan = await readThrough(file, onProgress, large, oneByOne);
  const rescan = (each: StoredFile): Promise<SnapshotScan> => readThrough(each, undefined, undefined, oneByOne);
  return ofTextMode(file, scan, rescan, ({ sound }) => sound);
}

async function readThrough(
  file: StoredFile,
  onProgress: ((storedBytes: number) => void) | undefined,
  large: LargeValues | undefined,
  oneByOne: boolean,
): Promise<SnapshotScan> {
  const source = file.open();
  const reader = new SnapshotReader(source);
  const scanner = new SnapshotScanner(file, reader);
  reader.passLarge({
    begin() {
      scanner.beginLarge();
      large?.begin();
    },
    piece(block, from, to) {
      scanner.addPiece(block, from, to);
      onProgress?.(source.storedRead);
      return large?.piece(block, from, to);
    },
  });
  try {
    if (await reader.readHead()) {
      scanner.begin();
      while (await reader.fill()) {
        do if (!oneByOne) scanner.takeRuns();
        while (scanner.takeNext());
        onProgress?.(source.storedRead);
      }
    }
    return scanner.result(source.compression);
  } finally {
    reader.close();
  }
}

class SnapshotScanner {
  private readonly file: StoredFile;
  private readonly reader: SnapshotReader;
  private readonly findings = new FindingList();
  private readonly knownAcls = new Set<number>([-1]);
  private readonly openSessions = new SessionMap<true>();
  /** The paths above the current znode, root first, back to back; and where each ends. */
  private ancestors: DataView = new DataView(new ArrayBuffer(1024));
  private readonly ends: number[] = [];
  /** Every bit that a byte of a path has set: whether all are ASCII. */
  private pathBytes = 0;
  private readonly newest = new NewestChange();
  private readonly run: ZnodeRun;
  private digestHigh = 0;
  private digestLow = 0;
  private ephemerals = 0;
  private containers = 0;
  private ttls = 0;
  private largest = 0;
  private readonly largeDigest = new PiecewiseDigest();
  private dangling = 0;
  private danglingPath = "";
  private ownerless = 0;
  private ownerlessPath = "";

  constructor(file: StoredFile, reader: SnapshotReader) {
    this.file = file;
    this.reader = reader;
    this.run = new ZnodeRun(reader.window.block, LARGE_VALUE, false);
  }

  begin(): void {
    for (const { id } of this.reader.acls) this.knownAcls.add(Number(id));
    for (const { id } of this.reader.sessions) this.openSessions.set(Number(id >> 32n), Number(id & 0xffffffffn), true);
  }

  beginLarge(): void {
    const { reader } = this;
    this.largeDigest.begin(reader.window.block, reader.pathStart, reader.pathLength);
  }

  addPiece(block: Block, from: number, to: number): void {
    this.largeDigest.data(block, from, to);
  }

  /** What the kernel can take of the znodes that come next. */
  takeRuns(): void {
    const { reader, run, ends } = this;
    run.begin(reader.window.block);
    for (const end of ends) run.push(end, 0);
    const length = ends[ends.length - 1] ?? 0;
    if (!run.standBehindCopy(new Uint8Array(this.ancestors.buffer), length)) return;
    let any = false;
    while (reader.takeRun(run, 0) > 0) {
      any = true;
      this.addToDigest(run.digestLow);
      this.digestHigh = (this.digestHigh + run.digestHigh) | 0;
      for (let each = 0; each < run.oddCount; each++) {
        reader.standOn(reader.window.block.view, run.results[4 * (run.odd[each] as number)] as number);
        this.lookAtOwnerAndAcl();
      }
    }
    if (any) this.standBehindRun();
  }

  /** Brings the path and its ends to where the run came to. */
  private standBehindRun(): void {
    const { run, ends, reader } = this;
    const { lastPath, lastLength } = run;
    if (lastLength > this.ancestors.byteLength) this.ancestors = longer(this.ancestors, lastLength * 2);
    reader.window.block.bytes.copy(new Uint8Array(this.ancestors.buffer), 0, lastPath, lastPath + lastLength);
    ends.length = 0;
    for (let depth = 0; depth < run.stackDepth; depth++) ends.push(run.lengthAt(depth));
  }

  /** The znode that comes next, whatever it is; false when there is none in memory. */
  takeNext(): boolean {
    if (!this.reader.next()) return false;
    this.take();
    return true;
  }

  private take(): void {
    const { reader } = this;
    const { block } = reader.window;
    this.checkParent();
    this.addToDigest(
      reader.passed > 0
        ? this.largeDigest.end(block, reader.aclAt + 8)
        : block.kernel.znode_digest(reader.record) >>> 0,
    );
    if (reader.dataLength > this.largest) this.largest = reader.dataLength;
    this.newest.look(block.view, reader.aclAt + 8);
    this.lookAtOwnerAndAcl();
  }

  private lookAtOwnerAndAcl(): void {
    const { reader } = this;
    const { view } = reader.window.block;
    const stat = reader.aclAt + 8;
    const ownerHigh = view.getInt32(stat + STAT.ephemeralOwner);
    const ownerLow = view.getUint32(stat + STAT.ephemeralOwner + 4);
    if (ownerHigh !== 0 || ownerLow !== 0) this.takeOwner(ownerHigh, ownerLow);
    const acl = aclIdAt(view, reader.aclAt);
    if (this.knownAcls.has(acl)) this.run.knowAcl(reader.aclAt);
    else if (this.dangling++ === 0) this.danglingPath = this.path();
  }

  private takeOwner(high: number, low: number): void {
    const kind = kindOf(high, low);
    if (kind === "container") this.containers++;
    else if (kind === "ttl") this.ttls++;
    else if (kind === "ephemeral") {
      this.ephemerals++;
      if (!this.openSessions.has(high, low) && this.ownerless++ === 0) this.ownerlessPath = this.path();
    }
  }

  private addWhatRunsFound(): void {
    const { run } = this;
    this.newest.note(run.newestHigh, run.newestLow);
    this.largest = Math.max(this.largest, run.longestValue);
    if (!run.isAscii) this.pathBytes |= 0x80;
  }

  result(compression: Compression): SnapshotScan {
    const { reader, file } = this;
    const { trailers } = reader;
    this.addWhatRunsFound();
    this.reportCounts();
    const isTree = [...reader.findings, ...this.findings].every((each) => each.severity !== "error");
    this.checkName(trailers, compression);
    const newestChange = this.newest.zxid;
    const digest = BigInt.asUintN(64, fromHalves(this.digestHigh, this.digestLow));
    this.checkDigest(trailers, newestChange, digest);
    const findings = [...reader.findings, ...this.findings];
    return {
      file: file.name,
      path: file.path,
      zxid: file.zxid,
      ...(file.node === undefined ? {} : { node: file.node }),
      size: file.size,
      bytes: reader.window.offset,
      compression,
      znodes: reader.count,
      ephemerals: this.ephemerals,
      containers: this.containers,
      ttls: this.ttls,
      ownerless: this.ownerless,
      ownerlessPath: this.ownerlessPath,
      dangling: this.dangling,
      sessions: reader.sessions.length,
      acls: reader.acls.length,
      largestValue: this.largest,
      trailers,
      newestChange,
      digest,
      sound: reader.sound && isTree,
      endsAsSealed: compression === "none" && ((reader.sound && isTree) || endsAsSealed(file.bytes)),
      lineEnds: null,
      findings,
    };
  }

  /**
   * A server writes depth first, so that a znode's parent is the one before it or above that: a stack of paths is all
   * it takes. (A file in another order, with every parent before its children, is caught here too; loading the tree
   * tells the two apart.)
   */
  private checkParent(): void {
    const { reader, ends } = this;
    const { view } = reader.window.block;
    const { pathStart, pathLength } = reader;
    if (pathLength === 0) {
      if (ends.length > 0) this.report("snapshot.duplicate-node", say`the root occurs twice`);
      else ends.push(0);
      return;
    }
    if (ends.length === 0) {
      this.report("snapshot.root", say`the first znode is not the root`);
      ends.push(0);
    }
    let parent = pathLength - 1;
    while (parent > 0 && view.getUint8(pathStart + parent) !== SLASH) parent--;
    if (view.getUint8(pathStart) !== SLASH || parent === pathLength - 1) {
      this.report("snapshot.path", say`not an absolute path`);
      return;
    }
    // The stack keeps one path, the current one, of which every ancestor's is the beginning.
    while (ends.length > 1 && (ends[ends.length - 1] as number) > parent) ends.pop();
    if (ends[ends.length - 1] !== parent || !samePrefix(this.ancestors, view, pathStart, parent)) {
      this.report("snapshot.orphan", say`its parent is not before it`);
      return;
    }
    if (pathLength > this.ancestors.byteLength) this.ancestors = longer(this.ancestors, pathLength * 2);
    const { ancestors } = this;
    for (let at = parent; at < pathLength; at++) {
      const byte = view.getUint8(pathStart + at);
      ancestors.setUint8(at, byte);
      this.pathBytes |= byte;
    }
    ends.push(pathLength);
  }

  private addToDigest(digest: number): void {
    const low = this.digestLow + digest;
    if (low >= 2 ** 32) this.digestHigh = (this.digestHigh + 1) | 0;
    this.digestLow = low >>> 0;
  }

  private reportCounts(): void {
    const place = { file: this.file.path };
    if (this.dangling > 0) {
      const message = say`${counted(this.dangling, "znode")} refer to ACL ids that the map lacks; the first is ${tag.path(this.danglingPath)}`;
      this.findings.push(finding("acl.dangling", message, { ...place, path: this.danglingPath }));
    }
    if (this.ownerless > 0) {
      const message = say`${counted(this.ownerless, "ephemeral")} belong to sessions that are not in the snapshot, the first is ${tag.path(this.ownerlessPath)}`;
      this.findings.push(finding("session.missing-owner", message, { ...place, path: this.ownerlessPath }));
    }
  }

  private checkName(trailers: SnapshotTrailers | null, compression: Compression): void {
    const { name, zxid, path } = this.file;
    const shown = name.endsWith(".gz") ? ".gz" : name.endsWith(".snappy") ? ".snappy" : "";
    if (shown !== SUFFIX[compression]) {
      this.findings.push(
        finding("file.suffix", say`the name ends in "${shown}", the content is ${compression}`, { file: path }),
      );
    }
    const contradiction = contradictsName({ zxid, trailers });
    if (contradiction !== null) {
      this.findings.push(finding("file.name", contradiction, { file: path, zxid: trailers?.lastZxid ?? 0n }));
    }
  }

  /** Of a snapshot that no transaction ran into, the znodes' own sum must be the digest that the server wrote. */
  private checkDigest(trailers: SnapshotTrailers | null, newestChange: bigint, computed: bigint): void {
    const { zxid, path } = this.file;
    const stored = trailers?.digest;
    if (!stored || !trailers.sealed || stored.version !== 2 || typeof stored.value !== "bigint") return;
    if (zxid === null || zxid === 0n || stored.zxid !== zxid || newestChange > zxid || !this.reader.sound) return;
    const value = BigInt.asUintN(64, stored.value);
    // Of paths that are not ASCII the server's locale decides what it counts (server-charset.ts): a replay tells.
    if (value === computed || this.pathBytes > 0x7f) return;
    const message = say`the digest at ${hex(zxid)} is ${value}, the znodes give ${computed}`;
    this.findings.push(finding("snapshot.digest", message, { file: path, zxid }));
  }

  private path(): string {
    const { reader } = this;
    return reader.window.block.bytes.toString("utf8", reader.pathStart, reader.pathStart + reader.pathLength);
  }

  private report(code: Finding["code"], message: Message): void {
    const path = this.path();
    const place = { file: this.file.path, offset: this.reader.recordOffset, path };
    this.findings.push(finding(code, say`${tag.path(path)}: ${message}`, place));
  }
}

/** Whether view[start, start + length) is what `path` begins with: word by word, for it is short. */
function samePrefix(path: DataView, view: DataView, start: number, length: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) if (path.getInt32(at) !== view.getInt32(start + at)) return false;
  for (; at < length; at++) if (path.getUint8(at) !== view.getUint8(start + at)) return false;
  return true;
}

function longer(view: DataView, length: number): DataView {
  const bytes = new Uint8Array(length);
  bytes.set(new Uint8Array(view.buffer));
  return new DataView(bytes.buffer);
}
