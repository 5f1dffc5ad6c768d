import { ephemeralShape, sessionShape } from "../../export/shapes/session.js";
import { sessionLife, sessionLives } from "../../forensics/history/sessions.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { sessionId } from "../options/log-filter.js";
import { addRange, parseRange, type RangeFlags, resolveRange } from "../options/log-range.js";
import { addLogDir, addOutput, type OutputOptions, type SourceOptions, SOURCE } from "../options/options.js";
import { didYouMean, nearest } from "../options/nearest.js";
import { DocumentWriter } from "../output/document.js";
import { LineWriter, styleFor, withOutput } from "../output/output.js";
import { note, reportFindings } from "../output/report.js";
import { lifeLines } from "../render/session-text.js";
import { openSource } from "../source.js";
import { say, tag } from "../../text/message.js";

type SessionOptions = SourceOptions & RangeFlags & OutputOptions;

export const command: CommandModule = {
  define(command) {
    command.argument("<source>", SOURCE);
    command.argument("<id>", "the session, 0x…", sessionId);
    addLogDir(command);
    addRange(command);
    addOutput(command, ["text", "json", "ndjson"]);
    addExamples(command, [
      ["zkrewind session /var/lib/zookeeper 0x10000337d0c0015", "from its beginning to its end"],
      ["zkrewind session /var/lib/zookeeper 0x10000337d0c0015 --before 0xeeb", "as it was just before that zxid"],
    ]);
    addNotes(
      command,
      `zkrewind sessions lists them. With --from, writes and errors are counted from there on, and ephemerals that were gone by
then are left out.

A session that the server ended has cxid 0 in the log: it expired, or, seldom, an administrator ended it. The log does
not say which, but a session whose last transaction was less than its timeout before its end cannot have expired.`,
    );
    command.action(session);
  },
};

async function session(source: string, id: bigint, options: SessionOptions): Promise<void> {
  const points = parseRange(options);
  await withOutput(options.output, async (out) => {
    const directory = await openSource([source], options);
    const { from, to } = await resolveRange(directory, points);
    const found = await sessionLife(directory, id, {
      from,
      to,
      onFinding: (finding) => reportFindings([finding]),
      onHole: ({ after, before }) =>
        note(
          say`transactions after ${hex(after ?? 0n)} and before ${hex(before)} are missing: what the session did there is not shown`,
        ),
    });
    if (!found) {
      const lives = await sessionLives(directory);
      const near = nearest(
        hex(id),
        lives.map((life) => hex(life.id)),
      );
      const hint =
        didYouMean(near.map(tag.given)) ?? say`zkrewind sessions SOURCE --all lists the sessions in these files.`;
      throw new ZkRewindError(say`no trace of session ${hex(id)} in these files`, { exitCode: 1, hint });
    }
    const lines = new LineWriter(out);
    const { life, ephemerals } = found;
    if (options.format === "text") {
      for (const line of lifeLines(life, ephemerals, await styleFor(options.output))) await lines.line(line);
    } else {
      const open = life.end === null ? ephemerals.filter(({ lost }) => lost === null).length : undefined;
      const whole = { source: [source], from: hexOrNull(from), to: hexOrNull(to) };
      const shape = sessionShape(life, open);
      const document = new DocumentWriter(lines, options.format === "json" ? "json" : "ndjson");
      if (options.format === "json") await document.begin("session", { ...whole, ...shape });
      else {
        await document.begin("session", whole);
        await document.item(shape);
      }
      await document.list("ephemeralZnodes");
      for (const each of ephemerals) await document.item(ephemeralShape(each));
      await document.end({ ephemeralZnodes: ephemerals.length });
    }
    await lines.flush();
  });
}

function hexOrNull(zxid: bigint | null): string | null {
  return zxid === null ? null : hex(zxid);
}
