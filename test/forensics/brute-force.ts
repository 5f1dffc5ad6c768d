import { discover } from "../../src/recovery/index.js";
import { LogReader } from "../../src/storage/log-reader.js";
import { fromHalves } from "../../src/storage/zxid.js";
import { addConfigNode } from "../../src/tree/fresh-tree.js";
import { type DataTree, freshTree, readZnode } from "../../src/tree/index.js";
import { OpCode, TxnCursor } from "../../src/txn/index.js";

export interface BruteChange {
  zxid: bigint;
  path: string;
  before: string | null;
  after: string | null;
}

/**
 * Every change to every znode, found out the slow way: the tree is compared with itself after every transaction.
 */
export async function bruteHistory(path: string, logDir: string | undefined): Promise<BruteChange[]> {
  const { logs } = discover([path], logDir === undefined ? {} : { logDir });
  const tree = freshTree();
  const cursor = new TxnCursor();
  const changes: BruteChange[] = [];
  const shadow = new Map<number, { path: string; text: string; digest: number }>();
  let modern = false;
  compare(tree, shadow);
  for (const log of logs) {
    const reader = new LogReader(log.open());
    await reader.readHead();
    while (await reader.fill()) {
      while (reader.next()) {
        const { block } = reader.window;
        cursor.parse(block.view, reader.payloadStart, reader.payloadEnd);
        if (!modern && (cursor.hasDigest || cursor.type > OpCode.multi)) {
          modern = true;
          addConfigNode(tree);
          compare(tree, shadow);
        }
        tree.apply(cursor, block);
        const zxid = fromHalves(cursor.zxidHigh, cursor.zxidLow);
        for (const change of compare(tree, shadow)) changes.push({ zxid, ...change });
      }
    }
    reader.close();
  }
  return changes;
}

/** Brings the shadow up to the tree and answers what was different. */
function compare(
  tree: DataTree,
  shadow: Map<number, { path: string; text: string; digest: number }>,
): Omit<BruteChange, "zxid">[] {
  const { znodes } = tree;
  const before = new Map<string, string>();
  const after = new Map<string, string>();
  for (let slot = 0; slot < znodes.slots; slot++) {
    const old = shadow.get(slot);
    if (!znodes.exists(slot)) {
      if (old) before.set(old.path, old.text);
      shadow.delete(slot);
      continue;
    }
    const digest = znodes.digest(slot);
    // Below /zookeeper digests are 0.
    if (digest !== 0 && old?.digest === digest) continue;
    const znode = readZnode(tree, slot);
    const { stat } = znode;
    const text = stateText({
      czxid: stat.czxid,
      ctime: stat.ctime,
      mzxid: stat.mzxid,
      mtime: stat.mtime,
      version: stat.version,
      aversion: stat.aversion,
      ephemeralOwner: stat.ephemeralOwner,
      data: znode.data,
      acl: JSON.stringify(znode.acl),
    });
    shadow.set(slot, { path: znode.path, text, digest });
    if (old) before.set(old.path, old.text);
    after.set(znode.path, text);
  }
  const changes: Omit<BruteChange, "zxid">[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(path) ?? null, after.get(path) ?? null];
    if (a !== b) changes.push({ path, before: a, after: b });
  }
  return changes;
}

export function stateText(state: {
  czxid: bigint | undefined;
  ctime: bigint | undefined;
  mzxid: bigint | undefined;
  mtime: bigint | undefined;
  version: number | undefined;
  aversion: number | undefined;
  ephemeralOwner: bigint | undefined;
  data: Buffer | null | undefined;
  acl: string;
}): string {
  const { data, ...rest } = state;
  const values = Object.entries(rest).map(([key, value]) => `${key}=${value}`);
  return [...values.sort(), `data=${data ? data.toString("base64") : String(data)}`].join(" ");
}
