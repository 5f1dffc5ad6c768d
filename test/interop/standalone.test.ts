import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixtureDir, fixtures, truePoints } from "../fixtures/index.js";
import { type Properties, RELEASES } from "./java.js";
import { copyOf, serve } from "./scratch.js";
import { asTold, byPath } from "./tree.js";

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

type StandaloneFixture = (typeof fixtures)[number] & { truthBy?: string };
