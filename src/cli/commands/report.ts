import { reportHtml } from "../../explorer/report/report.js";
import type { Source } from "../../explorer/source.js";
import { type PointRequest, rangeEnds, type RangePoints } from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { readLookedAt } from "../looked-at.js";
import { addRange, parseRange, type RangeFlags } from "../options/log-range.js";
import { addSources, pointRequest, type SourceOptions, wholeNumber } from "../options/options.js";
import { withOutput } from "../output/output.js";
import { note, reportFindings } from "../output/report.js";
import { PAGE_EDGE } from "../page-edge.js";
import { pageFile } from "../page-files.js";

interface ReportOptions extends SourceOptions, RangeFlags {
  output: string;
  at?: string;
  tree?: boolean;
  data?: number;
}

export const command: CommandModule = {
  define(command) {
    addSources(command);
    addRange(command);
    command.option("--at <point>", "the point of the tree in the report; the latest if not given");
    command.option("--tree", "include every znode at that point");
    command.option("--data <bytes>", "with --tree: include this many first bytes of every value", wholeNumber);
    command.requiredOption("-o, --output <file>", "the file to write; a run that fails leaves none");
    addExamples(command, [
      ["zkrewind report /var/lib/zookeeper -o report.html", "verdict, timeline, sessions, sizes"],
      [
        "zkrewind report /var/lib/zookeeper -o accident.html --from 0xe3d --to 0xe5a --tree --redact values,paths,ids",
        "the changes in a range, and the tree, for a public ticket",
      ],
    ]);
    addNotes(
      command,
      `The report is one file with the explorer's views, which opens from disk in any browser and loads nothing. It holds no
values of znodes, unless --data asks for them.`,
    );
    command.action(report);
  },
};

async function report(sources: string[], options: ReportOptions): Promise<void> {
  if (options.data !== undefined && !options.tree) {
    const hint = say`Values belong to znodes, and --tree includes those.`;
    throw new ZkRewindError(say`--data needs --tree`, { exitCode: 2, hint });
  }
  const points = parseRange(options);
  const at = atOf(options);
  await withOutput(options.output, async (out) => {
    const source = await readLookedAt(sources, options, at);
    const html = await htmlOf(source, points, options);
    await out.bytes.write(Buffer.from(html));
    reportFindings(source.verification?.findings ?? []);
    note(say`${tag.file(options.output)} is written: it opens in any browser`);
  });
}

function atOf({ at, tz }: { at?: string | undefined; tz?: string | undefined }): PointRequest {
  return pointRequest({ ...(at === undefined ? {} : { at }), ...(tz === undefined ? {} : { tz }) });
}

/** The report of a source that was read. */
export async function htmlOf(
  source: Source,
  points: RangePoints,
  { at, tz, tree = false, data = 0 }: Pick<ReportOptions, "at" | "tz" | "tree" | "data">,
): Promise<string> {
  const { from, to } = await rangeEnds(source.opened.directory, points);
  return reportHtml(source, { script: pageFile("report.js"), style: pageFile("page.css") }, PAGE_EDGE, {
    at: atOf({ at, tz }),
    from: from?.zxid ?? null,
    to: to?.zxid ?? null,
    tree,
    data,
  });
}
