import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { carryOut, Ensemble, restore, until, type Written } from "./ensemble.js";

/*
 * What clients that live on meet when their ensemble goes back to before a delete: each of three has only one server. All
 * have a session, an ephemeral, and a watch on /app/config, which is "after" in what they know and "before" at the point.
 */

const BEFORE = ["--before-delete", "/prod", "--extended-types"];
/** So long nothing happens where nothing is to happen. */
const QUIET = 3000;

test.each<[version: string, order: number[]]>([
  ["3.9.5", [2, 3, 1]],
  ["3.6.4", [1, 2, 3]],
  ["3.5.10", [3, 1, 2]],
])(
  "live clients of %s: without a raised epoch, with one and their sessions, and with sessions dropped",
  async (version, order) => {
    const ensemble = new Ensemble(version);
    await ensemble.prepare([1, 2, 3]);
    await ensemble.start([1, 2, 3]);
    const clients = new Map<number, () => string>();
    for (const id of ensemble.ids) clients.set(id, await ensemble.live(id));
    ensemble.client("load");
    for (const told of clients.values()) await until(() => told().includes("cached after"), told);
    await ensemble.stop();
    // From the same files each time: the ensemble's own are moved aside.
    const make = (name: string, ...args: string[]): Promise<Written> =>
      restore(ensemble, join(ensemble.folder, name), ...BEFORE, ...args);
    const unraised = await make("unraised", "--no-bump-epoch", "--keep-sessions");
    const kept = await make("kept", "--keep-sessions");
    // By then clients have seen the epochs of both.
    const raised = await make("raised", "--bump-epoch=50");

    // Without a raised epoch.
    expect(unraised.warnings.join()).toMatch(
      /refuse clients that have seen a zxid above their own: .*a follower may until the first transaction.*A client that is let in keeps stale caches/,
    );
    let since = marks(clients);
    await startWith(ensemble, unraised, order);
    const leader = await ensemble.leader();
    const told = (id: number): string => since(id);
    const refuses = (id: number): boolean => /Refusing session.* our last zxid is/.test(ensemble.server(id).log());
    for (const id of ensemble.ids)
      await until(
        () => told(id).includes("now before") || refuses(id),
        () => told(id),
      );
    const refused = ensemble.ids.filter(refuses);
    // An election has lifted the leader above all that clients saw, and whoever it sends its tree; not who has that tree.
    expect(refused).not.toContain(leader);
    expect(refused.length).toBeGreaterThan(0);
    await sleep(QUIET);
    for (const id of refused) expect(told(id)).not.toMatch(/^now (?!CONNECTIONLOSS)|^event Expired/m);
    for (const id of ensemble.ids) if (!refused.includes(id)) expectStale(told(id));
    ensemble.client("write");
    for (const id of refused) await until(() => since(id).includes("now before"), clients.get(id) as () => string);
    await sleep(QUIET);
    for (const id of ensemble.ids) expectStale(since(id));
    // The watch is there, and fires at the next change.
    ensemble.client("set", "later");
    for (const id of ensemble.ids)
      await until(() => since(id).includes("cached later"), clients.get(id) as () => string);
    await ensemble.stop();

    // With a raised epoch and their sessions.
    expect(kept.warnings.join()).toMatch(/keeps its watches and caches, and does not learn which znodes were set back/);
    since = marks(clients);
    await startWith(ensemble, kept, order);
    for (const id of ensemble.ids) await until(() => since(id).includes("now before"), clients.get(id) as () => string);
    await sleep(QUIET);
    for (const id of ensemble.ids) expectStale(since(id));
    const { nodes } = await ensemble.server(1).read();
    for (const id of ensemble.ids) expect(nodes.has(`/app/live-${id}`), String(id)).toBe(true);
    await ensemble.stop();

    // With sessions dropped, as is the default.
    expect(raised.warnings.join()).not.toMatch(/stale|set back|refuse/);
    await startWith(ensemble, raised, order);
    for (const told of clients.values()) await until(() => told().endsWith("\nexpired\n"), told);
    const after = await ensemble.server(1).read();
    expect([...after.nodes.keys()].filter((path) => path.startsWith("/app/live"))).toEqual([]);
  },
);

async function startWith(ensemble: Ensemble, written: Written, order: readonly number[]): Promise<void> {
  carryOut(written, "set-aside");
  carryOut(written, "copy");
  await ensemble.start(order);
}

/** What each client is told from now on. */
function marks(clients: ReadonlyMap<number, () => string>): (id: number) => string {
  const lengths = new Map([...clients].map(([id, told]) => [id, told().length]));
  return (id) => (clients.get(id) as () => string)().slice(lengths.get(id));
}

/** It reads what was set back, and was told nothing: not of the change, nor that its session is gone. */
function expectStale(told: string): void {
  expect(told).toContain("now before");
  expect(told).not.toMatch(/NodeDataChanged|Expired|^cached/m);
}
