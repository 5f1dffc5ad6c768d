import { Readable, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Context, within } from "../../src/cli/context/context.js";
import type { Streams } from "../../src/cli/context/streams.js";
import { run } from "../../src/cli/program.js";
import { fixtureDir } from "../fixtures/index.js";

const SOURCE = fixtureDir("3.8.6-standalone");

interface Answer {
  code: number;
  out: string;
  err: string;
}

/** A request whose output is kept; every write takes a turn of the process, so that others come between. */
async function ask(args: readonly string[], { isTerminal = false, env = {} } = {}): Promise<Answer> {
  const texts = { 1: "", 2: "" };
  let isFull = false;
  const streams: Streams = {
    write(descriptor, bytes, from) {
      // Standard output takes a little now and then.
      const end = descriptor === 1 ? Math.min(from + 50_000, bytes.length) : bytes.length;
      if (descriptor === 1 && (isFull = !isFull)) return from;
      texts[descriptor] += Buffer.from(bytes.subarray(from, end)).toString("latin1");
      return end;
    },
    isTerminal: (descriptor) => isTerminal && descriptor === 1,
    isLookedAt: () => true,
    columns: () => 80,
    stdin: () => Readable.from([]),
    stderr: () => new Writable({ write: (_chunk, _encoding, done) => done() }),
  };
  const its = new Context(streams, env);
  await within(its, () => run(args, "0.0.0"));
  return { code: its.exitCode, out: texts[1], err: texts[2] };
}

describe("requests in one process", () => {
  const requests: [string[], object?][] = [
    [["verify", SOURCE, "--no-replay"]],
    [["verify", SOURCE, "--no-replay"], { isTerminal: true, env: { FORCE_COLOR: "1" } }],
    [["cat", SOURCE, "/no/such"]],
    [["info", SOURCE, "--json"]],
    [["find", SOURCE, "--redact", "paths", "--json"], { env: { ZKREWIND_REDACT_KEY: "a" } }],
    [["find", SOURCE, "--redact", "paths", "--json"], { env: { ZKREWIND_REDACT_KEY: "b" } }],
    [["find", SOURCE, "--json"]],
    [["verify", SOURCE, "-q"]],
    [["verify", SOURCE, "--strict", "--no-replay"]],
    [["log", SOURCE, "--no-such"]],
  ];

  test("at once are each answered as if it were alone", async () => {
    const alone: Answer[] = [];
    for (const [args, how] of requests) alone.push(await ask(args, how));
    const together = await Promise.all(requests.map(([args, how]) => ask(args, how)));
    expect(together).toEqual(alone);
    expect(alone.map(({ code }) => code)).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 2]);
    const [plain, coloured] = [alone[0], alone[1]] as [Answer, Answer];
    expect(coloured.out).not.toBe(plain.out);
    expect(new Set(alone.slice(4, 7).map(({ out }) => out)).size).toBe(3);
    expect(alone[7]?.out).toBe("");
  });
});
