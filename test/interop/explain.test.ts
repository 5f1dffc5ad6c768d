import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeLog } from "../cli/files.js";
import { BIN } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import type { NewTxn } from "../txn/encode.js";
import { scratchFolder, serve } from "./scratch.js";
import { Server } from "./server.js";

/** Something that keeps a server from starting. */
interface Case {
  what: string;
  /** On which releases it does. */
  releases: readonly string[];
  /** The fixture that it is done to, behind the release. */
  fixture?: string;
  damage: (folder: string) => void | Promise<void>;
  /** What the server's log is about, by the first cause. */
  id: string;
}

const CASES: readonly Case[] = [
  {
    what: "a damaged record",
    releases: ["3.4.14", "3.6.4", "3.9.5"],
    damage: (folder) => change(newest(folder, "log"), (bytes) => bytes.writeUInt8(bytes.readUInt8(900) ^ 1, 900)),
    id: "crc-check-failed",
  },
  {
    what: "a log without its magic",
    releases: ["3.5.10", "3.9.5"],
    damage: (folder) => change(newest(folder, "log"), (bytes) => bytes.writeUInt8(0x5b, 0)),
    id: "log-magic",
  },
  {
    what: "a length of -1",
    releases: ["3.4.14", "3.8.6"],
    damage: (folder) => change(newest(folder, "log"), (bytes) => bytes.writeInt32BE(-1, 24)),
    id: "negative-length",
  },
  {
    what: "a length that is far too large",
    releases: ["3.7.2"],
    damage: (folder) => change(newest(folder, "log"), (bytes) => bytes.writeInt32BE(0x70000000, 24)),
    id: "unreasonable-length",
  },
  {
    what: "a last log of 0 bytes",
    releases: ["3.4.14", "3.5.10", "3.8.6"],
    damage: (folder) => writeFileSync(join(folder, "version-2/log.ffff"), ""),
    id: "eof-file",
  },
  {
    what: "a last log that ends in its header",
    releases: ["3.9.5"],
    damage: (folder) => writeFileSync(join(folder, "version-2/log.ffff"), "ZKLG\0\0"),
    id: "eof-file",
  },
  {
    what: "a damaged log that was set aside in its folder",
    releases: ["3.6.4", "3.9.5"],
    damage: (folder) => {
      const log = newest(folder, "log");
      change(log, (bytes) => bytes.writeUInt8(bytes.readUInt8(900) ^ 1, 900));
      renameSync(log, `${log}.bad`);
    },
    id: "crc-check-failed",
  },
  {
    what: "a hole in what is replayed",
    releases: ["3.9.5"],
    damage: (folder) => {
      rmSync(newest(folder, "snapshot"));
      rmSync(newest(folder, "log", 1));
    },
    id: "out-of-order",
  },
  {
    what: "logs without a snapshot",
    releases: ["3.5.10", "3.8.6"],
    damage: (folder) => {
      for (const snapshot of named(folder, "snapshot")) rmSync(snapshot);
    },
    id: "no-snapshot",
  },
  {
    what: "a session that was closed with more ephemerals than a record may name",
    releases: ["3.6.4", "3.8.6"],
    fixture: "first-start",
    damage: async (folder) => {
      const paths = Array.from({ length: 2600 }, (_, index) => `/e/${String(index).padStart(808, "x")}`);
      const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
      const made = (path: string, ephemeral: boolean, parentCVersion: number): NewTxn => ({
        type: 1,
        path,
        data: null,
        acl,
        ephemeral,
        parentCVersion,
      });
      const txns: NewTxn[] = [
        { type: -10, timeout: 4000 },
        made("/e", false, 1),
        ...paths.map((path, index) => made(path, true, index + 1)),
        { type: -11, paths },
      ];
      for (const log of named(folder, "log")) rmSync(log);
      await writeLog(join(folder, "version-2"), 1n, txns);
    },
    id: "unreasonable-length",
  },
];

describe("from the log of a server that does not start, `explain` leads to one that does", () => {
  for (const { what, releases, fixture = "standalone", damage, id } of CASES) {
    for (const release of releases) {
      test(`${what}, on ${release}`, async () => {
        const folder = join(scratchFolder(), "data");
        cpSync(fixtureDir(`${release}-${fixture}`), folder, { recursive: true });
        await damage(folder);
        const log = await logOfRefusal(release, folder);
        const [first] = explained(log, folder);
        expect(first?.id).toBe(id);
        const cured = carriedOut(first?.next ?? [], folder);
        await serve(release, { dataDir: cured });
      });
    }
  }
});

/** A file with what a server logs that does not start on a copy of a folder. */
async function logOfRefusal(release: string, folder: string): Promise<string> {
  const copy = join(scratchFolder(), "data");
  cpSync(folder, copy, { recursive: true });
  const server = new Server(release, { dataDir: copy }, scratchFolder());
  await expect(server.start()).rejects.toThrow("did not start");
  const file = join(scratchFolder(), "zookeeper.out");
  writeFileSync(file, server.log());
  return file;
}

interface Step {
  run?: string;
  say: string;
}

function explained(log: string, folder: string): { id: string; next: Step[] }[] {
  const script = `"${process.execPath}" "${BIN}" explain "${log}" "${folder}" --json || [ $? = 1 ]`;
  return JSON.parse(execFileSync("bash", ["-c", script], { maxBuffer: 1 << 26 }).toString()).explanations;
}

/** Does the first of the steps that a program can do: a command that makes a directory, or a file that is to go. */
function carriedOut(steps: readonly Step[], folder: string): string {
  for (const { run, say } of steps) {
    const moved = /^move (\S+) out of the folder/.exec(say)?.[1];
    if (moved !== undefined) {
      rmSync(moved);
      return folder;
    }
    if (run?.includes(" -o DIR")) {
      const target = join(scratchFolder(), "new");
      const command = run.replace(/^zkrewind/, `"${process.execPath}" "${BIN}"`).replace(" DIR", ` "${target}"`);
      execFileSync("bash", ["-c", `${command} || [ $? = 1 ]`], { stdio: ["ignore", "pipe", "pipe"] });
      return target;
    }
  }
  throw new Error(`nothing to do in ${JSON.stringify(steps)}`);
}

function named(folder: string, kind: "log" | "snapshot"): string[] {
  const zxid = (name: string): bigint => BigInt(`0x${name.slice(kind.length + 1)}`);
  return readdirSync(join(folder, "version-2"))
    .filter((name) => name.startsWith(`${kind}.`))
    .sort((a, b) => Number(zxid(a) - zxid(b)))
    .map((name) => join(folder, "version-2", name));
}

/** The newest of a kind, or so many before it. */
function newest(folder: string, kind: "log" | "snapshot", back = 0): string {
  return named(folder, kind).at(-1 - back) as string;
}

function change(path: string, how: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  how(bytes);
  writeFileSync(path, bytes);
}
