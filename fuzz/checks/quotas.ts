import { join } from "node:path";
import { discover, quotaUndo, rebuildAt } from "../adapter.js";
import { writeFolder } from "../disk.js";
import { hex, logHeader, record } from "../model/files.js";
import { encodeTxn, OP, op, type Op, OPEN_ACL } from "../model/txn.js";
import type { Judge } from "../oracle/judge.js";
import type { Random } from "../random.js";
import { file } from "../seeds/seed.js";

const FOLDER = "/zookeeper/quota/q";
const LIMITS = `${FOLDER}/zookeeper_limits`;
const STATS = `${FOLDER}/zookeeper_stats`;

/** A subtree with a quota that is set, counted, and taken away: what its server has counted, and what an undo may touch. */
export async function judgeQuotas(scratch: string, random: Random, judge: Judge): Promise<void> {
  const plan = planned(random);
  const bytes = plan.map(({ made }, index) => {
    const head = { session: 1n, cxid: index, zxid: BigInt(index + 1), time: 1_700_000_000_000n, digest: undefined };
    return record(encodeTxn({ ...made, ...head }));
  });
  const source = writeFolder(
    new Map([["log.1", file(Buffer.concat([logHeader(), ...bytes]))]]),
    join(scratch, "quotas"),
  );
  const directory = discover(source);
  const last = BigInt(plan.length);
  for (const zxid of new Set([last, BigInt(random.between(1, plan.length))])) {
    const expected = plan[Number(zxid) - 1]?.counted ?? null;
    const had = (await rebuildAt(directory, zxid)).dataOf(STATS);
    if (had !== expected) judge.fail("quotas", `at ${hex(zxid)} ${STATS} is ${had}, not ${expected}`);
  }
  const from = BigInt(random.between(1, plan.length));
  const [before, after] = from < last ? [from, last] : [1n, last];
  for (const [one, other] of [
    [before, after],
    [after, before],
  ] as const) {
    const wrong = await undone(directory, one, other);
    if (wrong !== null) judge.fail("undo", `from ${hex(other)} back to ${hex(one)}: ${wrong}`);
  }
}

interface Step {
  made: Op;
  /** What the server has in the stats then; null without them. */
  counted: string | null;
}

/** The transactions, and what a server counts: only while there are limits, and anew when the stats are made. */
function planned(random: Random): Step[] {
  const steps: Step[] = [];
  const sizes = new Map<string, number>();
  const versions = new Map<string, number>();
  let counted: string | null = null;
  let limited = false;
  const usage = (): string => {
    const below = [...sizes].filter(([path]) => path === "/q" || path.startsWith("/q/"));
    return `count=${below.length},bytes=${below.reduce((sum, [, size]) => sum + size, 0)}`;
  };
  const step = (made: Op): void => {
    versions.set(made.path, made.type === OP.create ? 0 : made.version);
    if (made.type === OP.create || made.type === OP.setData) sizes.set(made.path, made.data?.length ?? 0);
    else sizes.delete(made.path);
    if (made.path === LIMITS) limited = made.type === OP.create;
    if (made.path === STATS) counted = made.type === OP.create ? usage() : null;
    else if (limited && counted !== null) counted = usage();
    steps.push({ made, counted });
  };
  const create = (path: string, data = ""): void =>
    step(op(OP.create, { path, data: Buffer.from(data), acl: OPEN_ACL, parentCVersion: -1 }));
  const changes = (count: number): void => {
    for (let left = count; left > 0; left--) {
      const name = `/q/n${random.below(4)}`;
      if (!sizes.has(name)) create(name, "x".repeat(random.below(20)));
      else if (random.chance(0.5)) step(op(OP.delete, { path: name }));
      else
        step(
          op(OP.setData, { path: name, data: Buffer.alloc(random.below(30)), version: (versions.get(name) ?? 0) + 1 }),
        );
    }
  };
  create("/q", "top");
  changes(random.below(3));
  create(FOLDER);
  create(LIMITS, "count=5,bytes=-1");
  create(STATS, "count=0,bytes=0");
  changes(random.between(1, 5));
  if (random.chance(0.6)) {
    step(op(OP.delete, { path: LIMITS }));
    changes(random.between(1, 3));
  }
  if (counted !== null && random.chance(0.3)) {
    step(op(OP.delete, { path: STATS }));
    if (!limited) step(op(OP.delete, { path: FOLDER }));
  }
  return steps;
}

/** Does the steps as a client that knows nothing of quotas; answers what a server would refuse, or what they must not name. */
async function undone(directory: ReturnType<typeof discover>, from: bigint, to: bigint): Promise<string | null> {
  const { paths, steps } = await quotaUndo(directory, from, to);
  const there = new Set(paths);
  for (const { op: what, path } of steps) {
    if (path === STATS) return `${what} of what the server counts`;
    const parent = path.slice(0, Math.max(path.lastIndexOf("/"), 1));
    if (what === "create" && (there.has(path) || !there.has(parent))) return `create of ${path} is refused`;
    if (what === "create") there.add(path);
    if (what !== "delete") continue;
    if (!there.has(path)) return `delete of ${path}, which is not there`;
    if ([...there].some((each) => each.startsWith(`${path}/`))) return `delete of ${path} is refused: it has children`;
    there.delete(path);
  }
  return null;
}
