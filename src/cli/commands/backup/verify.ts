import { type Command, InvalidArgumentError } from "commander";
import { findingShape } from "../../../export/shapes/finding.js";
import { type Finding, finding, ZkRewindError } from "../../../findings/finding.js";
import { verify } from "../../../recovery/index.js";
import type { Head } from "../../../repository/link/catalogue.js";
import { historyOf } from "../../../repository/read/history.js";
import { hex } from "../../../storage/zxid.js";
import { say } from "../../../text/message.js";
import { type Safe, safe } from "../../../text/safe.js";
import { memoryOf, openFiles } from "../../opened.js";
import { addOutput, collect, NO_MEMORY, SCRATCH_LIMIT, type OutputOptions } from "../../options/options.js";
import { documentLine } from "../../output/document.js";
import { LineWriter, styleFor, withOutput } from "../../output/output.js";
import { tellProgress } from "../../output/progress.js";
import { alreadyTold, findingLine } from "../../output/report.js";
import { counted, shown, visible } from "../../output/text.js";
import { addQuiet, addStrict, counts, raiseExitCode } from "../../output/verdict.js";
import { threads } from "../../threads.js";
import { addTrust, trustedKeys, type TrustOptions } from "./keys.js";

export const name = "verify";
export const summary = "check that repositories are sound and without holes";
export const examples = [
  ["zkrewind backup verify backups /mnt/other/backups", "compare every object with what was stored"],
  [
    "zkrewind backup verify backups --deep --expect-head 0xf00",
    "replay everything, and fail if the backup ends before 0xf00",
  ],
] as const;

interface VerifyOptions extends TrustOptions, OutputOptions {
  deep?: boolean;
  expectHead?: bigint;
  memory: boolean;
  identity?: string[];
  scratch?: string;
  scratchLimit?: number;
}

interface Checked {
  location: string;
  objects: number;
  bytes: number;
  /** With --deep: what a replay of everything proved. */
  replayed: { transactions: number; digests: number; exactTo: bigint | null } | null;
  findings: Finding[];
}

export function define(command: Command): void {
  command
    .argument("<repo...>", "repositories: folders or s3://bucket/prefix")
    .option("--expect-head <zxid>", "fail where the recovery point is before this: a head that was rolled back", head)
    .option("--deep", "read every object, replay everything, and compare the digests")
    .option("--identity <file>", "with --deep, the secret key of an encrypted backup (age); may be repeated", collect)
    .option("--scratch <dir>", "with --deep, where to keep the files while they are read")
    .option(...SCRATCH_LIMIT);
  addTrust(command).option(...NO_MEMORY);
  addQuiet(command);
  addStrict(command);
  addOutput(command, ["text", "json"]).action(check);
}

async function check(locations: string[], options: VerifyOptions): Promise<void> {
  const pinned = await trustedKeys(options);
  const [{ openRepositories }, { rolledBackFindings }, { checkRepository }] = await Promise.all([
    import("../../../repository/read/open.js"),
    import("../../../repository/read/source.js"),
    import("../../../repository/check/check.js"),
  ]);
  const memory = await memoryOf(options.memory);
  const results: Checked[] = [];
  const tell = tellProgress();
  let failure: ZkRewindError | null = null;
  for (const location of new Set(locations)) {
    const opening = await openRepositories([location], { pinned, memory }).catch((error: unknown) => {
      if (!(error instanceof ZkRewindError)) throw error;
      failure ??= error;
      return null;
    });
    if (!opening) continue;
    const { each, problems, pruned, rolledBack, unremembered } = opening;
    const [opened] = each;
    if (!opened) continue;
    const result = await checkRepository(opened.store, opened.heads, pruned, (done, total) => tell({ done, total }));
    const links = problems.map(({ why, early }) =>
      finding("backup.lost", why, { file: location, ...(early ? { severity: "warning" } : {}) }),
    );
    const deep = options.deep ? await replayed(location, options) : null;
    const findings = [
      ...links,
      ...unremembered.map(({ why }) => finding("backup.unremembered", why, { file: location })),
      ...rolledBackFindings(rolledBack, (historyOf(opened.heads).tip?.zxid ?? -1n) + 1n),
      ...behind(location, opened.heads, options.expectHead),
      ...result.findings,
      ...(deep?.findings ?? []),
    ];
    results.push({
      location,
      objects: result.objects,
      bytes: result.bytes,
      replayed: deep?.replayed ?? null,
      findings,
    });
  }
  for (const { findings } of results) {
    if (findings.some(counts)) raiseExitCode(1);
    alreadyTold(findings);
  }
  await withOutput(options.output, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json") lines.add(documentLine("backup-verify", { repositories: results.map(shapeOf) }));
    else {
      const { red, green } = await styleFor(options.output);
      for (const each of results) for (const line of report(each, red, green)) lines.add(line);
    }
    await lines.flush();
  });
  // The others were checked.
  if (failure) throw failure;
}

/** A rolled-back head cannot be told from one that stalls, but by who knows better. */
function behind(location: string, heads: readonly Head[], expected: bigint | undefined): Finding[] {
  const tip = historyOf(heads).recoveryPoint?.zxid ?? null;
  if (expected === undefined || (tip !== null && tip >= expected)) return [];
  const where = tip === null ? say`there is no transaction` : say`the recovery point is ${hex(tip)}`;
  return [finding("backup.lost", say`${where}, and ${hex(expected)} was expected`, { file: location })];
}

function head(text: string): bigint {
  if (!/^0x[0-9a-f]{1,16}$/i.test(text)) throw new InvalidArgumentError("It is a zxid such as 0x100000a3f.");
  return BigInt.asIntN(64, BigInt(text));
}

/** Reads all of it, as any command does, and verifies that. */
async function replayed(
  location: string,
  { identity, trust, scratch, scratchLimit }: VerifyOptions,
): Promise<{ replayed: NonNullable<Checked["replayed"]>; findings: Finding[] }> {
  const directory = await openFiles([location], {
    scratch,
    scratchLimit,
    backup: { identity, trust, memory: false },
  });
  const result = await verify(directory, { replay: true, server: {}, threads: threads(), onProgress: tellProgress() });
  return {
    replayed: {
      transactions: result.logs.reduce((sum, { transactions }) => sum + transactions, 0),
      digests: result.segments.reduce((sum, { digestsMatched }) => sum + digestsMatched, 0),
      exactTo: result.exact?.at(-1)?.to ?? null,
    },
    findings: result.findings.filter(({ severity }) => severity !== "note"),
  };
}

function report({ location, objects, bytes, replayed: deep, findings }: Checked, red: Paint, green: Paint): Safe[] {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const verdict = errors === 0 ? green(safe`SOUND`) : red(safe`NOT SOUND: ${counted(errors, "error")}`);
  return [
    ...findings.map((each) => shown(findingLine(each))),
    safe`${visible(location, "file")}: ${counted(objects, "object")}, ${counted(bytes, "byte")}`,
    ...(deep
      ? [
          safe`  ${counted(deep.transactions, "transaction")} replayed, ${counted(deep.digests, "tree digest")} matched, exact up to ${deep.exactTo === null ? safe`nothing` : hex(deep.exactTo)}`,
        ]
      : []),
    safe`  ${verdict}`,
  ];
}

type Paint = (text: Safe) => Safe;

function shapeOf({ location, objects, bytes, replayed: deep, findings }: Checked): object {
  return {
    location,
    objects,
    bytes,
    replayed: deep && { ...deep, exactTo: deep.exactTo === null ? null : hex(deep.exactTo) },
    findings: findings.map(findingShape),
    sound: !findings.some(({ severity }) => severity === "error"),
  };
}
