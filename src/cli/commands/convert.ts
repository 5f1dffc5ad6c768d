import { type Command, Option } from "commander";
import { ZkRewindError } from "../../findings/finding.js";
import { type Compression, SUFFIX } from "../../io/byte-source.js";
import { convert } from "../../recovery/index.js";
import { parseFileName } from "../../storage/names.js";
import { say, tag } from "../../text/message.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { noteNewFolder, openFiles } from "../opened.js";
import { addFormat } from "../options/options.js";
import { type NamedRelease, namedRelease } from "../options/target.js";
import { documentLine } from "../output/document.js";
import { LineWriter, withOutput } from "../output/output.js";
import { counted, grouped, visible } from "../output/text.js";
import { hexDigits, safe } from "../../text/safe.js";

interface ConvertCommandOptions {
  output: string;
  release?: NamedRelease;
  digest: boolean;
  compress?: Compression;
  format: "text" | "json";
}

export const command: CommandModule = {
  define(command: Command) {
    command.argument("<snapshot>", "a snapshot file");
    command.requiredOption("-o, --output <file>", "the new file; it must not exist");
    command.option(
      "--release <release>",
      "write the layout of this release (default: the snapshot's own)",
      namedRelease,
    );
    command.option("--no-digest", "leave out the tree's digest, as servers with digest.enabled=false do");
    const compress = new Option("--compress <codec>", "compress it (default: as the new file's name says)");
    command.addOption(compress.choices(["none", "gzip", "snappy"]));
    addFormat(command, ["text", "json"]);
    addExamples(command, [
      [
        "zkrewind convert /var/lib/zookeeper/version-2/snapshot.a9f -o snapshot.a9f.gz",
        "compressed, as servers from 3.6 on can write it",
      ],
      [
        "zkrewind convert /var/lib/zookeeper/version-2/snapshot.a9f -o snapshot.a9f --release 3.5.10",
        "in the layout of 3.5, for other tools that read snapshots",
      ],
    ]);
    addNotes(
      command,
      `The sessions, ACLs and znodes stay as they are, to the byte, and a fuzzy snapshot stays fuzzy. convert writes a digest only
where the snapshot has one; zkrewind restore writes an exact snapshot with a digest, from all files.`,
    );
    command.action(run);
  },
};

async function run(source: string, options: ConvertCommandOptions): Promise<void> {
  const { output, release } = options;
  noteNewFolder(output);
  const { snapshots, logs } = await openFiles([source]);
  const [file, ...others] = snapshots;
  if (!file || others.length > 0 || logs.length > 0)
    throw new ZkRewindError(say`${tag.file(source)} is not a single snapshot`, { exitCode: 2 });
  const name = parseFileName(output.slice(output.lastIndexOf("/") + 1));
  if (name && file.zxid !== null && (name.zxid !== file.zxid || name.kind !== "snapshot"))
    throw new ZkRewindError(say`${tag.file(output)} would be the name of another state than ${tag.file(file.name)}`, {
      exitCode: 2,
    });
  const compression = compressionOf(output, options.compress, name !== null);
  if (compression !== "none" && release && !release.release.compressed)
    throw new ZkRewindError(say`releases before 3.6 do not read compressed snapshots`, { exitCode: 2 });
  const layout = release?.layout ?? null;
  const written = await convert(file, output, {
    layout: options.digest ? layout : { digest: false, lastZxid: layout?.lastZxid ?? false },
    compression,
    release: release?.release ?? null,
  });
  await withOutput(undefined, async (out) => {
    const { stored, znodes, sessions, bytes, zxid } = written;
    const crc32c = hexDigits(stored.crc32c, 8);
    const lines = new LineWriter(out);
    if (options.format === "json")
      lines.add(
        documentLine("converted", {
          source: [source],
          output,
          zxid,
          layout: written.layout,
          compression,
          znodes,
          sessions,
          bytes,
          size: stored.size,
          crc32c,
        }),
      );
    else {
      lines.add(safe`wrote ${visible(output, "file")}: ${counted(znodes, "znode")}, ${counted(sessions, "session")}`);
      lines.add(safe`  layout ${visible(written.layout, "system")}, ${grouped(stored.size)} bytes, CRC-32C ${crc32c}`);
      lines.add(safe`  read back and verified: seals, structure, the same znodes`);
    }
    await lines.flush();
  });
}

/** By what the name says, which servers go by. Throws ZkRewindError 2 where the two contradict each other. */
function compressionOf(output: string, wanted: Compression | undefined, isServers: boolean): Compression {
  const named = (Object.keys(SUFFIX) as Compression[]).find((each) => each !== "none" && output.endsWith(SUFFIX[each]));
  if (wanted !== undefined && isServers && wanted !== (named ?? "none"))
    throw new ZkRewindError(say`servers take ${tag.file(output)} for what its name says: ${named ?? "none"}`, {
      exitCode: 2,
    });
  return wanted ?? named ?? "none";
}
