import { cpSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { merge } from "../../../src/recovery/ensemble/merge.js";
import { SUFFIX } from "../../../src/io/byte-source.js";
import { type DataDirectory, discover, LATEST, rebuild, type State, verify } from "../../../src/recovery/index.js";
import { createStored } from "../../../src/io/stored-writer.js";
import { salvage } from "../../../src/forensics/salvage/salvage.js";
import { plain } from "../../../src/text/message.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();
const FIXTURE = "3.8.6-closesessiontxn-off";
let version = "";

beforeEach(() => {
  cpSync(fixtureDir(FIXTURE), join(folder(), "data"), { recursive: true });
  version = join(folder(), "data/version-2");
});

const directory = (): DataDirectory => discover([join(folder(), "data")]);
const original = (): DataDirectory => discover([fixtureDir(FIXTURE)]);

/** Puts a compressed log in the place of a plain one, or beside it; answers the plain one's name. */
async function compress(index: number, how: "gzip" | "snappy", keep = false): Promise<string> {
  const { name, path } = original().logs.at(index) as { name: string; path: string };
  const writer = createStored(join(version, name + SUFFIX[how]), how);
  await writer.write(readFileSync(path));
  await writer.finish();
  if (!keep) rmSync(join(version, name));
  return name;
}

const digestOf = ({ tree }: State): number[] => [tree.znodes.size, tree.znodes.digestHigh, tree.znodes.digestLow];

async function codes(of = directory()): Promise<string[]> {
  const { findings } = await verify(of);
  return findings.map(({ code, severity, file }) => `${severity} ${code} ${basename(file ?? "")}`);
}

describe.each(["gzip", "snappy"] as const)("logs in %s", (how) => {
  test("are read as plain ones are, and no server starts on them", async () => {
    const logs = original().logs.length;
    for (let index = 0; index < logs; index++) await compress(index, how);
    const [packed, unpacked] = [await verify(directory()), await verify(original())];
    expect(packed.exact?.map(({ from, to }) => [from, to])).toEqual(unpacked.exact?.map(({ from, to }) => [from, to]));
    expect(packed.logs.map(({ runs, transactions, digests }) => ({ runs, transactions, digests }))).toEqual(
      unpacked.logs.map(({ runs, transactions, digests }) => ({ runs, transactions, digests })),
    );
    expect(packed.findings.filter(({ code }) => code === "log.compressed")).toHaveLength(logs);
    expect(packed.findings.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
      "server.start",
    ]);
    expect(unpacked.startable.starts).toBe(true);
    expect(packed.startable.starts).toBe(false);
    expect(plain(packed.startable.reasons[0] as never)).toContain(
      "is compressed, and servers do not read compressed logs",
    );
  });

  test("are filled from as another server's", async () => {
    const logs = original().logs.length;
    for (let index = 0; index < logs; index++) await compress(index, how);
    rmSync(join(version, `${original().logs[1]?.name}${SUFFIX[how]}`));
    const other = join(folder(), "other");
    cpSync(fixtureDir(FIXTURE), other, { recursive: true });
    rmSync(join(other, "version-2", original().logs[2]?.name as string));
    const merged = await merge([directory(), discover([other])]);
    // Ranges of compressed logs are parts of them.
    expect(merged.directory.logs.length).toBeGreaterThan(2);
    const [filled, whole] = [await rebuild(merged.directory, LATEST), await rebuild(original(), LATEST)];
    expect(filled.zxid).toBe(whole.zxid);
    expect(digestOf(filled)).toEqual(digestOf(whole));
  });

  test("are plain in what salvage writes", async () => {
    const name = await compress(1, how);
    const target = join(folder(), "saved");
    const { files, whole } = await salvage(directory(), target);
    expect(whole).toBe(true);
    expect(files.map(({ fate }) => fate).filter((fate) => fate !== "copied")).toEqual(["decompressed"]);
    const saved = discover([target]);
    expect(saved.logs.map((log) => log.name)).toContain(name);
    expect((await verify(saved)).exact).toEqual((await verify(original())).exact);
  });
});

describe("a compressed log beside the plain one", () => {
  test("is a copy: it is not read, and stops a server all the same", async () => {
    const name = await compress(-1, "gzip", true);
    expect(directory().logs).toHaveLength(original().logs.length);
    expect(await codes()).toEqual([
      ...[...(await codes(original())), `note log.copy ${name}.gz`].sort(),
      "error server.start ",
    ]);
    const { startable } = await verify(directory());
    expect(startable.starts).toBe(false);
  });

  test("may lack the padding", async () => {
    const name = await compress(-1, "gzip", true);
    const path = join(version, name);
    const { soundEnd } = (await verify(directory())).logs.at(-1) as { soundEnd: number };
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path).subarray(0, soundEnd)));
    expect(await codes()).toContain(`note log.copy ${name}.gz`);
    expect(await codes()).not.toContain(`warning log.copy ${name}.gz`);
  });

  test("that differs is told, and from where", async () => {
    const name = await compress(0, "gzip", true);
    const bytes = readFileSync(join(version, name));
    bytes[100] = (bytes[100] as number) ^ 1;
    writeFileSync(join(version, `${name}.gz`), gzipSync(bytes));
    const { findings } = await verify(directory());
    expect(findings.filter(({ severity, code }) => code === "log.copy" && severity === "warning")).toHaveLength(1);
    expect(findings.map(({ message }) => plain(message))).toContain(
      `it is not a copy of ${name}: the two differ from byte 100 on`,
    );
  });

  test("is what salvage recovers the plain one from", async () => {
    const name = await compress(0, "gzip", true);
    const bytes = readFileSync(join(version, name));
    bytes[100] = (bytes[100] as number) ^ 1;
    writeFileSync(join(version, name), bytes);
    const { whole, files } = await salvage(directory(), join(folder(), "saved"));
    expect(whole).toBe(true);
    expect(files.find(({ file }) => file === name)).toMatchObject({
      fate: "rewritten",
      recovered: [{ from: `${name}.gz`, count: 1 }],
    });
  });

  test("is read too where that cannot be read", async () => {
    const name = await compress(0, "gzip", true);
    rmSync(join(version, name));
    symlinkSync("/nonexistent", join(version, name));
    expect(directory().logs.map((log) => log.name)).toEqual(expect.arrayContaining([name, `${name}.gz`]));
  });
});

describe("damaged streams", () => {
  test("that are cut are a finding, and what comes before is read", async () => {
    const name = await compress(-1, "gzip");
    const path = join(version, `${name}.gz`);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    const { findings, logs } = await verify(directory());
    expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toContain("error file.compression");
    const whole = (await verify(original())).logs.at(-1)?.transactions as number;
    expect(logs.at(-1)?.transactions).toBeGreaterThan(whole / 4);
    expect(logs.at(-1)?.transactions).toBeLessThan(whole);
  });

  test("of zeros without end are read up to a bound", async () => {
    const name = await compress(-1, "gzip");
    const zeros = gzipSync(Buffer.alloc(256 << 20));
    const bytes = [gzipSync(readFileSync(original().logs.at(-1)?.path as string)), ...Array<Buffer>(40).fill(zeros)];
    writeFileSync(join(version, `${name}.gz`), Buffer.concat(bytes));
    const { findings } = await verify(directory(), { replay: false });
    expect(findings.map(({ message }) => plain(message))).toContain(
      "more than 1024 MiB of zeros in a compressed file: reading stops there",
    );
  });
});

test("a name that ends as a compressed log's does is not enough", async () => {
  const name = original().logs[0]?.name as string;
  cpSync(join(version, name), join(version, `${name}.gz`));
  rmSync(join(version, name));
  expect(await codes()).toContain(`warning file.suffix ${name}.gz`);
});
