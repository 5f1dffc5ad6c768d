import { Option } from "commander";
import {
  type DataMode,
  exportSnapshot,
  exportTree,
  exportTxns,
  FORMAT_NAMES,
  type FormatName,
  scanForExport,
  snapshotPoint,
  select,
} from "../../export/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { parseRange, type RangeFlags, resolveRange } from "../options/log-range.js";
import {
  addData,
  addGlobs,
  addLimit,
  addOutput,
  addPoint,
  addSources,
  type OutputOptions,
  type PointFlags,
  type SourceOptions,
} from "../options/options.js";
import { exportIn } from "../output/export-format.js";
import { type Output, withOutput } from "../output/output.js";
import { expectReading, tellAfter } from "../output/progress.js";
import { note, reportFindings, reportPoint } from "../output/report.js";
import { openSource, openState } from "../source.js";
import { counted } from "../output/text.js";
import { openLogs } from "./log.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { said } from "../redaction.js";

interface ExportOptions extends SourceOptions, PointFlags, OutputOptions, RangeFlags {
  format: FormatName;
  data: DataMode;
  order: "tree" | "file";
  txns?: boolean;
  limit?: number;
  include?: string[];
  exclude?: string[];
}

export const command: CommandModule = {
  define(command) {
    addSources(command);
    addPoint(command);
    addOutput(command, FORMAT_NAMES);
    addGlobs(command);
    addData(command, "auto");
    command.addOption(
      new Option("--order <order>", "file: a single snapshot in its own order, in little memory, whatever its size")
        .choices(["tree", "file"])
        .default("tree"),
    );
    command.option("--txns", "write the transactions instead of the tree");
    command.option(
      "--from <point>",
      "with --txns: begin at this point; at a time: with the first transaction not earlier",
    );
    command.option(
      "--to <point>",
      "with --txns: end at this point, inclusive; at a time: with the last transaction not later",
    );
    addLimit(command, "with --txns: at most this many");
    addExamples(command, [
      ["zkrewind export /var/lib/zookeeper -o tree.ndjson", "the latest state, one znode per line"],
      ["zkrewind export /var/lib/zookeeper --at 0xa9f --include '/acl/**'", "a subtree at a point"],
      ["zkrewind export /var/lib/zookeeper/version-2/snapshot.207 --order file | wc -l", "a snapshot of any size"],
      ["zkrewind export /var/lib/zookeeper --txns --from 0xf00", "the transactions"],
    ]);
    addNotes(
      command,
      `NDJSON has a line for the header (source, point, digest), one for each session and each znode (depth first, siblings in
byte order), and an "end" line: without it, the output is incomplete. Znodes whose parents are missing follow the others,
with "orphan": true. 64-bit values are strings; times are UTC.

A glob is matched against the whole path: '/app/**' is /app and all below it, '/app/*' its children. --include keeps the znodes above a match, --exclude drops all below one.

--order file leaves out numChildren, which snapshots do not store.`,
    );
    command.action(exportAny);
  },
};

async function exportAny(sources: string[], options: ExportOptions): Promise<void> {
  refuseContradictions(options);
  await withOutput(options.output, async (out) => {
    if (options.txns) return exportTransactions(sources, out, options);
    if (options.order === "file") return exportOneSnapshot(sources, out, options);
    const state = await openState(sources, options, 1);
    const { include, exclude } = options;
    const selection = select(state.tree, { ...(include && { include }), ...(exclude && { exclude }) });
    const { format, sink } = exportIn(out, options.format);
    const { nodes, sessions } = await exportTree(state, sink, {
      format,
      source: sources,
      data: options.data,
      say: said,
      selection,
      onProgress: tellAfter(),
    });
    note(say`${counted(nodes, "znode")}, ${counted(sessions, "session")}`);
  });
}

/** Options that would be ignored are refused: what is exported must be what was asked for. */
function refuseContradictions(options: ExportOptions): void {
  const { txns, order, at, before, from, to, limit, include, exclude, inexact } = options;
  const refuse = (message: Message, hint: Message): never => {
    throw new ZkRewindError(message, { exitCode: 2, hint });
  };
  if (txns && (at !== undefined || include || exclude || order === "file" || inexact)) {
    refuse(
      say`--at, --inexact, --include, --exclude and --order are for trees`,
      say`With --txns: --from, --to, --before and --limit.`,
    );
  }
  if (txns && to !== undefined && before !== undefined)
    refuse(say`--to and --before exclude each other`, say`One of them ends the range.`);
  if (!txns && (from !== undefined || to !== undefined || limit !== undefined)) {
    refuse(say`--from, --to and --limit are for transactions`, say`Add --txns, or name a point with --at or --before.`);
  }
  if (order === "file" && (at !== undefined || before !== undefined || include || exclude)) {
    refuse(
      say`--order file writes one snapshot whole, as it is`,
      say`Leave out --at, --before, --include and --exclude, or --order.`,
    );
  }
}

async function exportTransactions(sources: readonly string[], out: Output, options: ExportOptions): Promise<void> {
  const points = parseRange(options);
  const directory = await openLogs(sources, options, points);
  const { format, sink } = exportIn(out, options.format);
  const transactions = await exportTxns(directory.logs, sink, {
    format,
    source: sources,
    range: {
      ...(await resolveRange(directory, points)),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
    },
    data: options.data,
    onFinding: (finding) => reportFindings([finding]),
  });
  note(say`${counted(transactions, "transaction")}`);
}

async function exportOneSnapshot(sources: readonly string[], out: Output, options: ExportOptions): Promise<void> {
  const { snapshots } = await openSource(sources, options);
  expectReading(snapshots, 2);
  const [snapshot, ...others] = snapshots;
  if (!snapshot || others.length > 0) {
    const named = joined(
      snapshots.map(({ path }) => tag.file(path)),
      ", ",
    );
    const hint = snapshot ? say`Name one of ${named}.` : say`Name a snapshot.`;
    throw new ZkRewindError(say`--order file takes one snapshot, and there are ${snapshots.length}`, {
      exitCode: 2,
      hint,
    });
  }
  // Read twice: what is damaged is known before the first line is written.
  const scanned = await scanForExport(snapshot, options.data);
  reportPoint(snapshotPoint(scanned.scan));
  reportFindings(scanned.scan.findings);
  const { format, sink } = exportIn(out, options.format);
  const { nodes, sessions } = await exportSnapshot(snapshot, scanned, sink, { format, source: sources, say: said });
  note(say`${counted(nodes, "znode")}, ${counted(sessions, "session")}`);
}
