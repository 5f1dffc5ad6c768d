import { ZkRewindError } from "../../findings/finding.js";
import { SUFFIX } from "../../io/byte-source.js";
import { begun, chunksOf, gunzipped } from "../../io/chunks.js";
import { FileBytes, fileBytes } from "../../io/file-bytes.js";
import { FIRST_STORED, isGzip, isSnappy } from "../../io/compressed/first-inside.js";
import { statusOf } from "../../io/regular-file.js";
import type { Scratch } from "../../io/scratch.js";
import { TarTree } from "../../io/tar/tree.js";
import { fileName, parseFileName } from "../../storage/names.js";
import { say, tag } from "../../text/message.js";
import { contentKindOf } from "./content.js";
import { type Given, type GivenArchive, inArchive, STDIN } from "./given.js";

/** Where {@link fetchSources} keeps what cannot be read in place, and what it reads as "-". */
export interface FetchOptions {
  /** Where what cannot be read in place is kept: see Scratch. It must stay as long as the sources are read. */
  scratch: Scratch;
  /** What "-" stands for. */
  stdin?: AsyncIterable<Buffer>;
  /** What the snapshot or log that comes from there is called: its zxid counts. */
  name?: string;
}

/**
 * Makes sources that `discover` takes of what was named: "-", standard input, and gzipped archives are brought to the
 * scratch folder, in bounded memory; all else stays where it is.
 *
 * Throws ZkRewindError: 2 where "-" is named twice in one call, 3 where it is empty, or where the scratch folder is too
 * small.
 *
 * @example
 * import { createReadStream } from "node:fs";
 * import { discover, fetchSources, Scratch } from "zkrewind";
 *
 * const scratch = new Scratch();
 * const stdin = createReadStream("fixtures/3.8.6-standalone/version-2/snapshot.207");
 * const sources = await fetchSources(["-"], { scratch, stdin, name: "snapshot.207" });
 * console.log(discover(sources).snapshots.map(({ name }) => name));
 * scratch.remove();
 */
export function fetchSources(paths: readonly string[], options: FetchOptions): Promise<Given[]> {
  return new Fetcher(options).fetch(paths);
}

/** The same for who asks for a source again and again: each is fetched once. */
export class Fetcher {
  private readonly options: FetchOptions;
  private readonly fetched = new Map<string, Given>();

  constructor(options: FetchOptions) {
    this.options = options;
  }

  async fetch(paths: readonly string[]): Promise<Given[]> {
    if (paths.filter((path) => path === STDIN).length > 1)
      throw new ZkRewindError(say`only one source can be standard input`, { exitCode: 2 });
    const sources: Given[] = [];
    for (const path of paths) {
      const source = this.fetched.get(path) ?? (await fetchOne(path, this.options));
      this.fetched.set(path, source);
      sources.push(source);
    }
    return sources;
  }
}

function fetchOne(path: string, options: FetchOptions): Promise<Given> {
  return path === STDIN ? fetchStdin(options) : fetchPath(path, options.scratch);
}

async function fetchPath(path: string, scratch: Scratch): Promise<Given> {
  if (statusOf(path) !== null) {
    const bytes = fileBytes(path);
    if (contentKindOf(bytes.readAt(0, FIRST_STORED)) !== "tar.gz") return path;
    return unpacked(path, gunzipped(chunksOf(bytes)), "/", scratch);
  }
  const within = inArchive(path);
  if (within?.content !== "tar.gz") return path;
  const { archive, path: inside } = within;
  return unpacked(archive.id, gunzipped(chunksOf(archive)), inside, scratch);
}

async function fetchStdin({ stdin, name, scratch }: FetchOptions): Promise<Given> {
  if (name !== undefined) checkName(name);
  if (!stdin) throw new ZkRewindError(say`there is no standard input to read`, { exitCode: 2 });
  const { first, whole } = await begun(stdin, FIRST_STORED);
  if (first.length === 0)
    throw new ZkRewindError(say`standard input is empty`, {
      exitCode: 3,
      hint: say`Did the command before the pipe fail?`,
    });
  const content = contentKindOf(first);
  if (content === "tar" || content === "tar.gz") {
    if (name !== undefined)
      throw new ZkRewindError(say`--name is for a single file, and standard input is a tar archive`, { exitCode: 2 });
    return unpacked(STDIN, content === "tar" ? whole : gunzipped(whole), "/", scratch);
  }
  const { place } = await scratch.keep(whole);
  const called = name === undefined ? STDIN : withSuffix(name, first);
  const id = name === undefined ? STDIN : `${STDIN}:${called}`;
  return { id, name: called, bytes: new FileBytes({ ...place, id }) };
}

async function unpacked(
  id: string,
  chunks: AsyncIterable<Buffer>,
  path: string,
  scratch: Scratch,
): Promise<GivenArchive> {
  const { place, damage } = await scratch.keep(chunks);
  const tree = new TarTree(new FileBytes({ ...place, id }), damage);
  return { id: path === "/" ? id : tree.shown(path), tree, path };
}

function checkName(name: string): void {
  if (parseFileName(name)) return;
  const hint = say`It is the name of a snapshot or log: --name snapshot.1f3, or --name log.200000001.`;
  throw new ZkRewindError(say`there is no zxid in the file name ${tag.file(name)}`, { exitCode: 2, hint });
}

/** A file that is decompressed on its way is not what its name says. */
function withSuffix(name: string, stored: Buffer): string {
  const { kind, zxid } = parseFileName(name) as NonNullable<ReturnType<typeof parseFileName>>;
  return fileName(kind, zxid, SUFFIX[isGzip(stored) ? "gzip" : isSnappy(stored) ? "snappy" : "none"]);
}
