import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { STEPS, type StepTemplate } from "../../../src/forensics/explain/next-steps.js";
import { fixtureDir } from "../../fixtures/index.js";
import { type Result, shell, typed, zkrewind } from "../run.js";

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-explain-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const STANDALONE = fixtureDir("3.8.6-standalone");
/** Its newest log, and the one before. */
const LAST = "version-2/log.e40";
const BEFORE = "version-2/log.aa0";

function copied(name = "3.8.6-standalone"): string {
  const copy = mkdtempSync(join(scratch, "case-"));
  cpSync(fixtureDir(name), copy, { recursive: true });
  return copy;
}

function change(path: string, how: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  how(bytes);
  writeFileSync(path, bytes);
}

function flip(at: number): (bytes: Buffer) => void {
  return (bytes) => {
    bytes[at] = (bytes[at] as number) ^ 1;
  };
}

interface Told {
  id: string;
  findings?: { code: string; file?: string; offset?: number; zxid?: string }[];
  seen?: { look: string; file?: string; offset?: number; zxid?: string; message: string }[];
  notes?: string[];
  next: { run?: string; say: string }[];
}

function explained(line: string, ...source: string[]): { result: Result; told: Told[] } {
  const result = zkrewind(["explain", line, ...source, "--json"]);
  return { result, told: result.code === 2 || result.stdout === "" ? [] : JSON.parse(result.stdout).explanations };
}

describe("what is told of a line", () => {
  test("a line, a code, and nothing known", () => {
    const line = zkrewind(["explain", "java.io.IOException: CRC check failed"]);
    expect(line).toMatchObject({ code: 0, stderr: "" });
    expect(line.stdout).toMatch(
      /^CRC check failed, from FileTxnLog\$FileTxnIterator \(IOException, 3\.4\.14 to 3\.9\.5\)/,
    );
    expect(line.stdout).toContain("look for log.crc");
    expect(line.stdout).toContain("next   zkrewind restore SOURCE -o DIR\n");
    expect(zkrewind(["explain", "log.crc"]).stdout).toContain("CRC check failed");
    const unknown = zkrewind(["explain", "all is well"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("zkrewind knows no message in this text");
  });

  test("for one that is nearly known, what is near; for one that is not about files, that", () => {
    expect(zkrewind(["explain", "invalid magic number in a log"]).stderr).toContain("has invalid magic number");
    const other = zkrewind(["explain", "WARN Peer state changed: following - broadcast"]);
    expect(other).toMatchObject({ code: 0, stderr: "" });
    expect(other.stdout).toContain("not about files");
  });

  test("a folder in its place is refused", () => {
    expect(zkrewind(["explain", STANDALONE])).toMatchObject({ code: 2 });
  });
});

describe("every command that is recommended runs", () => {
  const divergent = [1, 2, 3].map((id) => join(fixtureDir("ensemble-divergent"), `server${id}`)).join(" ");
  for (const [name, step] of Object.entries<StepTemplate>(STEPS)) {
    if (step.run === undefined) continue;
    test(name, () => {
      const line = (step.run as string)
        .replace("SOURCE", STANDALONE)
        .replace("NODE NODE…", divergent)
        .replace("PATH", "/busy")
        .replace("SESSION", "0x10000337d0c0015")
        .replace("DIR", join(mkdtempSync(join(scratch, "step-")), "dir"));
      const { code, stdout, stderr } = typed(line);
      // compare finds these servers to have parted.
      expect(code, stderr).toBe(name === "compare" ? 1 : 0);
      expect(stdout).not.toBe("");
    });
  }
});

describe("a whole log", () => {
  const log = join(scratch, "zookeeper.out");
  const lines = [
    "2026-11-26 10:00:00,001 INFO FileSnap: Reading snapshot /data/version-2/snapshot.5",
    "2026-11-26 10:00:00,002 ERROR ZooKeeperServerMain: Unexpected exception, exiting abnormally",
    "java.io.IOException: CRC check failed",
    "\tat org.apache.zookeeper.server.persistence.FileTxnLog$FileTxnIterator.next(FileTxnLog.java:800)",
    "2026-11-26 10:00:00,003 ERROR ServiceUtils: Exiting JVM with code 1",
  ];

  test("from a file and from standard input alike, the first cause first", () => {
    writeFileSync(log, lines.join("\n"));
    const { code, stdout } = zkrewind(["explain", log]);
    expect(code).toBe(0);
    const [head, , first] = stdout.split("\n");
    expect(head).toBe("5 lines: 4 messages about files, 0 other lines of ZooKeeper's, 0 not recognised");
    expect(first).toContain("CRC check failed, from");
    expect(stdout).toContain("when   2026-11-26 10:00:00,002");
    expect(stdout).toContain("Harmless: Reading snapshot …");
    expect(shell(`cat ${log} | $ZKREWIND explain -`).stdout).toBe(stdout);
  });

  test("one with nothing in it is no answer", () => {
    writeFileSync(log, "nothing\nat all\n");
    expect(zkrewind(["explain", log])).toMatchObject({ code: 1 });
  });
});

describe("the cause is found in the files, and what is recommended cures it", () => {
  /** Runs a recommended command in place of a user, on a new folder; gives that. */
  function carriedOut({ run }: { run?: string }): string {
    const target = mkdtempSync(join(scratch, "new-"));
    const result = typed((run as string).replace(" DIR", ` ${join(target, "dir")}`));
    expect([0, 1], result.stderr).toContain(result.code);
    return join(target, "dir");
  }

  function expectCured(folder: string): void {
    const { code, stdout } = zkrewind(["verify", folder]);
    expect(stdout).toContain("would start");
    expect(code, stdout).toBe(0);
  }

  function stepsOf(told: Told | undefined, command: string): { run?: string; say: string }[] {
    return (told?.next ?? []).filter(({ run }) => run?.startsWith(`zkrewind ${command} `));
  }

  test("a record that fails its checksum", () => {
    const folder = copied();
    change(join(folder, BEFORE), flip(5000));
    const { result, told } = explained("java.io.IOException: CRC check failed", folder);
    expect(result.code).toBe(1);
    expect(told[0]?.findings?.[0]).toMatchObject({ code: "log.crc", file: join(folder, BEFORE), zxid: "0xac9" });
    const [restore] = stepsOf(told[0], "restore");
    expectCured(carriedOut(restore as Told["next"][number]));
  });

  test("the same, in a file that was set aside where it lay", () => {
    const folder = copied();
    change(join(folder, LAST), flip(5000));
    renameSync(join(folder, LAST), join(folder, `${LAST}.bad`));
    const { result, told } = explained("java.io.IOException: CRC check failed", folder);
    expect(result.code).toBe(1);
    expect(told[0]?.findings).toMatchObject([
      { code: "file.set-aside", file: join(folder, `${LAST}.bad`), zxid: "0xe5b" },
    ]);
    expect(result.stdout).toContain("log.crc at byte ");
    expect(told[0]?.next.map(({ say }) => say)).toEqual([
      `move ${folder}/${LAST}.bad out of the folder: servers from 3.6 on read it, whatever its suffix`,
    ]);
  });

  test("a hole in what is replayed", () => {
    const folder = copied();
    change(join(folder, LAST), (bytes) => bytes.fill(0, 4096, 8192));
    const line =
      "java.lang.IllegalStateException: Committed proposal cached out of order: 0xe8f is not the next proposal of 0xe57";
    const { result, told } = explained(line, folder);
    expect(result.code).toBe(1);
    expect(told[0]?.findings?.map(({ code }) => code)).toContain("coverage.gap");
    const [restore] = stepsOf(told[0], "restore");
    expect(restore?.run).toContain("--newest-exact");
    expectCured(carriedOut(restore as Told["next"][number]));
  });

  test("a log that is damaged in its header", () => {
    const folder = copied();
    change(join(folder, LAST), flip(0));
    const line =
      "java.io.IOException: Transaction log: /data/version-2/log.e40 has invalid magic number 1531661383 != 1514884167";
    const { result, told } = explained(line, folder);
    expect(result.code).toBe(1);
    expect(told[0]?.findings?.[0]).toMatchObject({ code: "log.header", file: join(folder, LAST), offset: 0 });
    const [salvage] = stepsOf(told[0], "salvage");
    expectCured(carriedOut(salvage as Told["next"][number]));
  });

  test("an empty log", () => {
    const folder = copied();
    const empty = join(folder, "version-2/log.f09");
    writeFileSync(empty, "");
    const stack = "\tat org.apache.zookeeper.server.persistence.FileHeader.deserialize(FileHeader.java:67)";
    const { result, told } = explained(`java.io.EOFException\n${stack}`, folder);
    expect(result.code).toBe(1);
    expect(told[0]?.findings).toMatchObject([{ code: "file.empty", file: empty }]);
    expect(told[0]?.next.map(({ say }) => say).join()).toContain(`move ${empty} out of the folder`);
    rmSync(empty);
    expectCured(folder);
  });

  test("no snapshot, but logs from the beginning", () => {
    const folder = copied();
    for (const zxid of ["0", "207", "5c1", "76c", "a9f", "e3c"]) rmSync(join(folder, `version-2/snapshot.${zxid}`));
    const { result, told } = explained("No snapshot found, but there are log entries. Something is broken!", folder);
    expect(result.code).toBe(1);
    const [restore] = stepsOf(told[0], "restore");
    expectCured(carriedOut(restore as Told["next"][number]));
  });

  test("a snapshot whose seal is wrong", () => {
    const folder = copied();
    change(join(folder, "version-2/snapshot.e3c"), flip(40_000));
    const line = "WARN FileSnap: problem reading snap file /var/lib/zookeeper/version-2/snapshot.e3c";
    const { result, told } = explained(line, folder);
    expect(result.code).toBe(1);
    expect(told[0]?.findings?.[0]).toMatchObject({ file: join(folder, "version-2/snapshot.e3c") });
    const [restore] = stepsOf(told[0], "restore");
    expectCured(carriedOut(restore as Told["next"][number]));
  });

  test("epoch files of an older state", () => {
    const folder = mkdtempSync(join(scratch, "case-"));
    cpSync(join(fixtureDir("ensemble-divergent"), "server1"), folder, { recursive: true });
    writeFileSync(join(folder, "version-2/currentEpoch"), "1");
    const line = "java.io.IOException: The current epoch, 1, is older than the last zxid, 8589934927";
    const { result, told } = explained(line, folder);
    expect(result.code).toBe(1);
    expect(told[0]?.findings?.[0]).toMatchObject({ code: "epoch.behind" });
    const restored = carriedOut(stepsOf(told[0], "restore")[0] as Told["next"][number]);
    expectCured(restored);
    expect(readFileSync(join(restored, "version-2/currentEpoch"), "utf8").trim()).toBe("2");
  });

  test("types that an older release does not know", () => {
    const { result, told } = explained("java.io.IOException: Unsupported Txn with type=%d21", STANDALONE);
    expect(result.code).toBe(1);
    expect(told[0]?.seen?.[0]).toMatchObject({ look: "type", zxid: expect.stringMatching(/^0x/) });
    expect(told[0]?.seen?.[0]?.message).toContain("createTTL");
    const [restore] = stepsOf(told[0], "restore");
    const { told: after } = explained("Unsupported Txn with type=%d21", carriedOut(restore as Told["next"][number]));
    expect(after[0]?.seen).toEqual([]);
  });

  test("what is not there is said to be not there", () => {
    const { result, told } = explained("CRC check failed", STANDALONE);
    expect(result.code).toBe(0);
    expect(told[0]).toMatchObject({ findings: [], seen: [] });
    expect(told[0]?.notes?.join()).toContain("these files show no cause for it now: the disk or memory");
  });

  test("a zxid in decimal leads to its transaction", () => {
    const line = "Message:Digests are not matching. Value is Zxid. Value:1001";
    const { result, told } = explained(line, STANDALONE);
    expect(result.code).toBe(0);
    expect(told[0]).toMatchObject({ transaction: { zxid: "0x3e9", file: "log.2ea" }, findings: [] });
  });

  test("sources are named in commands as a shell takes them", () => {
    const spaced = join(scratch, "a b");
    mkdirSync(spaced);
    cpSync(STANDALONE, spaced, { recursive: true });
    const { told } = explained("CRC check failed", spaced);
    expect(stepsOf(told[0], "restore")[0]?.run).toBe(`zkrewind restore '${spaced}' -o DIR`);
  });
});
