import type { Finding } from "../findings/finding.js";
import { parentOfNew } from "../io/new/new-path.js";
import { mayBeUnfinished } from "../findings/kinds.js";
import { ofLiveFiles } from "../recovery/directory/live-files.js";
import { refuseInSource } from "../recovery/directory/source-folders.js";
import { type DataDirectory, discover, type DiscoverOptions } from "../recovery/index.js";
import { context } from "./context/context.js";

/**
 * What a run reads and where it writes. Every command opens its sources and names its outputs here: so none can write
 * into what it reads, and none can keep to itself that a file could not be read (see `run` in program.ts).
 */

/** Finds the files of a source. Throws as `discover` does, and ZkRewindError 2 where an output lies in it. */
export function openDirectory(paths: readonly string[], options: DiscoverOptions = {}): DataDirectory {
  const { sources, files, outputs } = context();
  const directory = discover(paths, options);
  for (const output of outputs) refuseInSource(output, directory);
  sources.push(directory);
  for (const file of [...directory.snapshots, ...directory.logs]) files.set(file.path, file);
  return directory;
}

/** Says that a new file or folder is going to be made. Throws ZkRewindError 2 where that lies in a source. */
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

/** Findings for what they are where a server may be writing the files: see `ofLiveFiles`. */
export function asOfLiveFiles(findings: readonly Finding[]): readonly Finding[] {
  const { files } = context();
  const written = findings.flatMap((each) => (mayBeUnfinished(each) ? (files.get(each.file ?? "") ?? []) : []));
  return ofLiveFiles(written, findings).filter(({ code }) => code !== "file.changed");
}
