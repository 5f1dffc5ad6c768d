import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { crc32c } from "../../../checksum/index.js";
import { ZkRewindError } from "../../../findings/finding.js";
import {
  AS_IT_IS,
  carryOut,
  isoTime,
  type PointRequest,
  rebuild,
  restore,
  type State,
} from "../../../recovery/index.js";
import type { DrillRecord } from "../../../repository/drill/record.js";
import { hex } from "../../../storage/zxid.js";
import { say, tag } from "../../../text/message.js";
import { onInterrupt } from "../../output/interrupt.js";
import { drillShape } from "../../../export/shapes/backup-upkeep.js";
import { documentLine } from "../../output/document.js";
import { LineWriter, withOutput } from "../../output/output.js";
import { note } from "../../output/report.js";
import { grouped, shown } from "../../output/text.js";
import {
  addOutput,
  addPoint,
  collect,
  fallbackOf,
  NO_MEMORY,
  type OutputOptions,
  pointRequest,
  type PointFlags,
  type SourceOptions,
} from "../../options/options.js";
import { openSource, reportState } from "../../source.js";
import { addTrust, trustedKeys, type TrustOptions, writerKeys } from "./keys.js";
import { writeDrillMetrics } from "./drill-metrics.js";

export const name = "drill";
export const summary = "rehearse a restore: a random point, verified, and how long it took";
export const examples = [
  ["zkrewind backup drill backups --at latest --metrics drill.prom", "rehearse a restore of the newest point"],
  ["zkrewind backup drill backups /mnt/other/backups", "a random point, from two repositories together"],
] as const;

interface DrillOptions extends TrustOptions, PointFlags, OutputOptions {
  identity?: string[];
  scratch?: string;
  startServer?: string;
  signingKey?: string;
  metrics?: string;
  record: boolean;
}

export function define(command: Command): void {
  command.argument("<repo...>", "one repository, or several that are read together");
  addPoint(command);
  command
    .option("--identity <file>", "of an encrypted backup, the secret key (age); may be repeated", collect)
    .option(
      "--scratch <dir>",
      "where to restore to: a folder with room for the tree and the files that it is built from",
    )
    .option("--start-server <classpath>", "also start a server of this class path on it, and compare what it serves")
    .option("--signing-key <file>", "sign the record of the drill")
    .option("--metrics <file>", "write the result to this file, in Prometheus' text format")
    .option("--no-record", "do not keep a record in the repositories");
  addTrust(command).option(...NO_MEMORY);
  addOutput(command, ["text", "json"]).action(drill);
}

async function drill(locations: string[], options: DrillOptions): Promise<void> {
  const folder = mkdtempSync(join(options.scratch ?? tmpdir(), "zkrewind-drill-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const release = onInterrupt(remove);
  try {
    const { state, record } = await rehearse(locations, options, folder);
    if (options.metrics !== undefined) writeDrillMetrics(options.metrics, locations, record);
    if (options.record) await keep(locations, record, options);
    await withOutput(options.output, async (out) => {
      const lines = new LineWriter(out);
      if (options.format === "json") lines.add(documentLine("backup-drill", drillShape(locations, state, record)));
      else tell(record, lines);
      await lines.flush();
    });
  } finally {
    release();
    remove();
  }
}

async function rehearse(
  locations: string[],
  options: DrillOptions,
  folder: string,
): Promise<{ state: State; record: DrillRecord }> {
  const phases = new Phases();
  const request = await phases.time("open", () => pointOf(locations, options));
  const scratch = join(folder, "fetched");
  mkdirSync(scratch, { mode: 0o700 });
  const source: SourceOptions = { ...options, scratch };
  const directory = await phases.time("fetch", () => openSource(locations, source, { kind: "state", at: request }));
  const state = await phases.time("rebuild", () => rebuild(directory, request, fallbackOf(options)));
  reportState(state);
  const target = join(folder, "restored");
  const restored = await phases.time("write and verify", async () => {
    // As `restore` does it: what no server keeps when it loads is settled.
    const settled = await carryOut(state, directory, { ...AS_IT_IS, now: Date.now() });
    return restore(settled, target, { layout: state.layout });
  });
  let server: string | null = null;
  if (options.startServer !== undefined) {
    const { compareServed, serve } = await import("../../../repository/drill/server.js");
    const classPath = options.startServer;
    const served = await phases.time("start a server", () => serve(target, classPath, folder));
    compareServed(served, { zxid: restored.zxid, znodes: restored.znodes });
    server = served.release;
  }
  return { state, record: recordOf(state, restored.znodes, server, phases) };
}

function recordOf(state: State, znodes: number, server: string | null, phases: Phases): DrillRecord {
  const { zxid, time, exact, digest } = state;
  return {
    time: new Date().toISOString(),
    zxid: hex(zxid),
    pointTime: time === null ? null : isoTime(time),
    exact,
    digestVerified: digest.verified,
    znodes,
    server,
    phases: phases.all,
    milliseconds: phases.all.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
  };
}

/** The point that was asked for, or one by chance. */
async function pointOf(locations: readonly string[], options: DrillOptions): Promise<PointRequest> {
  if (options.at !== undefined || options.before !== undefined) return pointRequest(options);
  const { openRepositories } = await import("../../../repository/read/open.js");
  const { randomPoint } = await import("../../../repository/drill/point.js");
  const { history, pruned, problems } = await openRepositories(locations, { pinned: await trustedKeys(options) });
  const zxid = randomPoint(history, pruned);
  if (zxid === null) {
    const why = problems[0] ? say`: ${problems[0].why}` : say``;
    throw new ZkRewindError(say`there is no transaction to restore${why}`, { exitCode: 4 });
  }
  note(say`the point, by chance: ${hex(zxid)}`);
  return { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true };
}

async function keep(locations: readonly string[], record: DrillRecord, options: DrillOptions): Promise<void> {
  const { openStore } = await import("../../../repository/store/open.js");
  const { drillObject } = await import("../../../repository/drill/record.js");
  const { signer } = await writerKeys(options);
  const { name: object, bytes } = drillObject(record, signer);
  for (const location of locations)
    try {
      await openStore(location).put(object, bytes, { crc32c: crc32c(bytes) });
    } catch (error) {
      // Who restores often has no right to write; the drill is none the worse.
      if (!(error instanceof ZkRewindError)) throw error;
      note(say`no record was kept: ${error.said.message}`);
    }
}

function tell(record: DrillRecord, lines: LineWriter): void {
  const { zxid, znodes, exact, digestVerified, server, phases, milliseconds } = record;
  const proven = digestVerified ? say`the server's digest verified` : say`no digest of the server's at this point`;
  lines.add(
    shown(say`restored ${grouped(znodes)} znodes at ${tag.system(zxid)}, ${exact ? "exact" : "not exact"}, ${proven}`),
  );
  if (server !== null) lines.add(shown(say`a server of ${tag.system(server)} started on it and serves the same`));
  for (const { phase, milliseconds: each } of phases)
    lines.add(shown(say`  ${tag.system(phase.padEnd(17))} ${tag.system((each / 1000).toFixed(2).padStart(8))} s`));
  lines.add(shown(say`time to recover     ${tag.system((milliseconds / 1000).toFixed(2).padStart(6))} s`));
}

class Phases {
  readonly all: DrillRecord["phases"] = [];

  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const result = await work();
    this.all.push({ phase, milliseconds: Math.round(performance.now() - begin) });
    return result;
  }
}
