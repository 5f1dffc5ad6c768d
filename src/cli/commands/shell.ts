import { createInterface, type Interface } from "node:readline/promises";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { writeText } from "../output/descriptors.js";
import { addPoint, addSources, type PointFlags, type SourceOptions } from "../options/options.js";
import { styleFor } from "../output/output.js";
import { raiseExitCode } from "../output/verdict.js";
import { completeLine } from "../shell/complete.js";
import { runLine } from "../shell/commands.js";
import { Walk } from "../shell/walk.js";
import { STDIN } from "../../recovery/directory/given.js";
import { openSource, openState } from "../source.js";
import { isTerminal } from "../output/terminal.js";
import { visible } from "../output/text.js";
import { say } from "../../text/message.js";
import { words } from "../../text/safe.js";
import { context } from "../context/context.js";

type ShellOptions = SourceOptions & PointFlags;

export const command: CommandModule = {
  define(command) {
    addSources(command);
    addPoint(command);
    addExamples(command, [
      ["zkrewind shell /var/lib/zookeeper < /dev/null", "without the < it prompts for commands; help lists them"],
      [`printf 'cd /counters\\nls -l\\nstat c7\\n' | zkrewind shell /var/lib/zookeeper`, "a script"],
    ]);
    addNotes(
      command,
      `At the prompt: ls, cd, cat, stat, acl, tree, find, history, log, diff, du and more, as on the command line but without
the source, and with paths relative to the current znode; at, before, next and prev move in time. Tab completes, the
arrow keys bring back earlier lines. An error is reported and does not end the shell; a script's exit code is the highest
of its commands'.`,
    );
    command.action(shell);
  },
};

async function shell(sources: string[], options: ShellOptions): Promise<void> {
  if (sources.includes(STDIN))
    throw new ZkRewindError(say`the shell reads its commands from standard input`, {
      exitCode: 2,
      hint: say`Name a file as the source instead.`,
    });
  const state = await openState(sources, options);
  const walk = new Walk(sources, await openSource(sources, options), state, options);
  if (isTerminal(0) && isTerminal(1)) await converse(walk);
  else await runScript(walk);
}

async function runScript(walk: Walk): Promise<void> {
  for await (const line of createInterface({ input: context().streams.stdin(), crlfDelay: Number.POSITIVE_INFINITY })) {
    const before = context().exitCode;
    const goesOn = await runLine(walk, line);
    raiseExitCode(before);
    if (!goesOn) break;
  }
}

async function converse(walk: Walk): Promise<void> {
  const style = await styleFor(undefined);
  const opened = context().exitCode;
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    completer: (line: string) => completeLine(walk, line),
  });
  const ask = (): void => {
    const absent = walk.exists(walk.path) ? "" : style.red(words(" (absent)"));
    terminal.setPrompt(`${style.bold(visible(walk.path, "path"))}${absent} ${style.cyan(hex(walk.state.zxid))}> `);
    terminal.prompt();
  };
  terminal.on("SIGINT", () => {
    writeText(1, words("^C\n"));
    terminal.write(null, { ctrl: true, name: "u" });
    ask();
  });
  for await (const line of prompting(terminal, ask)) {
    // While a command runs, Ctrl-C is for that, not for the line.
    process.stdin.setRawMode(false);
    const goesOn = await runLine(walk, line);
    process.stdin.setRawMode(true);
    if (!goesOn) break;
  }
  terminal.close();
  context().exitCode = opened;
}

/** The lines, with the prompt before each. */
async function* prompting(terminal: Interface, ask: () => void): AsyncGenerator<string> {
  const lines = terminal[Symbol.asyncIterator]();
  for (;;) {
    ask();
    const { value, done } = await lines.next();
    if (done) {
      writeText(1, words("\n"));
      return;
    }
    yield value;
  }
}
