import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { archive } from "../io/tar/archive.js";
import { linesFor } from "./lines.js";
import { BIN, request } from "./run.js";
import { THOROUGH } from "../thorough.js";

const folder = mkdtempSync(join(tmpdir(), "zkrewind-archives-"));
const scratch = join(folder, "scratch");
let count = 0;
const fresh = (): string => join(folder, `new${++count}`);

beforeAll(() => mkdirSync(scratch));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command; `input` is what is piped into it. Nothing may be left in the scratch folder. */
function run(args: readonly string[], input: Buffer | string = ""): Outcome {
  const { code, stdout, stderr } = request(args, { env: { TMPDIR: scratch }, input });
  expect(readdirSync(scratch)).toEqual([]);
  return { code, stdout, stderr };
}

/** Every command that may read standard input: the shell reads its commands there. */
const NAMES = (await linesFor({ source: "-" })).map(({ args }) => args[0] as string).filter((name) => name !== "shell");

async function lineOf(name: string, source: string): Promise<string[]> {
  const lines = await linesFor({ source, path: "/zookeeper/config" });
  // One server cannot be compared with itself where it comes through a pipe.
  if (name === "compare") return ["compare", source, fixtureDir("3.8.6-digest-off"), "--json"];
  return lines.find(({ args }) => args[0] === name)?.args ?? [];
}

/** A fixture, as it is, and as it comes in other ways. */
class Packed {
  readonly path: string;
  readonly tar = `${fresh()}.tar`;
  readonly gzipped = `${fresh()}.tgz`;

  constructor(fixture: string) {
    this.path = fixtureDir(fixture);
    execFileSync("tar", ["cf", this.tar, "-C", this.path, "."]);
    writeFileSync(this.gzipped, gzipSync(readFileSync(this.tar)));
  }

  /** What a command says of a source, with that called as standard input is. */
  async said(name: string, source: string, input?: Buffer): Promise<Outcome & { written: Record<string, string> }> {
    const line = await lineOf(name, source);
    const target = line.at(-1) === "-o" ? fresh() : null;
    const { code, stdout, stderr } = run(target === null ? line : [...line, target], input);
    const plain = (text: string): string =>
      text
        .replaceAll(`${source}${source === this.path ? "/" : ":"}`, "-:")
        .replaceAll(source, "-")
        .replaceAll(basename(source), "-")
        .replaceAll(target ?? "\0", "TARGET");
    return { code, stdout: plain(stdout), stderr: plain(stderr), written: target === null ? {} : filesIn(target) };
  }
}

function filesIn(target: string): Record<string, string> {
  const version = join(target, "version-2");
  if (!existsSync(version)) return {};
  return Object.fromEntries(readdirSync(version).map((name) => [name, readFileSync(join(version, name), "latin1")]));
}

describe("what is in an archive, or comes through a pipe, is what is in the files", () => {
  let packed: Packed;
  beforeAll(() => {
    packed = new Packed("3.8.6-closesessiontxn-off");
  });

  test.each(NAMES)("%s", async (name) => {
    const plain = await packed.said(name, packed.path);
    const ways: [string, Buffer?][] = [
      [packed.tar],
      ["-", readFileSync(packed.gzipped)],
      [packed.gzipped],
      ["-", readFileSync(packed.tar)],
    ];
    for (const [source, input] of THOROUGH || name === "info" ? ways : ways.slice(0, 2))
      expect({ source, ...(await packed.said(name, source, input)) }).toEqual({ source, ...plain });
  });
});

const COMPRESSED = ["3.9.5-datalogdir", "3.9.5-snappy"];

describe.each(THOROUGH ? [...COMPRESSED, "3.9.5-gzip", "3.4.14-standalone"] : COMPRESSED)(
  "%s in an archive",
  (fixture) => {
    test.each(["info", "verify", "log", "restore", "salvage"])("%s", async (name) => {
      const packed = new Packed(fixture);
      const plain = await packed.said(name, packed.path);
      for (const [source, input] of [[packed.tar], ["-", readFileSync(packed.gzipped)]] as [string, Buffer?][])
        expect({ source, ...(await packed.said(name, source, input)) }).toEqual({ source, ...plain });
    });
  },
);

describe("a single file from standard input", () => {
  const source = fixtureDir("3.8.6-standalone");
  const snapshot = readFileSync(join(source, "version-2/snapshot.e3c"));

  test("has the zxid of its name, compressed or not", () => {
    const plain = run(["du", join(source, "version-2/snapshot.e3c")]);
    for (const bytes of [snapshot, gzipSync(snapshot)])
      expect(run(["du", "-", "--name", "snapshot.e3c"], bytes).stdout).toBe(plain.stdout);
    const { stdout } = run(["info", "-", "--name", "snapshot.e3c", "--json"], snapshot);
    expect(JSON.parse(stdout).snapshots).toMatchObject([
      { file: "snapshot.e3c", path: "-:snapshot.e3c", zxid: "0xe3c" },
    ]);
  });

  test("needs none where the zxid does not matter", () => {
    const log = readFileSync(join(source, "version-2/log.aa0"));
    expect(run(["log", "-"], log).stdout).toBe(run(["log", join(source, "version-2/log.aa0")]).stdout);
  });

  test("that is nothing to read is said to be that", () => {
    expect(run(["verify", "-"])).toMatchObject({ code: 3, stderr: expect.stringContaining("standard input is empty") });
    expect(run(["verify", "-"], Buffer.from("hello"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("- is neither a snapshot nor a log"),
    });
    expect(run(["verify", "-", "-"], snapshot).code).toBe(2);
    expect(run(["shell", "-"], snapshot)).toMatchObject({ code: 2 });
    expect(run(["verify", "-", "--name", "nothing"], snapshot)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no zxid in the file name nothing"),
    });
    expect(run(["verify", source, "--name", "snapshot.1"])).toMatchObject({ code: 2 });
    expect(run(["log", "-", "--follow"], readFileSync(join(source, "version-2/log.aa0")))).toMatchObject({ code: 2 });
  });
});

describe("an archive of more than a data directory", () => {
  test("is read where its only one is, however deep", () => {
    const deep = join(folder, "deep");
    cpSync(fixtureDir("3.8.6-first-start"), join(deep, "var/lib/zookeeper"), { recursive: true });
    const tar = `${fresh()}.tar`;
    execFileSync("tar", ["cf", tar, "-C", deep, "var"]);
    expect(run(["ls", tar, "/"])).toMatchObject({ code: 0, stdout: expect.stringContaining("zookeeper") });
    expect(run(["ls", `${tar}:var/lib/zookeeper/version-2`, "/"]).code).toBe(0);
    expect(run(["ls", `${tar}:var/log`, "/"])).toMatchObject({
      code: 3,
      stderr: `zkrewind: ${tar}:var/log: no such file or folder\n`,
    });
  });

  test("of several servers says what to name", () => {
    const servers = join(folder, "servers");
    for (const name of ["zk1", "zk2"])
      cpSync(fixtureDir("3.8.6-first-start"), join(servers, name), { recursive: true });
    const tar = `${fresh()}.tgz`;
    execFileSync("tar", ["czf", tar, "-C", servers, "."]);
    const { code, stderr } = run(["verify", tar]);
    expect(code).toBe(2);
    expect(stderr).toContain(`There are data directories below it: ${tar}:zk1, ${tar}:zk2.`);
    expect(run(["compare", `${tar}:zk1`, `${tar}:zk2`])).toMatchObject({ code: 0 });
    expect(run(["verify", "--brief", `${tar}:zk1`]).code).toBe(0);
  });
});

describe("what is wrong with an archive", () => {
  const version = join(fixtureDir("3.8.6-first-start"), "version-2");
  const files = readdirSync(version).map((name) => ({
    path: `version-2/${name}`,
    data: readFileSync(join(version, name)),
  }));

  test("is a finding of every command, and never exit code 0 where something is missing", () => {
    const tar = `${fresh()}.tar`;
    const whole = archive(files);
    for (const cut of [whole.length - 1024, Math.floor(whole.length / 2)]) {
      writeFileSync(tar, whole.subarray(0, cut));
      for (const command of ["verify", "log", "export"]) {
        const { code, stdout, stderr } = run([command, tar]);
        expect([command, code === 1 || code === 4]).toEqual([command, true]);
        // Told once.
        expect((stdout + stderr).split("error archive.damaged")).toHaveLength(2);
      }
    }
    const cutStream = gzipSync(whole).subarray(0, -20);
    const { code, stdout } = run(["verify", "-", "--brief"], cutStream);
    expect(code).toBe(1);
    expect(stdout).toContain("error archive.damaged: -");
    expect(stdout).toContain("gzip: unexpected end of file");
  });

  test("writes nothing anywhere, whatever its members are called", () => {
    const outside = join(folder, "outside");
    const tar = `${fresh()}.tgz`;
    writeFileSync(
      tar,
      gzipSync(
        archive([
          { path: outside, data: "absolute" },
          { path: "../../outside", data: "above" },
          { path: "version-2/link", type: "2", link: outside },
          { path: "version-2/snapshot.99", type: "2", link: "/etc/passwd" },
          ...files,
        ]),
      ),
    );
    const before = readdirSync(folder);
    const { code, stdout } = run(["verify", tar, "--brief"]);
    expect(readdirSync(folder)).toEqual(before);
    expect(existsSync(outside)).toBe(false);
    expect(code).toBe(1);
    expect(stdout).toContain("warning archive.member");
    expect(stdout).toMatch(/error file\.unreadable: .*version-2\/snapshot\.99: a link, not a regular file/);
    expect(stdout).not.toContain("root:");
  });
});

test("no name in an archive reaches a terminal raw", () => {
  const version = join(fixtureDir("3.8.6-first-start"), "version-2");
  const files = readdirSync(version).map((name) => ({ path: name, data: readFileSync(join(version, name)) }));
  const tar = `${fresh()}.tar`;
  const odd = ["../\u001b]0;title\u0007", "\u001b[31mlog.1", "log.7\u202e", "snapshot\n.1", "log.9\u001b[0m/log.1"];
  writeFileSync(tar, archive([...files, ...odd.map((path) => ({ path, data: "x" }))]));
  for (const command of ["verify", "info", "log"]) {
    const { stdout, stderr } = run([command, tar]);
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  }
});

describe("the scratch folder", () => {
  const tar = join(folder, "slow.tar");

  test("is nobody else's, and gone when a signal ends the run", async () => {
    execFileSync("tar", ["cf", tar, "-C", fixtureDir("3.8.6-first-start"), "."]);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const env = { ...process.env, TMPDIR: scratch };
      const child = spawn(process.execPath, [BIN, "verify", "-"], { env, stdio: ["pipe", "ignore", "ignore"] });
      child.stdin.write(readFileSync(tar).subarray(0, 4096));
      while (readdirSync(scratch).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const mode = execFileSync("stat", ["-c", "%a", join(scratch, readdirSync(scratch)[0] as string)]);
      expect(mode.toString()).toBe("700\n");
      const ended = new Promise((resolve) => child.on("exit", (_, by) => resolve(by)));
      child.kill(signal);
      expect(await ended).toBe(signal);
      expect(readdirSync(scratch)).toEqual([]);
    }
  });

  test("is where --scratch says, and never in a source", () => {
    const source = fresh();
    cpSync(fixtureDir("3.8.6-first-start"), source, { recursive: true });
    const { code, stderr } = run(["verify", source, "--scratch", join(source, "version-2")]);
    expect(code).toBe(2);
    expect(stderr).toContain("would be inside a source");
    expect(run(["verify", "-", "--scratch", join(folder, "none")], readFileSync(tar))).toMatchObject({ code: 3 });
  });

  const mounts = spawnSync("unshare", ["-m", "true"]).status === 0;
  test.runIf(mounts)("takes no more than half of what is free", () => {
    const mount = fresh();
    mkdirSync(mount);
    const bomb = `${fresh()}.tgz`;
    writeFileSync(bomb, gzipSync(archive([{ path: "version-2/log.1", data: randomBytes(32 << 20) }])));
    const line = `mount -t tmpfs -o size=16m none ${mount} && "${process.execPath}" "${BIN}" verify ${bomb} --scratch ${mount}; c=$?; ls -A ${mount}; exit $c`;
    const done = spawnSync("unshare", ["-m", "bash", "-c", line]);
    expect(done.status).toBe(3);
    expect(done.stdout.toString()).toBe("");
    expect(done.stderr.toString()).toContain("would take more than 8 MiB, half of the free space there");
  });
});

test("a tar on disk is not unpacked, however large it is", () => {
  const tar = `${fresh()}.tar`;
  const version = join(fixtureDir("3.8.6-first-start"), "version-2");
  const names = readdirSync(version);
  const members = names.map((name) => ({ path: name, data: readFileSync(join(version, name)) }));
  writeFileSync(tar, archive([...members, { path: "other", size: 6 * 2 ** 30 }], false));
  truncateSync(tar, archive(members, false).length + 512 + 6 * 2 ** 30 + 1024);
  // A scratch folder could not be made.
  expect(run(["verify", tar, "--brief", "--scratch", join(folder, "none")])).toMatchObject({ code: 0 });
});
