import { InvalidArgumentError } from "commander";
import { AS_THEY_ARE } from "../../explorer/edge.js";
import { serve } from "../../explorer/server/serve.js";
import { say } from "../../text/message.js";
import { safe } from "../../text/safe.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { openLookedAt } from "../looked-at.js";
import { openBrowser } from "../open-browser.js";
import { addSources, collect, type SourceOptions, wholeNumber } from "../options/options.js";
import { writeText } from "../output/descriptors.js";
import { endProgress } from "../output/progress.js";
import { note } from "../output/report.js";
import { visible } from "../output/text.js";
import { pageFile } from "../page-files.js";
import { threads } from "../threads.js";

interface ExploreOptions extends SourceOptions {
  port: number;
  allowHost?: string[];
  open?: boolean;
}

export const command: CommandModule = {
  define(command) {
    addSources(command);
    command.option("--port <n>", "the port to listen on; a free one if not given", port, 0);
    command.option("--allow-host <name>", "also answer requests for this host name; may be repeated", collect);
    command.option("--open", "open the page in a browser");
    addExamples(command, [
      ["zkrewind explore /var/lib/zookeeper", "print the page's address, and serve it until Ctrl-C"],
      ["zkrewind explore /var/lib/zookeeper --allow-host bastion", "also answer requests for the host name bastion"],
    ]);
    addNotes(
      command,
      `The page is served on this machine alone (127.0.0.1), and only to those who have the printed address, which holds a
secret. From another machine: ssh -L 8123:127.0.0.1:8123 HOST zkrewind explore /var/lib/zookeeper --port 8123, then open what
is printed there.

The page changes nothing and loads nothing from elsewhere. It shows what the other commands print, values included; for a
ticket, zkrewind report writes a file, redacted on request.

Memory: what a rebuild of the tree takes, and at most 200 MB more: trees that were looked at before (128 MB), what the last
transactions changed, and where in the logs transactions lie.`,
    );
    command.action(explore);
  },
};

async function explore(sources: string[], options: ExploreOptions): Promise<void> {
  const source = await openLookedAt(sources, options);
  const serving = await serve(source, {
    page: { html: pageFile("page.html"), script: pageFile("page.js"), style: pageFile("page.css") },
    edge: AS_THEY_ARE,
    port: options.port,
    ...(options.allowHost && { allowHosts: options.allowHost }),
  });
  endProgress();
  // Before the page can be opened: what holds the token is taken away whenever Ctrl-C comes.
  const ended = untilInterrupted();
  writeText(1, safe`${visible(serving.address, "system")}\n`);
  note(say`Open it in a browser on this machine. Ctrl-C ends it.`);
  const tidy = options.open ? openBrowser(serving.address) : () => {};
  try {
    void source.begin(threads());
    await ended;
  } finally {
    tidy();
    source.close();
    await serving.close();
  }
  // What is still being read would go on to its end.
  setImmediate(() => process.exit());
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

function port(text: string): number {
  const value = wholeNumber(text);
  if (value > 65_535) throw new InvalidArgumentError("A port is at most 65535.");
  return value;
}
