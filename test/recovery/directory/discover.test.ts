import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { discover } from "../../../src/recovery/index.js";
import { ZkRewindError } from "../../../src/findings/finding.js";
import { LogReader } from "../../../src/storage/log-reader.js";
import { plain } from "../../../src/text/message.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

/** A copy of a fixture to change. */
function copy(name = "3.8.6-first-start"): string {
  cpSync(fixtureDir(name), folder(), { recursive: true });
  return join(folder(), "version-2");
}

function found(path = folder()): string[] {
  return discover([path]).findings.map(({ code, file }) => `${code} ${basename(file ?? "")}`);
}

describe("entries that are not ZooKeeper's", () => {
  test("are notes, whatever they are", () => {
    const version = copy();
    const before = found();
    mkdirSync(join(version, "lost+found"));
    execFileSync("mkfifo", [join(version, "pipe")]);
    symlinkSync("/nonexistent", join(version, "dangling"));
    symlinkSync("loop", join(version, "loop"));
    symlinkSync("/dev/zero", join(version, "zeros"));
    execFileSync("touch", [Buffer.concat([Buffer.from(`${version}/`), Buffer.from([0xff, 0xfe])]).toString("latin1")]);
    const { findings } = discover([folder()]);
    const messages = findings.filter(({ code }) => code === "file.unknown").map(({ message }) => plain(message));
    expect(messages).toContain("pipe is not read; it is a named pipe");
    expect(messages).toContain("dangling is not read: no such file or folder");
    expect(messages).toContain("loop is not read: a symlink that leads nowhere");
    expect(messages).toContain("zeros is not read; it is a device");
    expect(findings.every(({ severity }) => severity === "note")).toBe(true);
    expect(before).toEqual([]);
  });

  test("are counted where there are many", () => {
    const version = copy();
    for (let index = 0; index < 100; index++) writeFileSync(join(version, `stranger${index}`), "");
    const { findings } = discover([folder()]);
    expect(findings).toHaveLength(21);
    expect(findings.map(({ message }) => plain(message)).at(-1)).toBe("80 more files are not read");
  });
});

describe("entries that are named like ZooKeeper's", () => {
  test("are findings where they cannot be read, and stay among the files", async () => {
    const version = copy();
    execFileSync("mkfifo", [join(version, "log.77")]);
    symlinkSync("/nonexistent", join(version, "snapshot.77"));
    const directory = discover([folder()]);
    expect(found().sort()).toEqual(["file.unreadable log.77", "file.unreadable snapshot.77"]);
    const log = directory.logs.at(-1);
    expect(log).toMatchObject({ name: "log.77", kind: "log", zxid: 0x77n, size: 0 });
    const reader = new LogReader((log as NonNullable<typeof log>).open());
    expect(await reader.readHead()).toBe(false);
    expect(reader.end).toBe("unreadable");
    expect([...reader.findings]).toMatchObject([{ code: "file.unreadable" }]);
    reader.close();
    // Told once, however often it is tried.
    expect(directory.findings).toHaveLength(2);
  });

  test("one that vanishes before it is read is found then", async () => {
    const version = copy("3.8.6-standalone");
    const directory = discover([folder()]);
    expect(directory.findings).toEqual([]);
    const [log] = directory.logs;
    rmSync(join(version, log?.name as string));
    const reader = new LogReader((log as NonNullable<typeof log>).open());
    expect(await reader.readHead()).toBe(false);
    reader.close();
    expect(directory.findings).toMatchObject([{ code: "file.unreadable" }]);
    expect(directory.findings.map(({ message }) => plain(message))).toEqual(["no such file or folder"]);
  });

  test("epoch files are read up to a bound, and only if they are files", () => {
    const version = copy();
    writeFileSync(join(version, "currentEpoch"), "3\n");
    expect(discover([folder()]).epochs).toMatchObject({ current: "3\n", unread: [] });
    truncateSync(join(version, "currentEpoch"), 3_000_000_000);
    const { epochs, findings } = discover([folder()]);
    expect(epochs).toMatchObject({ current: null });
    expect(epochs?.unread.map(plain)).toEqual([
      "currentEpoch cannot be read: 3000000000 bytes where a number belongs: it is not read",
    ]);
    expect(findings).toMatchObject([{ code: "file.unreadable", severity: "error" }]);
    for (const make of [
      () => symlinkSync("/dev/zero", join(version, "currentEpoch")),
      () => symlinkSync("/nonexistent", join(version, "currentEpoch")),
      () => execFileSync("mkfifo", [join(version, "currentEpoch")]),
      () => mkdirSync(join(version, "currentEpoch")),
    ]) {
      rmSync(join(version, "currentEpoch"), { recursive: true });
      make();
      expect(found()).toEqual(["file.unreadable currentEpoch"]);
    }
  });
});

describe("a folder with a zoo.cfg", () => {
  const names = (directory: ReturnType<typeof discover>): string[] =>
    [...directory.snapshots, ...directory.logs].map(({ path }) => path.slice(folder().length + 1));

  test("is read as that says", () => {
    cpSync(fixtureDir("3.9.5-datalogdir"), folder(), { recursive: true });
    const directory = discover([folder()]);
    expect(names(directory)).toContain("data/version-2/snapshot.311");
    expect(names(directory)).toContain("log/version-2/log.327");
    expect(names(directory)).toEqual(names(discover([join(folder(), "zoo.cfg")])));
    expect(names(directory)).toEqual(names(discover([join(folder(), "data")], { logDir: join(folder(), "log") })));
  });

  test("may be a copy: what is in it comes before what lies at the server's own paths", () => {
    const source = fixtureDir("3.9.5-datalogdir");
    cpSync(source, join(folder(), "copy"), { recursive: true });
    cpSync(join(source, "data"), join(folder(), "server/data"), { recursive: true });
    cpSync(join(source, "log"), join(folder(), "server/log"), { recursive: true });
    const config = `dataDir=${folder()}/server/data\ndataLogDir=${folder()}/server/log\n`;
    writeFileSync(join(folder(), "copy/zoo.cfg"), config);
    const inCopy = (path: string): boolean => path.startsWith("copy/");
    expect(names(discover([join(folder(), "copy")])).every(inCopy)).toBe(true);
    expect(names(discover([join(folder(), "copy/zoo.cfg")])).some(inCopy)).toBe(false);
    // A folder that holds nothing but the configuration stands for what that names.
    mkdirSync(join(folder(), "conf"));
    writeFileSync(join(folder(), "conf/zoo.cfg"), config);
    expect(names(discover([join(folder(), "conf")]))).toContain("server/log/version-2/log.327");
  });

  test("whose dataDir is the folder itself still says where the logs are", () => {
    cpSync(fixtureDir("3.9.5-datalogdir"), folder(), { recursive: true });
    renameSync(join(folder(), "data/version-2"), join(folder(), "version-2"));
    const directory = (config: string): ReturnType<typeof discover> => {
      writeFileSync(join(folder(), "zoo.cfg"), config);
      return discover([folder()]);
    };
    expect(directory(`dataDir=${folder()}\ndataLogDir=${folder()}/log\n`).logs).toHaveLength(9);
    expect(directory("dataDir=/elsewhere\ndataLogDir=/elsewhere/log\n").logs).toHaveLength(9);
    expect(directory("dataDir=/elsewhere\ndataLogDir=/elsewhere/other\n").logs).toHaveLength(0);
    const missing = directory(`dataDir=${folder()}\ndataLogDir=/nonexistent/other\n`);
    expect(missing.findings).toMatchObject([{ code: "file.unreadable", file: "/nonexistent/other" }]);
  });

  test("that is too large, a pipe, or names folders that are not there, is an error", () => {
    const config = join(folder(), "zoo.cfg");
    writeFileSync(config, "dataDir=/nonexistent/data\n");
    const error = (): unknown => {
      try {
        return discover([config]);
      } catch (thrown) {
        return thrown;
      }
    };
    expect(error()).toMatchObject({ exitCode: 3, message: "/nonexistent/data: no such folder" });
    expect(error()).toMatchObject({ hint: expect.stringContaining(`the dataDir of ${config}`) });
    truncateSync(config, 1 << 30);
    expect(error()).toMatchObject({ exitCode: 2, message: expect.stringContaining("no zoo.cfg is that large") });
    rmSync(config);
    execFileSync("mkfifo", [config]);
    expect(error()).toMatchObject({ exitCode: 3, message: `${config}: a named pipe, not a regular file` });
  });
});

test("a folder with data and datalog is one server's", () => {
  cpSync(fixtureDir("3.9.5-datalogdir"), folder(), { recursive: true });
  rmSync(join(folder(), "zoo.cfg"));
  renameSync(join(folder(), "log"), join(folder(), "datalog"));
  expect(discover([folder()]).logs).toHaveLength(9);
  // With a third one it is not known which of them.
  cpSync(join(folder(), "data"), join(folder(), "data2"), { recursive: true });
  expect(() => discover([folder()])).toThrowError(expect.objectContaining({ exitCode: 2 }));
});

describe("what is no data directory is named as what it is", () => {
  function refusal(path: string): string {
    try {
      discover([path]);
    } catch (error) {
      if (error instanceof ZkRewindError) return `${error.exitCode}: ${error.message} ${error.hint ?? ""}`;
      throw error;
    }
    return "read";
  }

  test("archives that are not read", () => {
    const zip = join(folder(), "backup.zip");
    writeFileSync(zip, Buffer.from("504b030414000000", "hex"));
    expect(refusal(zip)).toContain("It is a zip archive: unpack it");
    const xz = join(folder(), "snapshot.xz");
    writeFileSync(xz, Buffer.from("fd377a585a000000", "hex"));
    expect(refusal(xz)).toContain("compressed in a way that is not read");
    const version = copy();
    renameSync(zip, join(version, "backup.zip"));
    expect(discover([version]).findings.map(({ message }) => plain(message))).toContain(
      "backup.zip is not read; by its first bytes it is a zip archive",
    );
  });

  test("a pipe", () => {
    execFileSync("mkfifo", [join(folder(), "pipe")]);
    expect(refusal(join(folder(), "pipe"))).toMatch(
      /^3: .*: a named pipe, not a regular file .* from standard input, with -/,
    );
  });

  test("the format before 3.0", () => {
    const version = copy();
    const old = join(folder(), "version-1");
    renameSync(version, old);
    for (const path of [folder(), old, join(old, "snapshot.0")])
      expect(refusal(path)).toMatch(/^2: .* in the format of ZooKeeper before 3\.0 .*UpgradeMain/);
  });
});
