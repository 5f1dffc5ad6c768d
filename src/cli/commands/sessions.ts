import { SESSION_COLUMNS as CSV_COLUMNS, sessionRow } from "../../export/csv/session-row.js";
import { pointShape } from "../../export/shapes/point.js";
import { sessionShape } from "../../export/shapes/session.js";
import { type SessionRow, sessionsAt, strayEphemerals } from "../../forensics/history/sessions-at.js";
import { sessionLives } from "../../forensics/history/sessions.js";
import { hex } from "../../storage/zxid.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import {
  addLimit,
  addOutput,
  addSort,
  addPoint,
  addSources,
  type OutputOptions,
  type PointFlags,
  type SortOptions,
  type SourceOptions,
} from "../options/options.js";
import { CsvWriter } from "../output/csv-text.js";
import { DocumentWriter } from "../output/document.js";
import { LineWriter, styleFor, withOutput } from "../output/output.js";
import { note } from "../output/report.js";
import { raiseExitCode } from "../output/verdict.js";
import { SESSION_COLUMNS, sessionCells } from "../render/session-text.js";
import { columnsFor } from "../output/table.js";
import { addWide, reportLeftOut, tableWidth, type WideOptions } from "../options/wide.js";
import { openSource, openState } from "../source.js";
import { counted, visible } from "../output/text.js";
import { say } from "../../text/message.js";

interface SessionsOptions extends SourceOptions, PointFlags, OutputOptions, SortOptions, WideOptions {
  all?: boolean;
  limit?: number;
}

export const command: CommandModule = {
  define(command) {
    addSources(command);
    command.option("--all", "include sessions that have ended");
    addSort(command, Object.keys(ORDERS));
    addLimit(command, "list at most this many");
    addWide(command);
    addPoint(command);
    addOutput(command, ["text", "json", "ndjson", "csv"]);
    addExamples(command, [
      ["zkrewind sessions /var/lib/zookeeper", "those that are open"],
      ["zkrewind sessions /var/lib/zookeeper --at 0xa80", "those that were open then"],
      ["zkrewind sessions /var/lib/zookeeper --sort ephemerals -n 5", "those with the most ephemerals"],
      ["zkrewind sessions /var/lib/zookeeper --all --format ndjson", "every one, for programs"],
    ]);
    addNotes(
      command,
      `The server is the id's high byte: the server that the client first reached. Writes and errors are those in the logs, up to
the point. Ephemerals whose session is not open are reported on standard error, with exit code 1: no server will ever
delete them.

Where a terminal is too narrow, columns are left out in this order: timeout, server, born, errors, last.`,
    );
    command.action(listSessions);
  },
};

async function listSessions(sources: readonly string[], options: SessionsOptions): Promise<void> {
  await withOutput(options.output, async (out) => {
    const state = await openState(sources, options);
    const directory = await openSource(sources, options);
    // What is damaged has been told by the rebuild.
    const lives = await sessionLives(directory, { to: state.zxid });
    const all = sessionsAt(state, lives, options.all ?? false);
    const rows = sorted(all, options).slice(0, options.limit);
    const lines = new LineWriter(out);
    const orphans = strayEphemerals(state);
    if (options.format === "text") {
      const style = await styleFor(options.output);
      const cells = rows.map(sessionCells);
      const columns = columnsFor(SESSION_COLUMNS, cells, tableWidth(options));
      await lines.line(style.dim(columns.head()));
      for (const each of cells) await lines.line(columns.row(each));
      reportLeftOut(columns.leftOut);
    } else if (options.format === "csv") {
      const table = new CsvWriter(out, CSV_COLUMNS);
      for (const { life, ephemerals } of rows) await table.row(sessionRow(life, ephemerals));
      await table.flush();
    } else {
      const document = new DocumentWriter(lines, options.format === "json" ? "json" : "ndjson");
      const ephemeralsWithoutSession = orphans.map(({ path, owner }) => ({ path, owner: hex(owner) }));
      await document.begin("sessions", { source: sources, at: pointShape(state), ephemeralsWithoutSession });
      await document.list("sessions");
      for (const { life, ephemerals } of rows) await document.item(sessionShape(life, ephemerals));
      await document.end({ sessions: rows.length });
    }
    await lines.flush();
    const open = all.filter(({ ephemerals }) => ephemerals !== undefined).length;
    note(say`${counted(open, "session")} open${options.all ? say`, ${all.length - open} ended` : ""}`);
    for (const { path, owner } of orphans) {
      note(say`${visible(path, "path")} is an ephemeral of ${hex(owner)}, a session that is not open`);
      raiseExitCode(1);
    }
  });
}

/** What each order goes by; rows of one value stay in the order of their ids. */
const ORDERS: Readonly<Record<string, (row: SessionRow) => number>> = {
  id: () => 0,
  ephemerals: ({ ephemerals }) => ephemerals ?? -1,
  writes: ({ life }) => life.writes,
  errors: ({ life }) => [...life.errors.values()].reduce((sum, count) => sum + count, 0),
  timeout: ({ life }) => life.timeout ?? -1,
  born: ({ life }) => Number(life.born?.time ?? 0n),
  last: ({ life }) => Number(life.last?.time ?? 0n),
};

function sorted(rows: readonly SessionRow[], { sort, reverse }: SortOptions): SessionRow[] {
  const by = ORDERS[sort] ?? (() => 0);
  const list = rows.toSorted((a, b) => by(b) - by(a));
  return reverse ? list.toReversed() : list;
}
