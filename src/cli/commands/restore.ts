import { type Command, InvalidArgumentError, Option } from "commander";
import { select } from "../../export/index.js";
import { restore, type Restored, type State } from "../../recovery/index.js";
import { layoutOfRelease, type SnapshotLayout } from "../../storage/snapshot-trailers.js";
import type { Compression } from "../../io/byte-source.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { noteNewFolder } from "../opened.js";
import { json } from "../output/json-text.js";
import {
  addFormat,
  addGlobs,
  addPoint,
  addSources,
  type PointOptions,
  type SourceOptions,
} from "../options/options.js";
import { LineWriter, withOutput } from "../output/output.js";
import { tellAfter } from "../output/progress.js";
import { openState } from "../source.js";
import { counted, grouped, visible } from "../output/text.js";
import { say } from "../../text/message.js";
import { hexDigits, safe, type Safe } from "../../text/safe.js";

interface RestoreCommandOptions extends SourceOptions, PointOptions {
  output: string;
  release?: SnapshotLayout;
  digest: boolean;
  compress: Compression;
  include?: string[];
  exclude?: string[];
  openDanglingAcls?: boolean;
  partial?: boolean;
  format: "text" | "json";
}

export const command: CommandModule = {
  define(command: Command) {
    addSources(command);
    command.requiredOption("-o, --output <dir>", "the new data directory; it must not exist");
    addPoint(command);
    addGlobs(command);
    command.option(
      "--release <release>",
      "a snapshot as this release writes it (default: as the source's did)",
      release,
    );
    command.option("--no-digest", "without the tree's digest, as servers with digest.enabled=false write");
    const compress = new Option("--compress <codec>", "compress the snapshot (servers from 3.6 on read it)");
    command.addOption(compress.choices(["none", "gzip", "snappy"]).default("none"));
    command.option("--open-dangling-acls", "give znodes whose ACL is lost world:anyone:cdrwa instead of refusing");
    command.option("--partial", "with --inexact: write what logs without a beginning show, though much is missing");
    addFormat(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind restore /var/lib/zookeeper -o restored", "the latest state"],
      ["zkrewind restore /var/lib/zookeeper -o before --before 0x400", "as if transaction 0x400 had not been"],
      ["zkrewind restore /var/lib/zookeeper -o part --include '/busy/**'", "one subtree, and what is above it"],
    ]);
    addNotes(
      command,
      `Trimming drops whole subtrees; what stays keeps its stat, its parents' too. /zookeeper stays, without the quotas of
znodes that are gone. In an ensemble every server needs a copy of the restored directory (with its own myid): two
servers that start empty are a majority, and their empty tree would win.`,
    );
    command.action(run);
  },
};

async function run(sources: string[], options: RestoreCommandOptions): Promise<void> {
  if (options.compress !== "none" && options.release && !options.release.digest)
    throw new ZkRewindError(say`releases before 3.6 do not read compressed snapshots`, { exitCode: 2 });
  noteNewFolder(options.output);
  // Sorted, written, and read back.
  const state = await openState(sources, options, 3);
  refusePartial(state, options);
  const globs = { include: options.include ?? [], exclude: options.exclude ?? [] };
  const selection = select(state.tree, globs);
  const { digest, lastZxid } = options.release ?? state.layout;
  const restored = await restore(state, options.output, {
    layout: { digest: options.digest && digest, lastZxid },
    compression: options.compress,
    keep: selection ? (slot) => selection.has(slot) : null,
    openDanglingAcls: options.openDanglingAcls ?? false,
    onProgress: tellAfter(),
  });
  await withOutput(undefined, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json") lines.add(json(asJson(restored)));
    else for (const line of report(restored)) lines.add(line);
    await lines.flush();
  });
}

function release(text: string): SnapshotLayout {
  const layout = layoutOfRelease(text);
  if (!layout) throw new InvalidArgumentError("Releases are 3.3 to 3.9, as 3.8 or 3.9.5.");
  return layout;
}

/** What only some transactions show is no tree that a server should start on by mistake. */
function refusePartial({ partial, doubt }: State, options: RestoreCommandOptions): void {
  if (!partial || options.partial) return;
  throw new ZkRewindError(say`no whole tree can be restored: ${doubt ?? "they hold too little"}`, {
    exitCode: 4,
    hint: say`--partial writes what there is. zkrewind export --inexact shows it.`,
  });
}

function report(restored: Restored): Safe[] {
  const dropped = restored.dropped > 0 ? safe`, ${counted(restored.dropped, "znode")} left out` : "";
  return [
    safe`wrote ${visible(restored.snapshot, "file")}: ${counted(restored.znodes, "znode")}, ${counted(restored.sessions, "session")}${dropped}`,
    safe`  zxid ${hex(restored.zxid)}, epoch ${restored.epoch}, layout ${visible(restored.layout, "system")}, ${grouped(restored.stored.size)} bytes, CRC-32C ${crc(restored)}`,
    safe`  read back and verified: seals, structure, digest ${restored.digest}`,
  ];
}

function crc({ stored }: Restored): Safe {
  return hexDigits(stored.crc32c, 8);
}

function asJson(restored: Restored): object {
  const { stored, digest, ...rest } = restored;
  return {
    type: "restored",
    schema: 1,
    ...rest,
    size: stored.size,
    crc32c: crc(restored),
    digest: { version: 2, value: String(digest) },
  };
}
