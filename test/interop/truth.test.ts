import { closeSync, cpSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FIXTURES, type Fixture, fixtureDir, fixtures, truePoints, type TruePoint } from "../fixtures/index.js";
import type { Properties } from "./java.js";
import { scratchFolder } from "./scratch.js";
import { byPath } from "./tree.js";

/** What made the stored truths: fixtures/make. */
interface Releases {
  compile(version: string): void;
  runJava(version: string, properties: Properties, main: string, args: string[], log: number): Promise<string>;
}
interface EnsembleTruths {
  tellTruths(
    work: string,
    fixture: string,
    version: string,
    servers: string[],
    also: (server: string) => string[],
  ): Promise<{ truths: Map<string, string[]> }>;
}

describe("truths made afresh are the stored ones", () => {
  for (const fixture of fixtures as readonly (Fixture & { truthBy?: string })[]) {
    if (fixture.sources.every(({ truth }) => truth === undefined)) continue;
    const by = fixture.truthBy ?? fixture.version;
    test(`${fixture.name}, by ${by}`, async () => {
      const work = scratchFolder();
      cpSync(fixtureDir(fixture.name), join(work, fixture.name), { recursive: true });
      const afresh = fixture.sources.length > 1 ? await ofEnsemble(work, fixture) : await ofOne(work, fixture, by);
      for (const { path, truth } of fixture.sources) {
        if (truth !== undefined) expectSame(truth, afresh.get(path) ?? []);
      }
    });
  }
});

async function ofEnsemble(work: string, { name, version, sources }: Fixture): Promise<Map<string, string[]>> {
  const maker = await made<EnsembleTruths>("ensemble/truth.mjs");
  const servers = sources.map(({ path }) => path);
  const also = (server: string): string[] => zxidsOf(sources.find(({ path }) => path === server)?.truth);
  return (await maker.tellTruths(work, name, version, servers, also)).truths;
}

async function ofOne(work: string, fixture: Fixture, by: string): Promise<Map<string, string[]>> {
  const releases = await made<Releases>("releases.mjs");
  releases.compile(by);
  const { path, logDir = path, truth } = fixture.sources[0] ?? { path: "." };
  const versionTwo = (folder: string): string => join(work, fixture.name, folder, "version-2");
  const out = join(work, "truth.ndjson");
  const scratch = join(work, "scratch");
  for (const folder of [scratch, versionTwo(logDir)]) mkdirSync(folder, { recursive: true });
  const log = openSync(join(work, "truth.log"), "w");
  const settings = {
    "zookeeper.extendedTypesEnabled": true,
    "truth.begunBy": fixture.version,
    "java.io.tmpdir": scratch,
    ...(fixture.settings as Properties),
  };
  const args = [fixture.name, by, versionTwo(path), versionTwo(logDir), out, ...zxidsOf(truth)];
  await releases.runJava(by, settings, "Truth", args, log);
  closeSync(log);
  return new Map([[path, readFileSync(out, "utf8").trimEnd().split("\n")]]);
}

async function made<Module>(name: string): Promise<Module> {
  return (await import(pathToFileURL(join(FIXTURES, "make", name)).href)) as Module;
}

function zxidsOf(truth: string | undefined): string[] {
  return truth === undefined ? [] : [...truePoints(truth)].map(({ zxid }) => `0x${zxid.toString(16)}`);
}

/** The same state at every stored point; points that are chosen otherwise today do not matter. */
function expectSame(truth: string, lines: readonly string[]): void {
  const file = join(scratchFolder(), "afresh.gz");
  writeFileSync(file, gzipSync(lines.join("\n")));
  const stateOf = ({ nodes, sessions, digest }: TruePoint): object => ({ nodes: byPath(nodes), sessions, digest });
  const stored = new Set([...truePoints(truth)].map(({ zxid }) => zxid));
  const afresh = new Map<bigint, object>();
  for (const point of truePoints(relative(FIXTURES, file))) {
    if (stored.has(point.zxid)) afresh.set(point.zxid, stateOf(point));
  }
  for (const point of truePoints(truth)) expect(afresh.get(point.zxid), point.why).toEqual(stateOf(point));
}
