import { type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { clientOf, compiled, ended, startJava } from "../java.js";
import { scratchFolder } from "../scratch.js";
import { zkrewind } from "../zkrewind.js";

/** A write that a client was told is done. */
export interface Acked {
  zxid: bigint;
  path: string;
  value: string;
}

/** A client that goes on writing while servers are killed, and writes down what was acknowledged. */
export class AckedLoad {
  readonly #file = join(scratchFolder(), "acked");
  readonly #child: ChildProcess;

  constructor(version: string, hosts: string, writesPerSecond: number) {
    const log = openSync(join(scratchFolder(), "client.log"), "a");
    const classes = compiled(clientOf(version));
    const args = [hosts, this.#file, String(writesPerSecond)];
    this.#child = startJava(classes, {}, "AckedLoad", args, { log, heap: "256m", input: "pipe" });
    closeSync(log);
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  /** All that was acknowledged so far. */
  get acked(): Acked[] {
    let text: string;
    try {
      text = readFileSync(this.#file, "utf8");
    } catch {
      return [];
    }
    const lines = text.split("\n").slice(0, -1);
    return lines
      .filter((line) => line !== "end")
      .map((line) => {
        const [zxid = "", path = "", value = ""] = line.split(" ");
        return { zxid: BigInt(zxid), path, value };
      });
  }

  /** Returns all that was acknowledged. */
  async stop(): Promise<Acked[]> {
    this.#child.stdin?.end();
    await ended(this.#child);
    return this.acked;
  }
}

/** What `backup list` states of a repository. */
export interface Stated {
  recoveryPoint: bigint;
  /** What lies in them is in a snapshot, or it would not be before the recovery point. */
  holes: { after: bigint; before: bigint }[];
  branches: { name: string }[];
  servers: { server: string }[];
}

export async function stated(repo: string): Promise<Stated> {
  const { together } = JSON.parse(await zkrewind("backup", "list", repo, "--json"));
  // What may have come before the first one is none: an epoch of a leader that died with all of it is a branch.
  const holes = (together.holes as { after: string | null; before: string }[]).flatMap(({ after, before }) =>
    after === null ? [] : [{ after: BigInt(after), before: BigInt(before) }],
  );
  return { ...together, holes, recoveryPoint: BigInt(together.recoveryPoint?.zxid ?? -1) };
}

/** Every write from `from` on that was acknowledged and is not later than the recovery point is in the repository. */
export async function expectAll(repo: string, acked: readonly Acked[], said: Stated, from = 0n): Promise<void> {
  const { recoveryPoint: point, holes } = said;
  const isInHole = (zxid: bigint): boolean => holes.some(({ after, before }) => zxid > after && zxid < before);
  const wanted = acked.filter(({ zxid }) => zxid >= from && zxid <= point && !isInHole(zxid));
  const [first] = wanted;
  if (!first) return;
  const least = wanted.reduce((least, { zxid }) => (zxid < least ? zxid : least), first.zxid);
  const range = ["--from", `0x${least.toString(16)}`, "--to", `0x${point.toString(16)}`];
  const lines = (await zkrewind("log", repo, "--format", "ndjson", "--data", "utf8", ...range)).trimEnd().split("\n");
  const txns = new Map<bigint, Written[]>();
  for (const line of lines) {
    const txn = JSON.parse(line) as { type: string; zxid: string; members?: Written[] } & Written;
    if (txn.type === "txn") txns.set(BigInt(txn.zxid), txn.members ?? [txn]);
  }
  const lost = wanted.filter(
    ({ zxid, path, value }) => !txns.get(zxid)?.some((each) => each.path === path && each.data === value),
  );
  expect(lost.slice(0, 5), `of ${wanted.length} acknowledged writes ${lost.length} are not in ${repo}`).toEqual([]);
}

interface Written {
  path?: string;
  data?: string | null;
}
