import { sessionLife } from "../../forensics/history/sessions.js";
import { resolveBound } from "../../recovery/point/resolve.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { addExamples, type CommandModule } from "../command.js";
import { sessionId } from "../options/log-filter.js";
import { addLogDir, pointRequest } from "../options/options.js";
import { LineWriter, styleFor, withOutput } from "../output/output.js";
import { note, reportFindings } from "../output/report.js";
import { ephemeralJson, lifeJson, lifeLines } from "../render/session-text.js";
import { openSource } from "../source.js";
import { addSessionOptions, listSessions, type SessionsOptions } from "./sessions.js";

export const command: CommandModule = {
  define(command) {
    command.argument("<source>", "data directory, version-2 folder, snapshot, log or zoo.cfg");
    command.argument("[id]", "the session, 0x…; a list of sessions if not given", sessionId);
    addLogDir(command);
    addSessionOptions(command);
    addExamples(command, [
      ["zkrewind session fixtures/3.8.6-standalone 0x10000337d0c0015", "from its birth to its end"],
      ["zkrewind session fixtures/3.8.6-standalone 0x10000337d0c0015 --before 0xeeb", "just before that"],
      ["zkrewind session fixtures/3.8.6-standalone --all", "all of them, as `sessions` lists them"],
    ]);
    command.addHelpText(
      "after",
      `
A session that the server ended has cxid 0 in the log: it expired, or, seldom, an administrator ended it. The log does
not tell which, but one whose last transaction was less than its timeout ago cannot have expired.`,
    );
    command.action(session);
  },
};

async function session(source: string, id: bigint | undefined, options: SessionsOptions): Promise<void> {
  if (id === undefined) return listSessions([source], options);
  const request = pointRequest(options);
  await withOutput(options.output, async (sink) => {
    const directory = await openSource([source], options);
    const to = await resolveBound(directory, request);
    const found = await sessionLife(directory, id, {
      to,
      onFinding: (finding) => reportFindings([finding]),
      onHole: ({ after, before }) =>
        note(
          `transactions after ${hex(after ?? 0n)} and before ${hex(before)} are missing: what was done there is not told`,
        ),
    });
    if (!found) {
      const hint = "zkrewind session SOURCE --all lists the sessions that there are.";
      throw new ZkRewindError(`no trace of session ${hex(id)} in these files`, { exitCode: 1, hint });
    }
    const lines = new LineWriter(sink);
    const { life, ephemerals } = found;
    if (options.format === "text") {
      for (const line of lifeLines(life, ephemerals, await styleFor(options.output))) await lines.line(line);
    } else {
      const open = life.end === null ? ephemerals.filter(({ lost }) => lost === null).length : undefined;
      const whole = { schema: 1, source: [source], ...lifeJson({ life, ephemerals: open }) };
      await lines.line(JSON.stringify({ ...whole, ephemerals: ephemerals.map(ephemeralJson) }));
    }
    await lines.flush();
  });
}
