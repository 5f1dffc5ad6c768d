import { existsSync, renameSync, rmSync, writeFileSync, readFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import type { Finding } from "../../../src/findings/finding.js";
import { type FindingCode, FINDINGS } from "../../../src/findings/kinds.js";
import { discover, verify } from "../../../src/recovery/index.js";
import { OpCode } from "../../../src/txn/index.js";
import type { NewTxn } from "../../txn/encode.js";
import { writeLog, writeSnapshot } from "../../cli/files.js";
import { zkrewind } from "../../cli/run.js";
import { NEWEST_LOG } from "../../recovery/servers/base.js";
import { writeFiles } from "../../recovery/servers/case-directory.js";
import { DATA } from "../../recovery/servers/files.js";
import { CASES } from "../../recovery/servers/cases.js";
import { temporaryFolder } from "../../temporary-folder.js";

/*
 * What the text of a finding says to do next, done by hand or by the command that it names, on a case of its kind.
 * cures.test.ts carries out what `explain` recommends against it.
 */

const folder = temporaryFolder();

interface Place {
  data: string;
  /** --log-dir, where logs are elsewhere. */
  more: string[];
  finding: Finding;
}

type Way = (place: Place) => void | Promise<void>;

const restored =
  (...how: string[]): Way =>
  ({ data, more, finding }) => {
    const target = join(folder(), "made");
    const made = zkrewind(["restore", data, ...more, "-o", target, ...how]);
    // 1: done, and damage was found on the way.
    expect(made.code, made.stderr).toBeLessThan(2);
    const { code, stdout, stderr } = zkrewind(["verify", target, "--brief"]);
    expect([code, stderr.includes(finding.code)], stdout + stderr).toEqual([0, false]);
  };

const salvaged: Way = ({ data, more, finding }) => {
  const target = join(folder(), "made");
  const made = zkrewind(["salvage", data, ...more, "-o", target]);
  expect(made.code, made.stderr).toBeLessThan(2);
  expect(zkrewind(["verify", target, "--brief"]).stderr).not.toContain(finding.code);
};

/** Done by hand in the folder, after which it is not found any more. */
const byHand =
  (change: (file: string, place: Place) => void): Way =>
  async (place) => {
    change(place.finding.file as string, place);
    const again = await findingsOf(place.data, place.more);
    expect(again.filter(({ code, file }) => code === place.finding.code && file === place.finding.file)).toEqual([]);
  };

const away = byHand((file) => {
  mkdirSync(join(folder(), "aside"));
  renameSync(file, join(folder(), "aside", basename(file)));
});

const epochs = byHand((_, { data }) => {
  const version = join(data, "version-2");
  const zxid = /at (0x[0-9a-f]+)/.exec(zkrewind(["info", data]).stdout)?.[1];
  const epoch = Number(BigInt(zxid ?? "0x200000000") >> 32n);
  for (const name of ["currentEpoch", "acceptedEpoch"]) writeFileSync(join(version, name), String(epoch));
});

const CASE = (name: string): ((data: string) => Promise<void>) => {
  const each = CASES.find((one) => one.name === name);
  if (!each) throw new Error(`there is no case ${name}`);
  return async () => writeFiles(folder(), await each.files());
};

const create = (path: string): NewTxn => ({
  type: OpCode.create,
  path,
  data: null,
  acl: [],
  ephemeral: false,
  parentCVersion: -1,
});

/** An empty tree's snapshot, and a log in which something does not fit. */
const misfit =
  (...txns: NewTxn[]) =>
  async (data: string): Promise<void> => {
    const version = join(data, "version-2");
    mkdirSync(version, { recursive: true });
    const paths = ["", "/zookeeper", "/zookeeper/quota"];
    await writeSnapshot(
      version,
      0n,
      paths.map((path) => ({ path, data: null })),
    );
    await writeLog(version, 1n, [{ type: OpCode.createSession, timeout: 4000 }, create("/a"), create("/a/b"), ...txns]);
  };

const header =
  (name: string, offset: number, byte: number): ((data: string) => Promise<void>) =>
  async () => {
    await CASE("sound")("");
    const file = join(folder(), DATA + name);
    const bytes = readFileSync(file);
    bytes.writeUInt8(byte, offset);
    writeFileSync(file, bytes);
  };

const WAYS: readonly [code: FindingCode, made: (data: string) => Promise<void>, ...ways: Way[]][] = [
  ["file.unreadable", CASE("folder-named-log"), away],
  ["file.empty", CASE("last-log-empty"), away],
  ["file.short-header", CASE("last-log-7-bytes"), away],
  ["file.version", header(NEWEST_LOG, 7, 3), salvaged],
  ["file.name", CASE("log-named-later"), salvaged, restored("--newest-exact")],
  ["file.duplicate", CASE("snapshot-and-gzip"), byHand((file) => rmSync(file))],
  ["file.compression", CASE("gzip-cut"), restored()],
  ["file.suffix", CASE("suffix-without-gzip"), byHand((file) => renameSync(file, file.replace(/\.gz$/, "")))],
  ["log.copy", CASE("log-twin-gzip"), away],
  ["log.torn-tail", CASE("torn-tail"), restored()],
  ["coverage.gap", CASE("hole"), restored("--newest-exact"), restored("--inexact")],
  ["coverage.none", CASE("snapshots-alone"), restored("--inexact")],
  ["replay.missing-parent", misfit(create("/none/c")), restored("--newest-exact")],
  [
    "replay.missing-node",
    misfit({ type: OpCode.setData, path: "/none", data: null, version: 1 }),
    restored("--newest-exact"),
  ],
  ["replay.exists", misfit(create("/a")), restored("--newest-exact")],
  ["replay.version", misfit({ type: OpCode.setData, path: "/a", data: null, version: 7 }), restored("--newest-exact")],
  ["replay.children", misfit({ type: OpCode.delete, path: "/a" }), restored("--newest-exact")],
  ["tree.mismatch", CASE("snapshot-named-later"), restored("--newest-exact")],
  ["epoch.unreadable", CASE("current-text"), epochs, restored()],
  ["epoch.behind", CASE("current-behind"), epochs, restored()],
  ["epoch.order", CASE("accepted-behind"), epochs, restored()],
  ["server.start", CASE("length-huge"), restored("--newest-exact")],
];

for (const [code, made, ...ways] of WAYS)
  for (const [index, way] of ways.entries())
    test(`${code}: ${FINDINGS[code].next} (${index + 1})`, async () => {
      const data = join(folder(), "data");
      await made(data);
      const logDir = join(folder(), "log");
      const more = existsSync(logDir) ? ["--log-dir", logDir] : [];
      const finding = (await findingsOf(data, more)).find((each) => each.code === code);
      expect(finding?.code).toBe(code);
      await way({ data, more, finding: finding as Finding });
    });

async function findingsOf(data: string, [, logDir]: readonly string[]): Promise<Finding[]> {
  return (await verify(discover([data], logDir === undefined ? {} : { logDir }))).findings;
}
