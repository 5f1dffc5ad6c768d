import { gzipSync } from "node:zlib";
import { logHeader, nodeRecord, record, snapshotBytes, type Trailers, zxidName } from "../model/files.js";
import { nameOf } from "../model/tree.js";
import { encodeTxn, OP, op, type Txn } from "../model/txn.js";
import { Random } from "../random.js";
import { type Profile, profileOf } from "./profile.js";
import { file, type Folder, type Seed, Truth } from "./seed.js";
import { Server } from "./server.js";

/** A directory that a made-up server wrote: logs, and snapshots that transactions went on under. */
export function generate(number: string): Seed {
  const random = new Random(`directory ${number}`);
  return new Generator(random, profileOf(random)).run(number);
}

/** What kind of server writes it. */
export function profileOfNumber(number: string): Profile {
  return profileOf(new Random(`directory ${number}`));
}

class Generator {
  private readonly random: Random;
  private readonly profile: Profile;
  private readonly server: Server;
  private readonly folder: Folder = new Map();
  private readonly truth = new Truth();
  private readonly windows = new Map<string, bigint>();
  private log: { name: string; parts: Buffer[] } | null = null;
  private left: number;

  constructor(random: Random, profile: Profile) {
    this.random = random;
    this.profile = profile;
    this.server = new Server(random, profile);
    this.left = profile.transactions;
  }

  run(number: string): Seed {
    const { random, profile, server, truth, folder } = this;
    truth.note(0n, server.tree);
    // 3.4 writes its first snapshot only after snapCount transactions.
    if (profile.layout !== "3.4") this.writeSnapshot(0n, true);
    let until = random.between(5, profile.snapshotEvery);
    while (this.left > 0) {
      this.step();
      if (--until > 0) continue;
      until = random.between(Math.ceil(profile.snapshotEvery / 3), profile.snapshotEvery);
      if (profile.crashes && random.chance(0.5)) this.crash();
      else {
        this.closeLog();
        // Transactions that are in the log already are applied while the snapshot begins.
        const { zxid } = server;
        this.writeSnapshot(zxid, false);
      }
    }
    if (profile.crashes && random.chance(0.5) && this.log) this.tear();
    this.closeLog();
    if (profile.epochFiles) {
      const epoch = String(server.zxid >> 32n);
      folder.set("currentEpoch", file(Buffer.from(epoch)));
      folder.set("acceptedEpoch", file(Buffer.from(epoch)));
    }
    const name = `${profile.layout} ${number}`;
    return { name, folder, truth, windows: this.windows, fromBeginning: true };
  }

  private step(): void {
    if (this.left-- <= 0) return;
    const txn = this.server.step();
    this.append(txn.zxid, record(encodeTxn(txn)));
    this.truth.note(txn.zxid, this.server.tree);
  }

  private append(zxid: bigint, bytes: Buffer): void {
    this.log ??= { name: zxidName("log", zxid), parts: [logHeader()] };
    this.log.parts.push(bytes);
  }

  private closeLog(): void {
    if (!this.log) return;
    const padding = Buffer.alloc(this.profile.padding);
    this.folder.set(this.log.name, file(Buffer.concat([...this.log.parts, padding])));
    this.log = null;
  }

  /** Depth first, each znode as it is when its turn comes; its list of children is that of the same moment. */
  private writeSnapshot(name: bigint, first: boolean): void {
    const { random, profile, server } = this;
    const { tree } = server;
    const pace = first ? 0 : profile.pace;
    const acls = [...server.aclIds].filter(([, id]) => id !== -1n);
    let sessions = [...tree.sessions];
    const nodes: Buffer[] = [];
    const visit = (path: string): void => {
      const node = tree.nodes.get(path);
      if (!node) return;
      nodes.push(nodeRecord(node, server.aclIds.get(node.acl as string) as bigint));
      const children = [...node.children];
      while (this.left > 0 && random.chance(pace)) this.step();
      for (const child of children) visit(`${path}/${child}`);
    };
    visit("");
    const end = first ? 0n : server.zxid;
    const digest = first ? 0n : tree.digest;
    // The session tracker is ahead of the tree: what comes next may be in its list already.
    if (!first && random.chance(0.1)) {
      for (let lead = random.between(1, 2); lead > 0; lead--) this.step();
      sessions = [...tree.sessions];
    }
    const trailers: Trailers = {};
    if (profile.digests) trailers.digest = { zxid: end, value: digest };
    if (profile.layout.startsWith("3.9")) trailers.lastZxid = end;
    const bytes = snapshotBytes({ sessions, acls: acls.map(([acl, id]) => [id, acl]), nodes, trailers });
    const fileName = zxidName("snapshot", name, profile.gzip ? ".gz" : "");
    this.folder.set(fileName, file(profile.gzip ? gzipSync(bytes) : bytes));
    this.windows.set(fileName, end);
  }

  /** The server dies while it writes a record, and starts again: it takes a snapshot, and uses the zxid once more. */
  private crash(): void {
    this.tear();
    this.closeLog();
    this.writeSnapshotAtRest();
  }

  private writeSnapshotAtRest(): void {
    const { profile } = this;
    const pace = profile.pace;
    profile.pace = 0;
    this.writeSnapshot(this.server.zxid, false);
    profile.pace = pace;
  }

  /** A record that never came to be: cut, or whole but for its end mark. */
  private tear(): void {
    const { random } = this;
    const bytes = record(encodeTxn(this.unborn()));
    const cut = random.chance(0.5) ? bytes.length - 1 : random.between(1, bytes.length - 2);
    this.append(this.server.zxid + 1n, bytes.subarray(0, cut));
  }

  private unborn(): Txn {
    const { random, profile, server } = this;
    const tree = server.tree.clone();
    const paths = [...tree.nodes.keys()].filter((path) => path !== "" && nameOf(path) !== "config");
    const path = random.pick(paths);
    const version = (tree.nodes.get(path)?.version ?? 0) + 1;
    const body = op(OP.setData, { path, data: Buffer.from("never"), version });
    const head = {
      session: [...tree.sessions.keys()][0] ?? 1n,
      cxid: 1,
      zxid: server.zxid + 1n,
      time: 1_800_000_000_000n,
    };
    const txn: Txn = { ...body, ...head, digest: undefined };
    tree.apply(txn);
    if (profile.digests) txn.digest = tree.digest;
    return txn;
  }
}
