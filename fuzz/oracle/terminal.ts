import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hex } from "../model/files.js";
import type { Random } from "../random.js";
import type { Folder } from "../seeds/seed.js";
import type { Evidence } from "./evidence.js";
import type { Judge } from "./judge.js";

/**
 * What no terminal and no script may be given raw: C0 but tab and line feed, DEL, C1, what turns text around, what is
 * not seen.
 */
const RAW =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

/** Milliseconds. */
const MOST_TIME = 20_000;

/** Whether a folder, or what its files hold, has something that must not reach a terminal. */
export function hasRaw(folder: Folder, { reading, told }: Evidence): boolean {
  const odd = (path: string): boolean => RAW.test(Buffer.from(path, "latin1").toString("utf8"));
  if ([...folder.keys()].some((name) => RAW.test(name))) return true;
  if (reading.snapshots.some(({ reading: { nodes } }) => nodes.some(({ path }) => odd(path)))) return true;
  return [...told.values()].some(
    ({ record: { txn } }) => txn !== null && [txn, ...txn.members].some(({ path }) => odd(path)),
  );
}

/** Runs some commands as a user does, and looks at each byte that they say. */
export function judgeTerminal(source: string, evidence: Evidence, random: Random, judge: Judge): void {
  const commands = commandsFor(source, evidence, random);
  for (let count = 2; count > 0; count--) judgeCommand(random.pick(commands), judge);
}

function judgeCommand(args: readonly string[], judge: Judge): void {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [bin(), ...args], {
    env: { ...process.env, NO_COLOR: "1" },
    timeout: MOST_TIME,
    maxBuffer: 64 << 20,
  });
  const name = args[0] ?? "";
  if (signal !== null) return judge.fail("hang", `${name} ended by ${signal}`);
  if (status === null || status > 4) judge.fail("crash", `${name} ends with ${status}`);
  for (const [stream, bytes] of Object.entries({ stdout, stderr })) {
    const text = bytes.toString("utf8");
    if (/^\s+at .*\(?(file|node):/m.test(text)) judge.fail("crash", `${name}, ${stream}: ${text.slice(0, 600)}`);
    const line = text.split("\n").find((each) => RAW.test(each));
    if (line !== undefined) judge.fail("raw characters", `${name}, ${stream}: ${line.slice(0, 300)}`);
  }
}

function commandsFor(source: string, evidence: Evidence, random: Random): string[][] {
  const zxids = [...evidence.told.keys()];
  const [from, to] = zxids.length > 0 ? [random.pick(zxids), random.pick(zxids)] : [0n, 0n];
  const paths = evidence.reading.snapshots.flatMap(({ reading }) => reading.nodes.map(({ path }) => path));
  const path = paths.length > 0 ? Buffer.from(random.pick(paths) || "/", "latin1").toString("utf8") : "/";
  const inexact = "--inexact";
  return [
    ["verify", source],
    ["info", source],
    ["log", source],
    ["tree", source, inexact],
    ["ls", source, "/", inexact],
    ["find", source, inexact],
    ["du", source, inexact],
    ["stat", source, path.includes("\0") ? "/" : path, inexact],
    ["stat", source, "/\u001b[31mnone\u202e", inexact],
    ["history", source, "/", "--recursive"],
    ["sessions", source],
    ["diff", source, "--from", hex(from), "--to", hex(to)],
    ["undo", source, "--from", hex(from), "--to", hex(to)],
    ["restore", source, "-o", join(source, "version-2", "new"), inexact],
    ["explain", "java.io.IOException: CRC check failed \u001b[31m\u202e", source],
  ];
}

/** The command, from here and from where this is compiled to, unless it is another that is to be tried. */
function bin(): string {
  const other = process.env.ZKREWIND_FUZZ_CLI;
  if (other !== undefined) return other;
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder))
    if (existsSync(join(folder, "bin/zkrewind.js"))) return join(folder, "bin/zkrewind.js");
}
