import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { wordsOf } from "../../src/cli/shell/words.js";
import { OWN_PROCESSES } from "../thorough.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const BIN = join(ROOT, "bin/zkrewind.js");

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  bytes: Buffer;
}

/** The environment of a request, and what is piped into it. */
export interface Surroundings {
  env?: Record<string, string>;
  input?: Buffer | string;
}

/** Asks the built command and waits: in a thread of this process, which answers one request after another. */
export function zkrewind(args: readonly string[], env: Record<string, string> = {}): Result {
  return request(args, { env });
}

export function request(args: readonly string[], { env = {}, input = "" }: Surroundings = {}): Result {
  const whole = { ...process.env, NO_COLOR: "1", ...env };
  if (OWN_PROCESSES || OF_THE_PROCESS.some((name) => name in env)) return ownProcess(args, { env, input });
  thread ??= new RequestThread();
  const { code, out, err } = thread.ask({ args, env: whole, input: Buffer.from(input) });
  return { code, signal: null, stdout: out.toString(), stderr: err.toString(), bytes: out };
}

/** What Node reads once, when a process begins. */
const OF_THE_PROCESS = ["NODE_OPTIONS", "TZ"];

/** The same in a process of its own, as users start it. */
export function ownProcess(args: readonly string[], { env = {}, input = "" }: Surroundings = {}): Result {
  const done = spawnSync(process.execPath, [BIN, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    maxBuffer: 1 << 30,
    input,
  });
  return {
    code: done.status,
    signal: done.signal,
    stdout: done.stdout.toString(),
    stderr: done.stderr.toString(),
    bytes: done.stdout,
  };
}

interface Request {
  args: readonly string[];
  env: Record<string, string | undefined>;
  input: Buffer;
}

type Answer = { code: number; out: Uint8Array; err: Uint8Array } | { failed: string };

/** requests.mjs, which is waited for as a process would be. */
class RequestThread {
  private readonly done = new Int32Array(new SharedArrayBuffer(4));
  private readonly port: MessagePort;
  private readonly worker: Worker;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.worker = new Worker(new URL("requests.mjs", import.meta.url), {
      workerData: { port: port2, done: this.done },
      transferList: [port2],
      execArgv: [],
    });
    this.worker.unref();
    this.port.unref();
  }

  ask(request: Request): { code: number; out: Buffer; err: Buffer } {
    Atomics.store(this.done, 0, 0);
    this.worker.postMessage(request);
    // Looked at again after each wake: the notice of the last answer may come only now.
    while (Atomics.load(this.done, 0) === 0)
      if (Atomics.wait(this.done, 0, 0, LONGEST) === "timed-out")
        throw new Error(`no answer: ${request.args.join(" ")}`);
    const answer = receiveMessageOnPort(this.port)?.message as Answer;
    if ("failed" in answer) throw new Error(answer.failed);
    return { code: answer.code, out: Buffer.from(answer.out), err: Buffer.from(answer.err) };
  }
}

/** Milliseconds. */
const LONGEST = 120_000;

let thread: RequestThread | null = null;

/** Runs a shell line in which $ZKREWIND stands for the command; `code` is the first command's of a pipe. */
export function shell(line: string): Result {
  const quoted = `"${process.execPath}" "${BIN}"`;
  const script = `set -o pipefail; ${line.replaceAll("$ZKREWIND", quoted)}; exit \${PIPESTATUS[0]}`;
  const done = spawnSync("bash", ["-c", script], { env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 1 << 30 });
  return {
    code: done.status,
    signal: done.signal,
    stdout: done.stdout.toString(),
    stderr: done.stderr.toString(),
    bytes: done.stdout,
  };
}

/** Runs a line that begins with zkrewind, and holds words alone. */
export function typed(line: string): Result {
  const words = wordsOf(line);
  if (OWN_PROCESSES || words === null) return shell(line.replace(/^zkrewind/, "$ZKREWIND"));
  return zkrewind(words.slice(1));
}

/** Starts it and does not wait. */
export function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
}

export function ndjsonOf(text: string): (Record<string, unknown> & { type: string })[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown> & { type: string });
}
