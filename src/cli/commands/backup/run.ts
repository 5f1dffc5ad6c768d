import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { hex } from "../../../storage/zxid.js";
import { type Message, plain, say, tag } from "../../../text/message.js";
import type { BackupEvent } from "../../../repository/ship/backup.js";
import type { Target } from "../../../repository/ship/target.js";
import { ZkRewindError } from "../../../findings/finding.js";
import type { Distributor } from "../../../repository/ship/distributor.js";
import { runShape } from "../../../export/shapes/backup.js";
import { addFormat, byteCount, collect, type OutputOptions } from "../../options/options.js";
import { documentLine } from "../../output/document.js";
import { LineWriter, withOutput } from "../../output/output.js";
import { counted } from "../../output/text.js";
import { findingLine, note } from "../../output/report.js";
import { raiseExitCode } from "../../output/verdict.js";
import { writeMetrics } from "./metrics.js";
import { clockTime, StatusFile, statusOf } from "./status.js";
import { addTrust, addWriterKeys, trustedKeys, type TrustOptions, type WriterKeyOptions, writerKeys } from "./keys.js";

export const name = "run";
export const summary = "ship new transactions and snapshots of a server";
export const examples = [
  [
    "zkrewind backup run /var/lib/zookeeper --repo backups --repo /mnt/other/backups",
    "ship what is new into two repositories",
  ],
  [
    "zkrewind backup run /var/lib/zookeeper --repo backups --follow --interval 5s --metrics zkrewind.prom",
    "keep shipping, and write metrics",
  ],
] as const;

interface RunOptions extends WriterKeyOptions, TrustOptions, Pick<OutputOptions, "format"> {
  repo: string[];
  follow?: boolean;
  interval: number;
  maxBytes: number;
  spool: number;
  serverName?: string;
  voters?: string[];
  config?: string;
  logDir?: string;
  metrics?: string;
  status?: string;
}

export function define(command: Command): void {
  command
    .argument("<source>", "a server's data directory, or its zoo.cfg; it may be running")
    .requiredOption("--repo <repo>", "the repository: a folder or s3://bucket/prefix; may be repeated", collect)
    .option("-f, --follow", "keep shipping what the server writes, until Ctrl-C")
    .option("--interval <time>", "with --follow, the longest time that a transaction waits", duration, 10_000)
    .option("--max-bytes <size>", "with --follow, ship as soon as this many bytes are waiting", byteCount, 1 << 20)
    .option("--spool <size>", "memory for objects that a slow repository still lacks", byteCount, 256 << 20)
    .option("--server-name <name>", "the server's name in the repository; myid if not given")
    .option("--voters <ids>", "the ensemble's voting members, if there is no zoo.cfg: 1,2,3", names)
    .option("--config <file>", "the server's zoo.cfg, if it is not in the data directory")
    .option("--log-dir <dir>", "where the logs are, if not beside the snapshots")
    .option("--metrics <file>", "write metrics to this file, in Prometheus' text format")
    .option(
      "--status <file>",
      "write for backup list what is not shipped; to the user's folder for state if not given",
    );
  addFormat(command, ["text", "json"]);
  addWriterKeys(command);
  addTrust(command).action(run);
}

async function run(source: string, options: RunOptions): Promise<void> {
  const [{ awaitedSource, serverSource }, { Backup }, { Distributor }, { Target }, { openStore }] = await Promise.all([
    import("../../../repository/ship/source.js"),
    import("../../../repository/ship/backup.js"),
    import("../../../repository/ship/distributor.js"),
    import("../../../repository/ship/target.js"),
    import("../../../repository/store/open.js"),
  ]);
  const { logDir, serverName, config } = options;
  const named = {
    ...(logDir === undefined ? {} : { logDir }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(config === undefined ? {} : { config }),
  };
  const pinned = await trustedKeys(options);
  const keys = await writerKeys(options);
  const targets: Target[] = [];
  for (const repo of new Set(options.repo)) targets.push(new Target(openStore(repo), pinned));
  const distributor = new Distributor(targets, {
    untiring: options.follow ?? false,
    spool: options.spool,
    onTrouble: tellTrouble(),
  });
  const stop = new AbortController();
  const release = options.follow
    ? onStop(() => {
        stop.abort();
        distributor.hasten();
      })
    : () => {};
  try {
    const onWait = (why: Message): void => note(say`${why}: waiting for the server to start`);
    const server = options.follow
      ? await awaitedSource(source, named, { signal: stop.signal, onWait })
      : serverSource(source, named);
    if (!server) return;
    const backup = await Backup.open(server, distributor, {
      ...keys,
      voters: options.voters ?? null,
      tell: (event) => tell(event, options.follow ?? false),
    });
    const { metrics } = options;
    const status = new StatusFile(options.status, source);
    const reminder = new Reminder(distributor);
    let following = options.follow ?? false;
    const tellMetrics = (): void => {
      if (metrics !== undefined) writeMetrics(metrics, backup, distributor);
      status.write(statusOf(backup, distributor, source, following));
      reminder.tell(performance.now());
    };
    // A stall must show too: not only what is done says so.
    const timer = options.follow ? setInterval(tellMetrics, METRICS_EVERY) : null;
    try {
      await backup.once();
      tellMetrics();
      if (options.follow)
        await backup.follow({ interval: options.interval, maxBytes: options.maxBytes, signal: stop.signal });
    } finally {
      if (timer) clearInterval(timer);
      tellMetrics();
      backup.close();
    }
    await distributor.settle();
    following = false;
    tellMetrics();
    if (options.format === "json")
      await withOutput(undefined, async (out) => {
        const lines = new LineWriter(out);
        await lines.line(documentLine("backup-run", runShape(statusOf(backup, distributor, source, following))));
        await lines.flush();
      });
    summarize(backup.shipper.tip?.zxid ?? null, targets);
  } finally {
    release();
  }
}

function summarize(tip: bigint | null, targets: readonly Target[]): void {
  const behind = targets.filter(({ trouble }) => trouble !== null);
  const point = tip === null ? say`no transaction yet` : say`everything up to ${hex(tip)}`;
  for (const { store } of targets.filter((target) => !behind.includes(target)))
    note(say`${tag.file(store.location)} has ${point}`);
  if (behind.length > 0)
    throw new ZkRewindError(say`${counted(behind.length, "repository")} could not be brought up to date`, {
      exitCode: 3,
    });
}

function tell(event: BackupEvent, verbose: boolean): void {
  switch (event.kind) {
    case "finding":
      note(findingLine(event.finding));
      if (event.finding.severity === "error") raiseExitCode(1);
      break;
    case "note":
      note(event.message);
      break;
    case "shipped":
      if (verbose && event.tip !== null)
        note(
          say`shipped up to ${hex(event.tip)}: ${counted(event.segments, "segment")}, ${counted(event.bytes, "byte")}`,
        );
      break;
    case "snapshot":
      if (verbose) note(say`shipped the snapshot of ${hex(event.zxid)}`);
      break;
    default:
      event satisfies never;
  }
}

/** The same trouble is told once, and when it is over. */
function tellTrouble(): (target: Target, why: Message | null) => void {
  const told = new Map<Target, string>();
  return (target, why) => {
    const text = why === null ? "" : JSON.stringify(why);
    if ((told.get(target) ?? "") === text) return;
    told.set(target, text);
    const { location } = target.store;
    const isNamed = why !== null && plain(why).includes(location);
    note(
      why === null
        ? say`${tag.file(location)} can be reached again`
        : isNamed
          ? why
          : say`${tag.file(location)}: ${why}`,
    );
  };
}

/** Says again now and then what a repository lacks, as long as it is in trouble: a stall is never silent. */
class Reminder {
  private readonly distributor: Distributor;
  private readonly told = new Map<Target, number>();

  constructor(distributor: Distributor) {
    this.distributor = distributor;
  }

  /** `now`: of performance.now(). */
  tell(now: number): void {
    for (const target of this.distributor.targets) {
      const { trouble } = target;
      if (!trouble) {
        this.told.delete(target);
        continue;
      }
      const last = this.told.get(target) ?? trouble.since;
      if (now - last < REMIND_EVERY) continue;
      this.told.set(target, now);
      const { links, objects, bytes } = this.distributor.lackedBy(target);
      const what = say`${counted(links, "link")} and ${counted(objects, "object")} (${counted(bytes, "byte")})`;
      const since = clockTime(trouble.since);
      note(say`${tag.file(target.store.location)} still lacks ${what}, since ${tag.system(since)}: ${trouble.why}`);
    }
  }
}

/** Milliseconds. */
const REMIND_EVERY = 600_000;

/** The first signal ends what is done in order; a second one ends the process. */
function onStop(stop: () => void): () => void {
  const handlers = (["SIGINT", "SIGTERM"] as const).map((signal) => {
    process.once(signal, stop);
    return () => process.off(signal, stop);
  });
  return () => handlers.forEach((remove) => remove());
}

/** Milliseconds. */
const METRICS_EVERY = 5000;

/** Milliseconds of 500ms, 10s, 5m, 1h. */
function duration(text: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("It is a time such as 500ms, 10s, 5m or 1h.");
  return Number(count) * (UNITS[unit as keyof typeof UNITS] as number);
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

function names(text: string): string[] {
  return text.split(",").filter((each) => each !== "");
}
