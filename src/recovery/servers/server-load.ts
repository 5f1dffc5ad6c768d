import type { Block } from "../../checksum/index.js";
import { LogReader } from "../../storage/log-reader.js";
import { type DataTree, freshTree, loadSnapshot } from "../../tree/index.js";
import { OpCode, TxnCursor } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import type { LogScan } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { type Owners, ownersOf } from "./owners.js";
import type { Play } from "./play.js";
import type { Release } from "./releases.js";
import { ServerAcls } from "./server-acls.js";

/** A znode whose ACL a server from 3.8 on looks up and does not find. */
export interface MissingAcl {
  /** The ACL id. */
  id: number;
  /** The change for which it does: null where it deletes the ephemerals of sessions that are gone. */
  log: string | null;
  offset: number;
  zxid: bigint;
}

/** What a server has in memory once it has loaded its files. */
export interface ServerLoad {
  owners: Owners;
  missingAcl: MissingAcl | null;
}

/** What a server loads. */
export interface Loading {
  /** By path. */
  files: ReadonlyMap<string, StoredFile>;
  snapshot: SnapshotScan | null;
  /** The zxid that the snapshot's name says. */
  base: bigint;
  /** The logs that it plays: none of them stops it. */
  played: Play;
  release: Pick<Release, "name" | "memberTypes">;
  /** Whether it looks up ACLs, of which some may be missing. */
  looksUp: boolean;
  /** What comes after this zxid is left out; nothing is unless given. */
  until?: bigint;
}

/** Loads what a server loads: a snapshot, and of the logs what it plays, holes and all. */
export async function loadAsServer(loading: Loading): Promise<ServerLoad> {
  const { tree, missingAcl } = await treeAsServer(loading);
  return { owners: ownersOf(tree), missingAcl };
}

/** The tree itself, before the server deletes anything; as far as it comes where it looks up an ACL that is missing. */
export async function treeAsServer(loading: Loading): Promise<{ tree: DataTree; missingAcl: MissingAcl | null }> {
  const { files, snapshot, played } = loading;
  const stored = snapshot && files.get(snapshot.path);
  const tree = stored ? await treeOf(stored) : freshTree();
  const player = new Player(tree, loading);
  for (const { path, scan } of played.logs) {
    const file = files.get(path);
    if (file) await player.play(file, scan);
  }
  return { tree, missingAcl: player.missingAcl() };
}

async function treeOf(file: StoredFile): Promise<DataTree> {
  const source = file.open();
  try {
    return (await loadSnapshot(source)).tree;
  } finally {
    source.close();
  }
}

/** The largest zxid. */
const MOST = 2n ** 63n - 1n;

class Player {
  private readonly tree: DataTree;
  private readonly acls: ServerAcls | null;
  private readonly baseHigh: number;
  private readonly baseLow: number;
  private readonly untilHigh: number;
  private readonly untilLow: number;
  private readonly memberTypes: ReadonlySet<number>;
  private readonly cursor = new TxnCursor();
  private readonly member = new TxnCursor();
  private started = false;
  private missing: MissingAcl | null = null;

  constructor(tree: DataTree, { base, looksUp, release, until = MOST }: Loading) {
    this.tree = tree;
    this.acls = looksUp ? new ServerAcls(tree) : null;
    this.memberTypes = release.memberTypes;
    this.baseHigh = Number(base >> 32n);
    this.baseLow = Number(base & 0xffffffffn);
    this.untilHigh = Number(until >> 32n);
    this.untilLow = Number(until & 0xffffffffn);
  }

  async play(file: StoredFile, scan: LogScan | null): Promise<void> {
    const end = scan?.server.end;
    if (!end || !("offset" in end)) return;
    const reader = new LogReader(file.open(), false);
    try {
      if (!(await reader.readHead())) return;
      while (this.missing === null && (await reader.fill()))
        while (this.missing === null && reader.next()) {
          if (reader.recordOffset >= end.offset) return;
          this.take(reader, file.path);
        }
    } finally {
      reader.close();
    }
  }

  missingAcl(): MissingAcl | null {
    if (this.acls && this.missing === null) this.missing = this.missingForDead(this.acls);
    return this.missing;
  }

  private take(reader: LogReader, log: string): void {
    const { tree, acls, cursor } = this;
    const { block } = reader.window;
    cursor.parse(block.view, reader.payloadStart, reader.payloadEnd);
    // Up to the first transaction after the snapshot all are passed over, from there on none.
    this.started ||= isAfter(cursor, this.baseHigh, this.baseLow);
    if (!this.started || isAfter(cursor, this.untilHigh, this.untilLow)) return;
    const id = acls?.missing(cursor, block) ?? null;
    if (id !== null) {
      const zxid = (BigInt(cursor.zxidHigh) << 32n) | BigInt(cursor.zxidLow);
      this.missing = { id, log, offset: reader.recordOffset, zxid };
      return;
    }
    if (cursor.type === OpCode.multi) this.applyMulti(block);
    else tree.apply(cursor, block);
    acls?.applied(block);
  }

  /** Up to a member of a type that the release leaves out, and with it all that follows. */
  private applyMulti(block: Block): void {
    const { tree, cursor, member } = this;
    if (cursor.multiFailed()) return;
    for (let index = 0, at = cursor.itemsStart; index < cursor.items; index++) {
      at = cursor.parseMember(member, at);
      if (at < 0 || !this.memberTypes.has(member.type)) return;
      tree.apply(member, block);
    }
  }

  /** The ephemerals that a server deletes as soon as it has loaded its files. */
  private missingForDead(acls: ServerAcls): MissingAcl | null {
    const { tree } = this;
    const zxid = (BigInt(tree.zxidHigh) << 32n) | BigInt(tree.zxidLow);
    for (const [session, slots] of tree.ephemerals.sorted()) {
      if (tree.sessions.has(Number(session >> 32n), Number(session & 0xffffffffn))) continue;
      for (const slot of slots) {
        const id = acls.missingToDelete(slot);
        if (id !== null) return { id, log: null, offset: 0, zxid };
      }
    }
    return null;
  }
}

function isAfter({ zxidHigh, zxidLow }: TxnCursor, high: number, low: number): boolean {
  return zxidHigh > high || (zxidHigh === high && zxidLow > low);
}
