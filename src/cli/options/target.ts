import { type Command, InvalidArgumentError, Option } from "commander";
import { ZkRewindError } from "../../findings/finding.js";
import type { Compression } from "../../io/byte-source.js";
import {
  type Ensemble,
  readEnsemble,
  type Release,
  releaseNamed,
  type Restorable,
  restore,
  type Restored,
  restoreEnsemble,
} from "../../recovery/index.js";
import { layoutOfRelease, type SnapshotLayout } from "../../storage/snapshot-trailers.js";
import type { FileWritten } from "../../recovery/write/read-back.js";
import { threads } from "../threads.js";
import { say } from "../../text/message.js";
import { noteNewFolder } from "../opened.js";
import { tellAfter } from "../output/progress.js";
import { shown } from "../output/text.js";
import { addFormat, collect } from "./options.js";

/** A release that servers are of: what its snapshots look like, and what it does with them. */
export interface NamedRelease {
  layout: SnapshotLayout;
  release: Release;
}

/** Where a tree is written, and for which servers. */
export interface TargetOptions {
  output: string;
  ensemble?: string[];
  release?: NamedRelease;
  digest: boolean;
  compress: Compression;
  openDanglingAcls?: boolean;
  format: "text" | "json";
}

/** `layout`: what the help says of the layout that is written without --release. */
export function addTarget(command: Command, layout: string): Command {
  command
    .requiredOption("-o, --output <dir>", "the new data directory; it must not exist")
    .option("--ensemble <zoo.cfg>", "write a directory for each server listed, and a runbook; may be repeated", collect)
    .option("--release <release>", `write for servers of this release (default: ${layout})`, namedRelease)
    .option("--no-digest", "leave out the tree's digest, as servers with digest.enabled=false do");
  const compress = new Option("--compress <codec>", "compress the snapshot (servers from 3.6 on read it)");
  command.addOption(compress.choices(["none", "gzip", "snappy"]).default("none"));
  return addFormat(command, ["text", "json"]);
}

/** What can be said before any work: the ensemble, if there is one. Throws ZkRewindError 2 or 3 where it cannot be. */
export function openTarget({ output, compress, release, ensemble }: TargetOptions): Ensemble | null {
  if (compress !== "none" && release && !release.release.compressed)
    throw new ZkRewindError(say`releases before 3.6 do not read compressed snapshots`, { exitCode: 2 });
  noteNewFolder(output);
  return ensemble ? readEnsemble(ensemble) : null;
}

/** `layout`: where no release is named. */
export function writeTarget(
  made: Restorable,
  ensemble: Ensemble | null,
  layout: SnapshotLayout,
  options: TargetOptions,
): Promise<Restored> {
  const { digest, lastZxid } = options.release?.layout ?? layout;
  const how = {
    layout: { digest: options.digest && digest, lastZxid },
    compression: options.compress,
    ...(options.release ? { release: options.release.release } : {}),
    openDanglingAcls: options.openDanglingAcls ?? false,
    onProgress: tellAfter(),
    readBehind: (file: FileWritten) => threads().behind(file),
    text: shown,
  };
  return ensemble ? restoreEnsemble(made, ensemble, options.output, how) : restore(made, options.output, how);
}

/** A release by its name. Throws a usage error for what is none. */
export function namedRelease(text: string): NamedRelease {
  const layout = layoutOfRelease(text);
  if (!layout) throw new InvalidArgumentError("Releases are 3.3 to 3.9, as 3.8 or 3.9.5.");
  // 3.3 differs from 3.4 in nothing that a snapshot shows.
  return { layout, release: releaseNamed(text.replace(/^3\.3\b.*/, "3.4")) };
}
