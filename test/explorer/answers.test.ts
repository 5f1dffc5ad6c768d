import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { Client } from "./client.js";

const SOURCE = fixtureDir("3.8.6-standalone");
let client: Client;
beforeAll(async () => {
  client = await Client.of(SOURCE);
  await client.source.begin();
});
afterAll(() => client.close());

/** JSON of any shape. */
const cli = (...args: string[]) => JSON.parse(zkrewind([...args, "--json"]).stdout);

describe("answers are what the command line says", () => {
  test("of the files and the verdict", async () => {
    const { sound, transactions, applied, digestsMatched, ...info } = await client.json("verdict");
    expect(info).toEqual(cli("info", SOURCE));
    const verified = cli("verify", SOURCE);
    expect({ sound, transactions, applied, digestsMatched }).toEqual({
      sound: verified.sound,
      transactions: verified.transactions,
      applied: verified.applied,
      digestsMatched: verified.digestsMatched,
    });
  });

  test.each([
    [{ from: "0xe40", limit: 20 }, ["--from", "0xe40", "-n", "20"]],
    [{ from: "0xe00", to: "0xe80", errors: 1 }, ["--from", "0xe00", "--to", "0xe80", "--errors"]],
    [{ to: "0xe80", reverse: 1, limit: 5 }, ["--to", "0xe80", "--reverse", "-n", "5"]],
    [{ path: "/containers/**", op: "deleteContainer" }, ["--path", "/containers/**", "--op", "deleteContainer"]],
    [{ session: "0x10000337d0c0015", limit: 10 }, ["--session", "0x10000337d0c0015", "-n", "10"]],
    [{ from: "0x1", to: "0x5" }, ["--from", "0x1", "--to", "0x5"]],
  ])("of transactions: %j", async (query, args) => {
    const expected = cli("log", SOURCE, ...args);
    const { transactions, counts } = await client.json("transactions", query);
    expect(transactions).toEqual(expected.transactions);
    expect(counts).toEqual(expected.counts);
    expect(transactions.length).toBeGreaterThan(0);
  });

  test.each(["0x5c0", "0x400", "latest"])("of the tree at %s", async (at) => {
    const ls = cli("ls", SOURCE, "/counters", "--at", at);
    const { nodes, total, at: point } = await client.json("children", { at, path: "/counters", limit: 1000 });
    expect(nodes).toEqual(ls.nodes);
    expect(total).toBe(ls.nodes.length);
    expect(point).toEqual(ls.at);
    const node = await client.json("node", { at, path: "/counters/c7" });
    expect(node).toEqual(cli("cat", SOURCE, "/counters/c7", "--at", at));
  });

  test("of where a znode stands among its siblings, or would", async () => {
    const names = cli("ls", SOURCE, "/wide").nodes.map(({ path }: { path: string }) => path) as string[];
    const find = [names[0], names[500], names.at(-1), `${names[500]}x`, "/wide/", "/wide/\u{10ffff}", "/busy/x"];
    const expected = [0, 500, names.length - 1, -502, -1, -1 - names.length];
    for (const some of [find.slice(0, 2), find]) {
      const query = new URLSearchParams({ path: "/wide", limit: "1" });
      for (const each of some) query.append("find", each ?? "");
      const fresh = await Client.of(SOURCE);
      const { places } = JSON.parse((await fresh.get(`/api/children?${String(query)}`)).text);
      expect(places.slice(0, 6)).toEqual(expected.slice(0, some.length));
      expect(places[6] ?? -1).toBeLessThan(0);
      await fresh.close();
    }
    const query = new URLSearchParams({ path: "/wide", filter: "99", keep: names[3] ?? "", find: names[3] ?? "" });
    const { matched, places, nodes } = JSON.parse((await client.get(`/api/children?${String(query)}`)).text);
    const kept = names.filter((each, index) => index === 3 || each.slice(6).includes("99"));
    expect(nodes.map(({ path }: { path: string }) => path)).toEqual(kept);
    expect([matched, places]).toEqual([kept.length, [kept.indexOf(names[3] ?? "")]]);
  });

  test("of a history", async () => {
    const { changes } = await client.json("history", { path: "/counters/c7" });
    expect(changes.toReversed()).toEqual(cli("history", SOURCE, "/counters/c7").changes);
  });

  test("of what differs, and who made it so", async () => {
    const expected = cli("diff", SOURCE, "--from", "0xa9f", "--to", "0xe3c");
    const { changes, counts, sessions, attributed } = await client.json("diff", { from: "0xa9f", to: "0xe3c" });
    expect({ changes, counts, sessions, attributed }).toEqual({
      changes: expected.changes,
      counts: expected.counts,
      sessions: expected.sessions,
      attributed: true,
    });
  });

  test("of sessions", async () => {
    const all = cli("sessions", SOURCE, "--all");
    const { sessions, ephemeralsWithoutSession } = await client.json("sessions");
    const byId = (list: { id: string }[]) => list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(byId(sessions)).toEqual(byId(all.sessions));
    expect(ephemeralsWithoutSession).toEqual(all.ephemeralsWithoutSession);
    const id = "0x10000337d0c0015";
    expect(await client.json("session", { id })).toEqual(cli("session", SOURCE, id));
  });

  test("of what takes the space, and what grew", async () => {
    expect(await client.json("space", { limit: 10 })).toEqual(cli("du", SOURCE));
    const grown = cli("du", SOURCE, "--from", "0xa9f", "--to", "0xe3c", "--depth", "2", "-n", "50");
    const { growth } = await client.json("growth", { from: "0xa9f", to: "0xe3c" });
    expect(growth).toEqual(grown.growth);
  });
});

test("a search finds what was deleted, and who did it", async () => {
  const { text } = await client.get("/api/search?text=/busy/&in=deleted&at=0xe3c&limit=5000");
  const gone = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === "gone");
  const there = new Set(cli("ls", SOURCE, "/", "-R", "--at", "0xe3c").nodes.map(({ path }: { path: string }) => path));
  const { changes } = cli("history", SOURCE, "/busy", "-r", "--to", "0xe3c");
  const last = new Map<string, object>();
  for (const { change, path, zxid, time, session } of changes)
    if (change === "delete" && path !== "/busy" && !there.has(path)) last.set(path, { zxid, time, session });
  expect(gone.length).toBeGreaterThan(0);
  expect(new Map(gone.map(({ path, zxid, time, session }) => [path, { zxid, time, session }]))).toEqual(last);
});

test("a search goes through all paths, values and owners, and says how far it is", async () => {
  const { text } = await client.get("/api/search?text=c7&in=path&at=latest");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const found = lines.filter(({ type }) => type === "hit").map(({ path }) => path);
  const all = cli("ls", SOURCE, "/", "-R").nodes.map(({ path }: { path: string }) => path);
  expect(new Set(found)).toEqual(new Set(all.filter((path: string) => path.includes("c7"))));
  const end = lines.at(-1);
  expect(end).toEqual({ type: "end", done: end.total, total: all.length, hits: found.length, isWhole: true });
  const owner = cli("find", SOURCE, "--kind", "ephemeral").nodes[0].stat.ephemeralOwner;
  const owned = (await client.get(`/api/search?text=${owner}&in=owner`)).text;
  expect(owned.split("\n").filter((line) => line.includes('"hit"')).length).toBe(
    cli("find", SOURCE, "--owner", owner).nodes.length,
  );
});

describe("the timeline", () => {
  test("counts every transaction once, however finely it is asked", async () => {
    const count = cli("log", SOURCE).counts.transactions;
    const byOp = cli("log", SOURCE, "--stats").ops as { op: string; count: number }[];
    for (const buckets of [1, 17, 240, 4000]) {
      const made = await client.json("timeline", { buckets });
      const sum = (of: (bucket: { count: number; kinds: number[] }) => number) =>
        made["buckets"].reduce((a: number, b: never) => a + of(b), 0);
      expect(sum((each) => each.count)).toBe(count);
      expect(sum((each) => each.kinds[made["kinds"].indexOf("multi")] ?? 0)).toBe(
        byOp.find(({ op }) => op === "multi")?.count,
      );
    }
  });

  test("zooms: what it has of a part is what that part has", async () => {
    const { buckets } = await client.json("timeline", { buckets: 8 });
    const [, middle, next] = buckets;
    const from = Date.parse(middle.time);
    const part = await client.json("timeline", { from, to: Date.parse(next.time) - 1, buckets: 100 });
    const sum = part["buckets"].reduce((a: number, { count }: { count: number }) => a + count, 0);
    expect(Math.abs(sum - middle.count)).toBeLessThanOrEqual(3);
    expect(part["buckets"][0].first).toBe(middle.first);
  });

  test("ends with as many open sessions as the tree has", async () => {
    const { buckets } = await client.json("timeline");
    expect(buckets.at(-1).open).toBe(cli("sessions", SOURCE).sessions.length);
  });

  test("marks snapshots, epochs and mass deletes", async () => {
    const { marks, exact } = await client.json("timeline");
    const kinds = new Set(marks.map(({ kind }: { kind: string }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(["epoch", "snapshot"]));
    expect(exact.map(({ from, to }: { from: string; to: string }) => [from, to])).toEqual(
      cli("info", SOURCE).exact.map(({ from, to }: { from: string; to: string }) => [from, to]),
    );
  });
});

test("one steps from transaction to transaction, there and back", async () => {
  const { transactions } = cli("log", SOURCE, "--from", "0xe00", "-n", "40");
  for (const [index, { zxid }] of transactions.entries()) {
    const next = transactions[index + 1]?.zxid;
    if (next === undefined) continue;
    expect((await client.json("near", { zxid })).transaction.zxid).toBe(next);
    expect((await client.json("near", { zxid: next, by: "back" })).transaction.zxid).toBe(zxid);
  }
  expect((await client.json("near", { zxid: "0x1", by: "back" })).transaction).toBe(null);
});

test.each([
  ["/api/node?path=/none", 404],
  ["/api/node?path=none", 400],
  ["/api/node?path=/&at=14:05", 400],
  ["/api/children?path=/&offset=-1", 400],
  ["/api/session?id=1", 400],
  ["/api/session", 400],
  ["/api/transactions?op=nothing", 400],
  ["/api/search?text=", 400],
  ["/api/node?path=/&at=1999-01-01T00:00:00Z", 409],
  ["/api/none", 404],
  ["/etc/passwd", 404],
  ["/api/__proto__", 404],
])("%s is refused with %i, and the server goes on", async (path, status) => {
  const reply = await client.get(path);
  expect(reply.status).toBe(status);
  expect(await client.json("summary")).toMatchObject({ type: "summary" });
});
