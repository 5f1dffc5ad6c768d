import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEnsemble } from "../../../src/recovery/index.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-membership-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function config(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

describe("the servers of an ensemble", () => {
  test("from one static file, with its folders and its client port for all", () => {
    const path = config(
      "static.cfg",
      "# a comment",
      "tickTime=2000",
      "initLimit: 10",
      "dataDir=/var/lib/zk",
      "dataLogDir = /var/log/zk",
      "clientPort=2181",
      "server.3=zk3:2888:3888:observer",
      "server.1=[::1]:2888:3888",
      "server.2=zk2:2888:3888|zk2b:2889:3889",
      "group.1=1:2",
    );
    expect(readEnsemble([path])).toEqual({
      members: [
        {
          id: 1,
          host: "[::1]",
          address: "[::1]:2888:3888:participant",
          observer: false,
          client: "[::1]:2181",
          dataDir: "/var/lib/zk",
          dataLogDir: "/var/log/zk",
        },
        expect.objectContaining({ id: 2, host: "zk2", address: "zk2:2888:3888|zk2b:2889:3889:participant" }),
        expect.objectContaining({ id: 3, observer: true, client: "zk3:2181" }),
      ],
      lines: [
        "server.1=[::1]:2888:3888:participant",
        "server.2=zk2:2888:3888|zk2b:2889:3889:participant",
        "server.3=zk3:2888:3888:observer",
        "group.1=1:2",
      ],
      dynamicFile: null,
      configName: "static.cfg",
      initLimit: 20_000,
      tickTime: 2000,
    });
  });

  test("from a dynamic file beside a copy of the zoo.cfg", () => {
    config("zoo.cfg.dynamic.200000007", "server.1=zk1:2888:3888:participant;2181", "server.2=zk2:2888:3888;zk2:2182");
    const path = config("zoo.cfg", "dataDir=/d", "dynamicConfigFile=/etc/zk/zoo.cfg.dynamic.200000007");
    const { members, lines, dynamicFile, initLimit, tickTime } = readEnsemble([path]);
    expect(members.map(({ id, client }) => [id, client])).toEqual([
      [1, "zk1:2181"],
      [2, "zk2:2182"],
    ]);
    expect(lines).toEqual([
      "server.1=zk1:2888:3888:participant;0.0.0.0:2181",
      "server.2=zk2:2888:3888:participant;zk2:2182",
    ]);
    expect([dynamicFile, initLimit, tickTime]).toEqual(["/etc/zk/zoo.cfg.dynamic", null, 3000]);
  });

  test("from each server's own file: by myid, or in the order of the ids", () => {
    const servers = ["server.4=a:1:2", "server.7=b:1:2"];
    const own = (name: string): string => config(`${name}.cfg`, `dataDir=${join(folder, name)}`, ...servers);
    const paths = [own("x"), own("y")];
    const foldersOf = (): [number, string][] => readEnsemble(paths).members.map(({ id, dataDir }) => [id, dataDir]);
    expect(foldersOf()).toEqual([
      [4, join(folder, "x")],
      [7, join(folder, "y")],
    ]);
    for (const [name, id] of [
      ["x", 7],
      ["y", 4],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "myid"), `${id}\n`);
    }
    expect(foldersOf()).toEqual([
      [4, join(folder, "y")],
      [7, join(folder, "x")],
    ]);
  });

  test.each([
    ["no servers", ["dataDir=/d"], "lists no servers"],
    ["no dataDir", ["server.1=a:1:2"], "names no dataDir"],
    ["no server", ["dataDir=/d", "server.1=a:1"], "not a server: server.1=a:1"],
    ["an id that myid cannot hold", ["dataDir=/d", "server.256=a:1:2"], "not a server"],
  ])("a file with %s is refused", (name, lines, message) => {
    expect(() => readEnsemble([config(`${name}.cfg`, ...lines)])).toThrow(message);
  });

  test("files that do not list the same servers are refused, and so are some of them", () => {
    const one = config("one.cfg", "dataDir=/d", "server.1=a:1:2", "server.2=b:1:2", "server.3=c:1:2");
    const other = config("other.cfg", "dataDir=/d", "server.1=a:1:2", "server.2=b:1:2");
    expect(() => readEnsemble([one, other])).toThrow("does not list the same servers as");
    expect(() => readEnsemble([one, one])).toThrow("2 files are named for 3 servers");
    expect(() => readEnsemble([join(folder, "nowhere.cfg")])).toThrow();
  });
});
