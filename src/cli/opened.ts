import { join } from "node:path";
import { type Finding, ZkRewindError } from "../findings/finding.js";
import { parentOfNew } from "../io/new/new-path.js";
import { Scratch } from "../io/scratch.js";
import type { Given } from "../recovery/directory/given.js";
import type { Memory } from "../repository/memory/memory.js";
import { isRepository } from "../repository/read/is-repository.js";
import type { Asked } from "../repository/read/source.js";
import { tellProgress } from "./output/progress.js";
import { Fetcher } from "../recovery/directory/fetch.js";
import { refuseInSource } from "../recovery/directory/source-folders.js";
import { type DataDirectory, discover, type DiscoverOptions, type StoredFile } from "../recovery/index.js";
import { type Message, say, tag } from "../text/message.js";
import { context } from "./context/context.js";

/**
 * What a run reads and where it writes. Every command opens its sources and names its outputs here: so none can write
 * into what it reads, and none can keep to itself that a file could not be read (see `run` in program.ts).
 */

/** How sources are opened. */
export interface OpenFilesOptions extends DiscoverOptions {
  /** What a snapshot or log from standard input is called. */
  name?: string | undefined;
  /** Where what cannot be read in place is kept; the system's folder for temporary files unless given. */
  scratch?: string | undefined;
  /** Bytes that may be kept there. */
  scratchLimit?: number | undefined;
  /** What says how backup repositories are read. */
  backup?: BackupSourceOptions | undefined;
}

/** How backup repositories are read. */
export interface BackupSourceOptions {
  branch?: string | undefined;
  identity?: readonly string[] | undefined;
  trust?: readonly string[] | undefined;
  /** Whether they are held against what was seen of them before; so unless given. */
  memory?: boolean | undefined;
  /** What is asked for: only what that needs is fetched. */
  asked?: Asked | undefined;
}

/**
 * Finds the files of a source; standard input and gzipped archives are read first, once in a run. Throws as `discover`
 * and `fetchSources` do, and ZkRewindError 2 where an output is in the source.
 */
export async function openFiles(
  paths: readonly string[],
  { name, scratch, scratchLimit, backup, ...options }: OpenFilesOptions = {},
): Promise<DataDirectory> {
  const its = context();
  const { sources, files, outputs } = its;
  its.scratch ??= new Scratch(scratch, scratchLimit ?? null);
  if (scratch !== undefined) refuseInSource(join(scratch, "any"), { folders: paths });
  const repositories = paths.filter(isRepository);
  for (const output of outputs) refuseInSource(output, { folders: repositories });
  const given = await fetcher(name, its.scratch).fetch(paths.filter((path) => !repositories.includes(path)));
  if (repositories.length > 0) given.push(await fetchRepositories(repositories, its.scratch, backup));
  const directory = discover(given, options);
  for (const output of outputs) refuseInSource(output, directory);
  sources.push(directory);
  for (const file of [...directory.snapshots, ...directory.logs]) files.set(file.path, file);
  return directory;
}

/** Brings what a question needs of repositories to the scratch folder. */
async function fetchRepositories(
  locations: readonly string[],
  scratch: Scratch,
  { branch, identity = [], trust = [], memory, asked }: BackupSourceOptions = {},
): Promise<Given> {
  const its = context();
  const [{ repositorySource }, { identitiesOf }, { publicKeysOf }] = await Promise.all([
    import("../repository/read/source.js"),
    import("../repository/crypt/index.js"),
    import("../repository/sign/index.js"),
  ]);
  const fromEnvironment = its.env["ZKREWIND_IDENTITY"];
  const keys = identity.length === 0 && fromEnvironment !== undefined ? [fromEnvironment] : identity;
  const tell = tellProgress();
  return repositorySource(locations, {
    scratch,
    pinned: publicKeysOf(trust),
    identities: keys.length === 0 ? null : await identitiesOf(keys),
    memory: await memoryOf(memory),
    branch,
    asked,
    onKept: (kept) => its.kept.push(kept),
    onProgress: (done, total) => tell({ done, total }),
  });
}

/** What repositories are held against; null where that is switched off. */
export async function memoryOf(isOn = true): Promise<Memory | null> {
  const { env } = context();
  if (!isOn || env["ZKREWIND_MEMORY"] === "off") return null;
  const { Memory, memoryFolder } = await import("../repository/memory/memory.js");
  return new Memory(memoryFolder(env));
}

function fetcher(name: string | undefined, scratch: Scratch): Fetcher {
  const its = context();
  its.fetcher ??= new Fetcher({
    scratch,
    stdin: standardInput(),
    ...(name === undefined ? {} : { name }),
  });
  return its.fetcher;
}

/** Takes away what was kept while sources were read. Where fetching broke off, what there is stays: that is answered. */
export function closeSources(): Message[] {
  const { scratch, kept, exitCode } = context();
  scratch?.remove();
  if (exitCode !== BROKEN_OFF) for (const each of kept) each.remove();
  return kept
    .filter(({ isEmpty }) => !isEmpty)
    .map(({ folder }) => say`what was fetched is kept in ${tag.file(folder)}: the same command goes on from there`);
}

/** Something could not be read or written. */
const BROKEN_OFF = 3;

/** Nothing is read before it is asked for. */
async function* standardInput(): AsyncGenerator<Buffer> {
  const { streams } = context();
  if (streams.isTerminal(0)) {
    const hint = say`Pipe a snapshot, a log or a tar archive into it: kubectl exec zk-0 -- tar c -C /data version-2 | zkrewind verify -`;
    throw new ZkRewindError(say`standard input is a terminal`, { exitCode: 2, hint });
  }
  yield* streams.stdin() as AsyncIterable<Buffer>;
}

/** A file of a source that `-` or an archive is: no server writes it. */
export function isFetched({ bytes }: StoredFile): boolean {
  return bytes.place.id !== undefined;
}

/** Says that a new file or folder is going to be made. Throws ZkRewindError 2 where that is in a source. */
export function noteOutput(path: string): void {
  const { sources, outputs } = context();
  for (const directory of sources) refuseInSource(path, directory);
  outputs.push(path);
}

/** The same for a folder that is made after long work. Throws ZkRewindError 3 where it cannot be made. */
export function noteNewFolder(path: string): void {
  parentOfNew(path);
  noteOutput(path);
}

/** What finding and reading the files has shown up to now, whoever read them. */
export function findingsOfSources(): Finding[] {
  return context().sources.flatMap(({ findings }) => findings);
}
