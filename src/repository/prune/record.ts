import { Fields } from "../link/fields.js";
import { ZkRewindError } from "../../findings/finding.js";
import { FORMAT, MOST_DOCUMENT } from "../link/link.js";
import { isObjectName, type ObjectInfo, type ObjectStore, upTo } from "../store/store.js";
import { opened, signed, type PublicKey, type Signer } from "../sign/index.js";

/**
 * What a pruner writes into `prune/`: a mark says what will be deleted once the grace is over, a record what was. Records
 * stay: what links name and a record has was pruned, and is not lost.
 */
export interface PruneDocument {
  state: "mark" | "record";
  id: string;
  /** When it was made, by the pruner's clock. For people: the grace goes by the store's. */
  time: string;
  /** In words: what was asked to be kept. */
  policy: string;
  objects: readonly string[];
}

const NAME = /^prune\/([0-9a-f]{16})\.(mark|record)\.json$/;

export function pruneName({ id, state }: Pick<PruneDocument, "id" | "state">): string {
  return `prune/${id}.${state}.json`;
}

export function encodePrune({ state, id, time, policy, objects }: PruneDocument, signer: Signer | null): Buffer {
  const line = Buffer.from(JSON.stringify({ type: "prune", format: FORMAT, state, id, time, policy, objects }));
  return signer ? signed(line, signer) : Buffer.concat([line, Buffer.from("\n")]);
}

export interface ReadPrune extends PruneDocument {
  /** By the store: its age is by the store's clock. */
  info: ObjectInfo;
}

/** The marks and records of a repository. Those that no trusted key signed, or that are damaged, are left out. */
export async function readPrunes(
  store: ObjectStore,
  pinned: ReadonlySet<PublicKey>,
  signal?: AbortSignal,
): Promise<ReadPrune[]> {
  const found: ReadPrune[] = [];
  for await (const info of store.list("prune/", signal)) {
    const [, id, state] = NAME.exec(info.name) ?? [];
    if (id === undefined) continue;
    const bytes = await store.get(info.name, upTo(MOST_DOCUMENT), signal);
    if (!bytes) continue;
    try {
      const document = decodePrune(info.name, bytes, pinned);
      if (document.id === id && document.state === state) found.push({ ...document, info });
    } catch (error) {
      // One that is not believed hides nothing: what it names is missing then.
      if (!(error instanceof ZkRewindError) || error.exitCode === 3) throw error;
    }
  }
  return found;
}

/** The names of what was pruned from a repository. */
export async function readPruned(
  store: ObjectStore,
  pinned: ReadonlySet<PublicKey>,
  signal?: AbortSignal,
): Promise<Set<string>> {
  return namedBy(await readPrunes(store, pinned, signal), "record");
}

/** What marks or records name: what a pruner may delete soon, or has deleted. */
export function namedBy(prunes: readonly ReadPrune[], state: PruneDocument["state"]): Set<string> {
  return new Set(prunes.filter((each) => each.state === state).flatMap(({ objects }) => objects));
}

function decodePrune(name: string, bytes: Uint8Array, pinned: ReadonlySet<PublicKey>): PruneDocument {
  const { document } = opened(name, bytes, pinned);
  const fields = Fields.ofDocument(name, document, "prune", FORMAT);
  const state = fields.text("state");
  if (state !== "mark" && state !== "record") throw fields.wrong("state");
  return {
    state,
    id: fields.hash("id", 16),
    time: fields.text("time"),
    policy: fields.text("policy"),
    objects: fields.texts("objects").filter(isObjectName),
  };
}
