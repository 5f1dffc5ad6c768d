import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { exportTree, ndjson, type Sink } from "../../export/index.js";
import { comparisonShape } from "../../export/shapes/comparison.js";
import { documentHead } from "../../export/shapes/document.js";
import { countsOf, duLists } from "../../export/shapes/du.js";
import { pointShape } from "../../export/shapes/point.js";
import { infoShape, verifyShape } from "../../export/shapes/verification.js";
import type { Source } from "../../explorer/source.js";
import { passTree } from "../../forensics/inspect/depth-first.js";
import { DiskUsage } from "../../forensics/inspect/du.js";
import { GROUPINGS } from "../../forensics/transactions/groupings.js";
import { TxnStats } from "../../forensics/transactions/txn-stats.js";
import { readRange } from "../../export/index.js";
import { type NewMember, tarOf } from "../../io/tar/write.js";
import { LATEST, type State } from "../../recovery/index.js";
import { say, tag } from "../../text/message.js";
import { SCHEMA } from "../../text/schema.js";
import { ROOT } from "../../tree/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { readLookedAt } from "../looked-at.js";
import { addSources, type SourceOptions } from "../options/options.js";
import { json } from "../output/json-text.js";
import { withOutput } from "../output/output.js";
import { note, reportFindings } from "../output/report.js";
import { counted } from "../output/text.js";
import { redactAll, redactedJson, said } from "../redaction.js";
import { statsJson } from "../render/stats-text.js";
import { version } from "../version.js";
import { htmlOf } from "./report.js";

interface BundleOptions extends SourceOptions {
  output: string;
  redactKeyFile?: string;
}

export const command: CommandModule = {
  define(command) {
    addSources(command);
    command.requiredOption("-o, --output <file>", "the .tar.gz to write; a run that fails leaves none");
    command.option("--redact-key-file <file>", "use the same pseudonyms in every run, made with the key in this file");
    addExamples(command, [["zkrewind bundle /var/lib/zookeeper -o evidence.tar.gz", "redacted evidence for a vendor"]]);
    addNotes(
      command,
      `The archive holds, as JSON, what info, verify, compare (of several servers), log --stats, du and ls -R print, a report in
HTML, versions, and a manifest with a SHA-256 of each. All of it is redacted: values, names in paths and ids in ACLs are
pseudonyms. zkrewind --help lists what --redact does not hide.`,
    );
    command.action(bundle);
  },
};

async function bundle(sources: string[], options: BundleOptions): Promise<void> {
  await redactAll(options.redactKeyFile);
  await withOutput(options.output, async (out) => {
    const source = await readLookedAt(sources, options, LATEST);
    const files = await filesOf(source);
    const members = [...files, { path: "manifest.json", data: manifestOf(files) }];
    const seconds = Math.floor(Date.now() / 1000);
    const whole = members.map(({ path, data }) => ({ path: `zkrewind-bundle/${path}`, data }));
    await out.bytes.write(gzipSync(tarOf(whole, seconds)));
    reportFindings(source.verification?.findings ?? []);
    note(say`${tag.file(options.output)} is written: ${counted(members.length, "file")}, redacted`);
  });
}

async function filesOf(source: Source): Promise<NewMember[]> {
  const { verification, comparison, opened } = source;
  if (!verification) throw new Error("nothing was verified");
  const { directory } = opened;
  const head = { source: opened.sources };
  const document = (path: string, value: object): NewMember => ({ path, data: Buffer.from(`${json(value)}\n`) });
  const stats = new TxnStats(GROUPINGS, ROWS);
  await readRange(
    directory.logs,
    { from: null, to: null },
    {
      take(txn, shape, _, { file, offset, length, checksumOk }) {
        if (checksumOk) stats.take(txn, shape, length, file, offset);
      },
    },
  );
  const ofTree = await source.trees.at(LATEST, async ({ state }) => [
    document("du.json", await usageOf(state, opened.sources)),
    { path: "tree.ndjson.gz", data: await treeOf(state, opened.sources) },
  ]);
  const report = { path: "report.html", data: Buffer.from(await htmlOf(source, WHOLE, {})) };
  return [
    document("versions.json", versions()),
    document("info.json", documentHead("info", { ...head, ...infoShape(verification, directory.epochs) })),
    document("verify.json", documentHead("verify", { ...head, ...verifyShape(verification, true) })),
    ...(comparison
      ? [document("compare.json", documentHead("compare", { ...head, ...comparisonShape(comparison) }))]
      : []),
    document("log-stats.json", documentHead("stats", { ...head, ...statsJson(stats, GROUPINGS) })),
    ...ofTree,
    report,
  ];
}

const WHOLE = { from: null, to: null, toIncluded: true };
const ROWS = 100;

function versions(): object {
  return {
    type: "versions",
    schema: SCHEMA,
    release: version(),
    layout: `node ${process.version}, ${process.platform} ${process.arch}`,
  };
}

async function usageOf(state: State, source: readonly string[]): Promise<object> {
  const usage = new DiskUsage({ top: "/", depth: 2, most: ROWS, patterns: true });
  await passTree(state.tree, ROOT, usage);
  const report = usage.report();
  const lists = duLists(report);
  const at = pointShape(state);
  return documentHead("du", { source, path: "/", at, total: report.total, ...lists, counts: countsOf(lists) });
}

/** Every znode without its value, compressed as it is written. */
async function treeOf(state: State, source: readonly string[]): Promise<Buffer> {
  const packed = new GzipSink();
  const redacted = redactedJson(packed);
  if (!redacted) throw new Error("nothing would be redacted");
  await exportTree(state, redacted.sink, { format: ndjson, source, data: "none", say: said });
  await redacted.finish();
  return packed.end();
}

/** Compresses what is written to it, a piece after another: a gzip file may have several members. */
class GzipSink implements Sink {
  private readonly packed: Buffer[] = [];
  private pending: Buffer[] = [];
  private size = 0;

  write(bytes: Uint8Array): void {
    this.pending.push(Buffer.from(bytes));
    this.size += bytes.length;
    if (this.size >= PIECE) this.pack();
  }

  end(): Buffer {
    this.pack();
    return Buffer.concat(this.packed);
  }

  private pack(): void {
    this.packed.push(gzipSync(Buffer.concat(this.pending)));
    this.pending = [];
    this.size = 0;
  }
}

const PIECE = 8 << 20;

function manifestOf(files: readonly NewMember[]): Buffer {
  const made = {
    type: "manifest",
    schema: SCHEMA,
    redacted: ["values", "paths", "ids"],
    files: files.map(({ path, data }) => ({
      file: path,
      bytes: data.length,
      sha256: createHash("sha256").update(data).digest("hex"),
    })),
  };
  return Buffer.from(`${JSON.stringify(made, null, 1)}\n`);
}
