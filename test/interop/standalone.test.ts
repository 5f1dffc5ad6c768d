import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixtureDir, fixtures, truePoints } from "../fixtures/index.js";
import { type Properties, RELEASES } from "./java.js";
import { copyOf, scratchFolder, serve } from "./scratch.js";
import { asTold, byPath } from "./tree.js";
import { zkrewind } from "./zkrewind.js";

describe("a server of the release serves what the truth says is there last", () => {
  for (const { name, version, truthBy, settings, sources } of fixtures as readonly StandaloneFixture[]) {
    const [source] = sources;
    const release = truthBy ?? version;
    if (sources.length !== 1 || source?.truth === undefined || !RELEASES.some((one) => one === release)) continue;
    const truth = source.truth;
    test(`${name}, on ${release}`, async () => {
      const copy = copyOf(fixtureDir(name));
      const { path, logDir } = source;
      const directory = { dataDir: join(copy, path), logDir: logDir === undefined ? undefined : join(copy, logDir) };
      const server = await serve(release, directory, settings as Properties);
      const served = await server.read();
      const last = [...truePoints(truth)].at(-1);
      expect(byPath(served.nodes)).toEqual(asTold(last?.nodes ?? new Map()));
      expect(served.sessions.sort()).toEqual(last?.sessions.map(([id]) => id).sort());
      expect(served.written).toBeGreaterThan(last?.zxid ?? 0n);
    });
  }
});

test("a server of 3.8.1 or later loses znodes over a fuzzy snapshot, and has them all on what restore makes of it", async () => {
  const fixture = fixtureDir("3.8.6-renewed");
  const last = [...truePoints("truth/3.8.6-renewed.ndjson.gz")].at(-1)?.nodes ?? new Map();
  const lossy = await serve("3.8.6", { dataDir: copyOf(fixture) });
  const { nodes } = await lossy.read();
  await lossy.stop();
  expect(nodes.size).toBeLessThan(last.size);
  const dataDir = join(scratchFolder(), "restored");
  await zkrewind("restore", fixture, "-o", dataDir);
  const server = await serve("3.8.6", { dataDir });
  expect(byPath((await server.read()).nodes)).toEqual(asTold(last));
});

type StandaloneFixture = (typeof fixtures)[number] & { truthBy?: string };
