import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { BIN } from "../cli/run.js";
import { Ensemble, expectEqualTrees, expectServed } from "./ensemble.js";
import { scratchFolder } from "./scratch.js";

/*
 * docs/runbook.md is followed as it stands, block by block, and then the runbook that it writes. What a block calls is the
 * real thing, but for what a machine may lack: rsync and nc are stand-ins, and zkServer.sh hands its word to the test,
 * which starts and stops the server that the block was meant for.
 */

const PAGE = join(dirname(BIN), "../docs/runbook.md");

/** As rsync does with two paths: HOST: is a server's machine, and only the last folder of a target is made. */
const RSYNC = `#!/bin/sh
set -e
host=\${2%%:*} path=\${2#*:} server=$ROOT/\${host#zk}
case $path in
  /var/lib/zookeeper/) mkdir -p "$3" && cp -R "$server/data/." "$3" ;;
  /var/log/zookeeper/) mkdir "$3" && cp -R "$server/logs/." "$3" ;;
  /etc/zookeeper/zoo.cfg) cp "$server/work"/zoo.cfg "$3" ;;
  *) echo "there is no $path" >&2; exit 23 ;;
esac
`;
const NC = `#!/usr/bin/env node
const socket = require("node:net").connect(Number(process.argv[3]), process.argv[2]);
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.on("error", (error) => { console.error(error.message); process.exitCode = 1; });
`;

interface Block {
  /** For which servers; none: on the machine that the page is read on. */
  servers: number[];
  script: string;
}

interface Section {
  title: string;
  blocks: Block[];
  /** Commands in the text, and blocks that have something to be filled in. */
  inline: string[];
}

function sectionsOf(page: string): Section[] {
  return page
    .split(/^(?=## )/m)
    .slice(1)
    .map((text) => ({
      title: text.slice(3, text.indexOf("\n")),
      blocks: [...text.matchAll(/(?:^On servers? ([\d, ]+):\n\n)?^```sh\n([^]*?)^```$/gm)].map(
        ([, servers = "", script = ""]) => ({ servers: [...servers.matchAll(/\d+/g)].map(Number), script }),
      ),
      inline: [...text.matchAll(/`(zkrewind [^`]*)`|^```\n(zkrewind [^]*?)\n```$/gm)].map(
        ([, word, block]) => (word ?? block) as string,
      ),
    }));
}

class Follower {
  readonly here = scratchFolder();
  private readonly tools = join(this.here, "tools");
  private readonly orders = join(this.here, "orders");

  constructor(private readonly ensemble: Ensemble) {
    mkdirSync(this.tools);
    const scripts = {
      rsync: RSYNC,
      nc: NC,
      zkrewind: `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`,
      "zkServer.sh": `#!/bin/sh\necho "$1" >> "${this.orders}"\n`,
    };
    for (const [name, script] of Object.entries(scripts))
      writeFileSync(join(this.tools, name), script, { mode: 0o755 });
  }

  /** What a script writes to its standard output; it must end with 0. */
  sh(script: string): string {
    const { status, stdout, stderr } = spawnSync("sh", ["-ec", script], {
      cwd: this.here,
      encoding: "utf8",
      env: { ...process.env, PATH: `${this.tools}:${process.env["PATH"]}`, ROOT: this.ensemble.folder },
    });
    expect([script, status], stderr).toEqual([script, 0]);
    return stdout;
  }

  /** On each machine that it is for; what zkServer.sh was told is done. */
  async run({ servers, script }: Block): Promise<string> {
    if (servers.length === 0) return this.sh(script);
    for (const id of servers) {
      writeFileSync(this.orders, "");
      this.sh(script);
      for (const order of readFileSync(this.orders, "utf8").trim().split("\n"))
        if (order === "stop") await this.ensemble.stop([id]);
        else if (order === "start") await this.ensemble.launch(id);
        else expect(order).toBe("");
    }
    return "";
  }
}

test("docs/runbook.md leads from a deleted subtree to a healthy ensemble", async () => {
  const ensemble = new Ensemble("3.8.6");
  await ensemble.prepare([1, 2, 3]);
  await ensemble.start([1, 2, 3]);
  await ensemble.live();
  const last = /^last (0x[0-9a-f]+)$/m.exec(ensemble.client("load"))?.[1] ?? "";
  const follower = new Follower(ensemble);
  const sections = sectionsOf(readFileSync(PAGE, "utf8"));
  const [collect, who, restored, follow, notNeeded, ...rest] = sections as [
    Section,
    Section,
    Section,
    Section,
    Section,
  ];
  expect(sections.flatMap(({ blocks }) => blocks)).toHaveLength(3);
  expect(rest.map(({ title }) => title)).toEqual(["What it cannot know"]);

  // They run on while their files are collected.
  await follower.run(collect.blocks[0] as Block);
  const shown = await follower.run(who.blocks[0] as Block);
  const [, zxid = "", session = ""] =
    /^(0x[0-9a-f]+) .* (0x[0-9a-f]+) .* delete {2}by the client\n.*\n$/m.exec(shown) ?? [];
  expect(BigInt(zxid)).toBeGreaterThan(BigInt(last));
  expect(who.inline).toEqual(["zkrewind log zk1 --session SESSION"]);
  expect(follower.sh((who.inline[0] as string).replace("SESSION", session))).toContain("/prod");
  expect(await follower.run(restored.blocks[0] as Block)).toContain(`the tree of ${last}\n`);

  // The other way: only /prod.
  const configs = ensemble.ids.map((id) => `--ensemble zk${id}.cfg`).join(" ");
  const filled = (restored.inline.at(-1) as string)
    .replace("@ZXID", `@${last}`)
    .replace("-o restored --ensemble …", `-o grafted --extended-types ${configs}`);
  expect(follower.sh(filled)).toContain("/prod");
  expect(follower.sh("zkrewind ls grafted/1/data /prod")).toContain("group-3");
  expect(follower.sh("zkrewind ls grafted/1/data /")).toContain("later");

  expect(follow.title).toBe("4. Follow restored/runbook.md");
  await followBook(ensemble, follower);

  // When it is not needed: one server is broken.
  const broken = 2;
  await ensemble.stop([broken]);
  const aside = (name: string): string => `mv '${join(ensemble.folder, String(broken), name)}/version-2' '${name}-was'`;
  follower.sh([aside("data"), aside("logs")].join("\n"));
  await ensemble.start([broken]);
  await expectEqualTrees(ensemble);
  // Or a few znodes are wrong.
  const undo = notNeeded.inline.find((each) => each.startsWith("zkrewind undo")) as string;
  expect(follower.sh(undo.replace("ZXID", zxid))).toMatch(/^create .*\/prod/m);
});

/** Every step of the runbook that restore wrote, in its order. */
async function followBook(ensemble: Ensemble, follower: Follower): Promise<void> {
  const book = sectionsOf(readFileSync(join(follower.here, "restored/runbook.md"), "utf8"));
  const steps = book.slice(0, -1).map(({ title, blocks }) => [title.replace(/^\d+\. /, ""), blocks] as const);
  expect(steps.map(([title]) => title)).toEqual([
    "Stop every server",
    "Move the old data aside, on every server",
    "Give each server its copy",
    "Start every server",
    "Wait until every server is in",
    "Check the servers",
    "Check that the trees are equal",
  ]);
  const [stop = [], aside = [], copy = [], start = [], wait = [], check = [], trees = []] = steps.map(
    ([, blocks]) => blocks,
  );
  for (const block of [...stop, ...aside, ...copy, ...start]) await follower.run(block);

  const modes = (said: string): string[] => [...said.matchAll(/^Mode: (\w+)$/gm)].map(([, mode = ""]) => mode).sort();
  const { script: waiting } = wait[0] as Block;
  let said = "";
  for (const deadline = Date.now() + 60_000; Date.now() < deadline && modes(said).length < 3; await sleep(300))
    said = follower.sh(waiting.replaceAll(/(?<=.)$/gm, " || true"));
  expect(modes(said)).toEqual(["follower", "follower", "leader"]);

  const { epoch } = JSON.parse(readFileSync(join(follower.here, "restored/zkrewind-manifest.json"), "utf8"));
  await expectServed(ensemble, join(follower.here, "restored/1"), epoch);
  const shown = await follower.run(check[0] as Block);
  const zxids = [...shown.matchAll(/^Zxid: (0x[0-9a-f]+)$/gm)].map(([, zxid = ""]) => BigInt(zxid));
  expect([zxids.length, new Set(zxids).size, (zxids[0] ?? 0n) >> 32n > BigInt(epoch)]).toEqual([3, 1, true]);
  expect(new Set([...shown.matchAll(/^Node count: (\d+)$/gm)].map(([, count]) => count)).size).toBe(1);
  for (const block of trees) await follower.run(block);
}
