import type { Recipients } from "../../src/repository/crypt/index.js";
import { readCatalogue } from "../../src/repository/link/catalogue.js";
import { type History, historyOf, onBranch } from "../../src/repository/read/history.js";
import { Objects } from "../../src/repository/read/objects.js";
import { readSegment } from "../../src/repository/read/segment-file.js";
import { initRepository } from "../../src/repository/repository.js";
import { Backup } from "../../src/repository/ship/backup.js";
import { Distributor } from "../../src/repository/ship/distributor.js";
import { serverSource } from "../../src/repository/ship/source.js";
import { Target } from "../../src/repository/ship/target.js";
import { FolderStore } from "../../src/repository/store/folder.js";
import type { ObjectStore } from "../../src/repository/store/store.js";
import { RECORD_HEAD } from "../../src/storage/log-record.js";
import type { Run } from "../../src/repository/segment/run.js";
import type { FakeServer } from "./fake-server.js";

export async function newRepository(path: string): Promise<FolderStore> {
  const store = new FolderStore(path);
  await initRepository(store);
  return store;
}

/** `backup run` once, as the command does it. */
export async function ship(
  server: Pick<FakeServer, "folder">,
  stores: readonly ObjectStore[],
  voters: string[] | null = null,
  recipients: Recipients | null = null,
): Promise<void> {
  const targets = stores.map((store) => new Target(store, new Set()));
  const distributor = new Distributor(targets, { untiring: false, spool: 64 << 20, pause: 1 });
  const source = serverSource(server.folder, {});
  const backup = await Backup.open(source, distributor, { recipients, signer: null, voters, tell: () => {} });
  try {
    await backup.once();
    await distributor.settle();
  } finally {
    backup.close();
  }
}

export async function historyIn(...stores: readonly ObjectStore[]): Promise<History> {
  const catalogues = await Promise.all(stores.map((store) => readCatalogue(store)));
  for (const { problems } of catalogues) if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const heads = new Map(catalogues.flatMap(({ heads: each }) => each).map((head) => [head.link.name, head]));
  const continued = new Set([...heads.values()].map(({ link }) => link.link.previous?.name));
  return historyOf([...heads.values()].filter(({ link }) => !continued.has(link.name)));
}

/** The transactions of a history, as `zxid value`, in order. */
export async function txnsOf(history: History, stores: readonly ObjectStore[]): Promise<string[]> {
  const objects = new Objects(stores, null);
  const txns: string[] = [];
  for (const { from, to, objects: same } of history.main) {
    const [segment] = same;
    if (!segment) throw new Error("a piece without an object");
    const run = await readSegment(segment, objects.plain([segment]));
    for (let zxid = from; zxid <= to; zxid++) txns.push(`${zxid} ${valueOf(run, zxid)}`);
  }
  return txns;
}

export async function branchTxns(history: History, name: string, stores: readonly ObjectStore[]): Promise<string[]> {
  const branch = onBranch(history, name);
  if (!branch) throw new Error(`no branch ${name}`);
  return txnsOf(branch, stores);
}

/** The data that a transaction sets, by where it lies in what these tests write. */
function valueOf(run: Run, zxid: bigint): string {
  const record = run.fileOf(zxid, zxid)[1] as Buffer;
  const payload = record.subarray(RECORD_HEAD, -1);
  // A multi has its members' count, and a type and a length, before the first one's body.
  const body = payload.readInt32BE(28) === 14 ? 44 : 32;
  const length = payload.readInt32BE(body + 6);
  return payload.toString("utf8", body + 10, body + 10 + length);
}

export function expected(server: FakeServer): string[] {
  return server.txns.map(({ zxid, value }) => `${zxid} ${value}`);
}
