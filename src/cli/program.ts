import { Command, CommanderError } from "commander";
import { filled } from "./command.js";
import { type CommandEntry, COMMANDS } from "./commands.js";
import { writeText } from "./output/descriptors.js";
import { guardUnfinished } from "../io/new/unfinished.js";
import { closeSources, findingsOfSources } from "./opened.js";
import { reportError } from "./output/errors.js";
import { onInterrupt } from "./output/interrupt.js";
import { allowProgress, endProgress, NO_PROGRESS } from "./output/progress.js";
import { note, reportFindings } from "./output/report.js";
import { addStrict } from "./output/verdict.js";
import { addRedaction, beginAsTyped } from "./redaction.js";
import { escapedLines } from "../text/unsafe.js";
import { usageText } from "./output/usage-text.js";
import { context } from "./context/context.js";

/** Runs the command that `args` name; every way out of it ends here. */
export async function run(args: readonly string[], version: string): Promise<void> {
  guardUnfinished(onInterrupt);
  try {
    if (args[0] === "complete") return await (await import("./completion.js")).answerShell(args.slice(2));
    await beginAsTyped(args);
    const program = await makeProgram(args, version);
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) context().exitCode = error.exitCode === 0 ? 0 : USAGE;
    else reportError(error);
  } finally {
    endProgress();
    // Whatever the command made of it.
    reportFindings(findingsOfSources());
    for (const message of closeSources()) note(message);
  }
}

const USAGE = 2;

async function makeProgram(args: readonly string[], version: string): Promise<Command> {
  const program = new Command("zkrewind")
    .description("git log, fsck and point-in-time recovery for a ZooKeeper data directory.")
    .usage("COMMAND SOURCE… [options]")
    .version(version)
    .option("--no-progress", NO_PROGRESS)
    .hook("preAction", (program) => allowProgress(program.opts<{ progress: boolean }>().progress))
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ visibleCommands: (command) => command.commands.filter((each) => each.name() !== "help") })
    .configureOutput({
      writeOut: (text) => writeText(1, escapedLines(text)),
      writeErr: (text) => writeText(2, escapedLines(text)),
      outputError: (text) => writeText(2, usageText(text, args)),
    })
    .addHelpText("after", () => `\n${filled(AFTER_HELP, 80)}`);
  for (const entry of COMMANDS) {
    const { name, summary } = entry;
    const command = program.command(name).description(summary);
    command.showHelpAfterError(`  zkrewind ${name} --help shows its arguments and options.`);
    if (args.includes(name)) await define(command, entry);
  }
  return program;
}

/** Gives a command its arguments, options, help and action. */
export async function define(command: Command, { load, finds, redacts }: CommandEntry): Promise<Command> {
  (await load()).command.define(command);
  if (finds) addStrict(command);
  if (redacts) addRedaction(command);
  return command;
}

const AFTER_HELP = `SOURCE is a snapshot or log file (gzip and snappy too), a version-2 folder, the
folder above it, a zoo.cfg, or a tar archive of these, gzipped or not;
backup.tar:zk1 is a folder inside an archive. - reads any of them from standard
input; --name snapshot.1f3 names a single file that comes that way. Standard
input and gzipped archives are kept in a scratch folder (--scratch DIR) while
they are read, and use at most half of the free space there.

Points in time, for --at and --to (inclusive) and --before (exclusive):
  latest                 everything that the files hold (the default)
  0x1d8e                 a zxid
  e1:34                  EPOCH:COUNTER, the counter in decimal or 0x…
  2026-11-23T14:05:00Z   the last transaction (by zxid) not later than this
  2026-11-23T14:05:00    the same with --tz ZONE (Europe/Berlin, UTC, local)
  -2h, -1h30m            this long before the last transaction (w, d, h, m, s)
  @snapshot.1f3          the zxid in a file's name

Exit codes:
  0  done, nothing is damaged; there may be warnings (--strict makes them count)
  1  errors found: damage, a difference, a znode that does not exist, a server
     that would not start
  2  wrong usage
  3  cannot read or write
  4  the point cannot be reached, or not exactly, with these files

For a public ticket, add --redact values,paths,ids to any command that prints
what files hold. It hides values, names in paths and ids in ACLs, on standard error
too. It does not hide: lengths, how many znodes there are and in what shape,
which names or values are equal, sequence numbers, ZooKeeper's own names, ACL
schemes and permissions, sessions, zxids, times, the names of files. With paths
alone, a value that holds a path still shows it. With a key the pseudonyms are
the same in every run: --redact-key-file FILE, or ZKREWIND_REDACT_KEY.

zkrewind COMMAND --help shows a command's options. zkrewind --version --verbose
shows the platform. zkrewind never writes into a source.`;
