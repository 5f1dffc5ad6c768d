import { createHash } from "node:crypto";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { encryptBytes, type Identities, type Recipients } from "../crypt/index.js";
import { type Head, readCatalogue } from "../link/catalogue.js";
import { putHead } from "../link/head.js";
import type { Line } from "../link/line.js";
import type { FileObject, Segment, Snapshot } from "../link/link.js";
import { fileObjectName, HASH_DIGITS, hashOf, segmentName } from "../names.js";
import { inflated } from "../read/inflate.js";
import { Objects } from "../read/objects.js";
import { readRepository } from "../repository.js";
import { type BuiltObject, objectOf } from "../segment/build.js";
import { partsOf } from "../segment/pieces.js";
import { Chain } from "../ship/chain.js";
import type { PublicKey, Signer } from "../sign/index.js";
import { putObject } from "../store/put-object.js";
import type { ObjectStore } from "../store/store.js";
import { readJournal, writeJournal } from "./journal.js";

export interface RekeyOptions {
  /** What opens the objects as they are; null where they are not encrypted. */
  identities: Identities | null;
  recipients: Recipients;
  pinned: ReadonlySet<PublicKey>;
  signer: Signer | null;
  /** Called after each object, with how many there are and how many are done. */
  onObject?: (done: number, total: number) => void;
}

export interface RekeyReport {
  /** Objects that this run encrypted anew. */
  encrypted: number;
  /** Those that an earlier run had done. */
  found: number;
  /** The links that name the new ones. */
  links: string[];
}

/** What is to be encrypted anew: one object, or the parts of a snapshot. */
type Item = { old: string; build: () => AsyncGenerator<BuiltObject, void, undefined> };

/**
 * Encrypts what a repository's lines name to other recipients, each object under a new name, and continues each line with
 * a link that names the new ones. Nothing is deleted: the old objects, which no line names any more, go with a prune. A
 * run that is interrupted is continued by the next with the same recipients.
 *
 * Throws ZkRewindError: 1 where links or objects are damaged, 3 where something cannot be read or written.
 */
export async function rekey(store: ObjectStore, options: RekeyOptions): Promise<RekeyReport> {
  await readRepository(store);
  const catalogue = await readCatalogue(store, options.pinned);
  const [problem] = catalogue.problems;
  if (problem)
    throw new ZkRewindError(say`${tag.file(store.location)}: a link is not sound: ${problem}`, { exitCode: 1 });
  const objects = new Objects([store], options.identities);
  const items = new Map(
    catalogue.heads.flatMap(({ line }) => itemsOf(line, objects, options.recipients)).map((each) => [each.old, each]),
  );
  const done = await readJournal(store, options.recipients);
  const report: RekeyReport = { encrypted: 0, found: 0, links: [] };
  let sinceJournal = 0;
  for (const { old, build } of items.values()) {
    if (done.has(old)) report.found++;
    else {
      const made: BuiltObject[] = [];
      for await (const object of build()) {
        const { bytes, ...stored } = object;
        await putObject(store, object.name, bytes);
        made.push({ ...stored, bytes: Buffer.alloc(0) });
      }
      done.set(
        old,
        made.map(({ name, size, crc32c: sum }) => ({ name, size, crc32c: sum })),
      );
      report.encrypted++;
      if (++sinceJournal >= Math.max(LEAST, done.size / 16)) {
        await writeJournal(store, options.recipients, done);
        sinceJournal = 0;
      }
    }
    options.onObject?.(report.encrypted + report.found, items.size);
  }
  if (sinceJournal > 0) await writeJournal(store, options.recipients, done);
  for (const server of new Set(catalogue.heads.map(({ line }) => line.server)))
    report.links.push(
      await putLink(
        store,
        catalogue.heads.filter(({ line }) => line.server === server),
        done,
        options.signer,
      ),
    );
  return report;
}

type Made = Map<string, { name: string; size: number; crc32c: number }[]>;

async function putLink(store: ObjectStore, heads: readonly Head[], made: Made, signer: Signer | null): Promise<string> {
  const chain = new Chain(heads[0]?.line.server ?? "", heads, signer);
  chain.line = renamed(chain.line, made);
  chain.makeWhole();
  const nothing = { cut: null, segments: [], snapshots: [], files: [] };
  const { shipment } = chain.next(nothing, chain.line.tip, chain.line.voters);
  await putObject(store, shipment.name, shipment.bytes);
  await putHead(store, shipment.server, shipment.name);
  return shipment.name;
}

/** The same line, by the names of the new objects. */
function renamed(line: Line, made: Made): Line {
  const only = (name: string) => made.get(name)?.[0] ?? { name };
  const stored = (name: string): string => /\.([0-9a-f]{32})\.gz(?:\.age)?$/.exec(name)?.[1] ?? "";
  const one = <T extends Segment | FileObject>(object: T): T => {
    const other = only(object.name);
    return { ...object, ...other, stored: stored(other.name), encrypted: true };
  };
  return {
    ...line,
    segments: line.segments.map(one),
    dropped: line.dropped.map(one),
    files: line.files.map(one),
    snapshots: line.snapshots.map((each) => ({ ...each, parts: made.get(each.parts[0]?.name ?? "") ?? each.parts })),
  };
}

function itemsOf(line: Line, objects: Objects, recipients: Recipients): Item[] {
  return [
    ...[...line.segments, ...line.dropped].map((each) => ({
      old: each.name,
      build: () => segmentAnew(each, objects, recipients),
    })),
    ...line.files.map((each) => ({ old: each.name, build: () => fileAnew(each, objects, recipients) })),
    ...line.snapshots.map((each) => ({
      old: each.parts[0]?.name ?? "",
      build: () => snapshotAnew(each, objects, recipients),
    })),
  ];
}

async function* segmentAnew(
  segment: Segment,
  objects: Objects,
  recipients: Recipients,
): AsyncGenerator<BuiltObject, void, undefined> {
  const { first, last, content } = segment;
  const bytes = await encryptBytes(await whole(objects.plain([segment])), recipients);
  yield objectOf(segmentName(first, last, content, hashOf(bytes), true), bytes);
}

async function* fileAnew(
  file: FileObject,
  objects: Objects,
  recipients: Recipients,
): AsyncGenerator<BuiltObject, void, undefined> {
  const bytes = await encryptBytes(await whole(objects.plain([file])), recipients);
  yield objectOf(fileObjectName(file.file, file.content, hashOf(bytes), true), bytes);
}

async function* snapshotAnew(
  snapshot: Snapshot,
  objects: Objects,
  recipients: Recipients,
): AsyncGenerator<BuiltObject, void, undefined> {
  const hash = createHash("sha256");
  let size = 0;
  const file = inflated(snapshot.parts[0]?.name ?? "", objects.plain(snapshot.parts), snapshot.bytes);
  async function* checked(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of file) {
      size += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
    if (size !== snapshot.bytes || hash.digest("hex").slice(0, HASH_DIGITS) !== snapshot.content)
      throw new ZkRewindError(say`${tag.file(snapshot.parts[0]?.name ?? "")}: what is in it is not what was stored`, {
        exitCode: 1,
      });
  }
  yield* partsOf(checked(), snapshot, recipients);
}

async function whole(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

/** Objects between two journals of a run: more as a journal grows, since each holds everything. */
const LEAST = 4;
