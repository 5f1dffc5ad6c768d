import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { diffTrees } from "../../src/forensics/diff/diff.js";
import { undo } from "../../src/forensics/diff/undo.js";
import { zkCliCommands } from "../../src/forensics/diff/zkcli.js";
import { discover, parsePoint, rebuild, type State } from "../../src/recovery/index.js";
import { NONE, pathOf } from "../../src/tree/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { copyOf, scratchFolder } from "./scratch.js";
import { Server } from "./server.js";
import { zkCli } from "./zkcli.js";
import { zkrewind } from "./zkrewind.js";
import { isMessage } from "../../src/text/message.js";

test.each([
  ["3.5.10", 700],
  ["3.8.6", 0xa9f],
  ["3.8.6", 0x200],
  ["3.9.5", 700],
])(
  "a real server of %s, given the script of undo by its own zkCli, is back where it was at %i",
  async (version, from) => {
    const fixture = fixtureDir(`${version}-standalone`);
    const point = `0x${from.toString(16)}`;
    const [before, after] = [await stateAt(fixture, point), await stateAt(fixture, "latest")];
    const script = await zkrewind("undo", fixture, "--from", point);

    const copy = copyOf(fixture);
    const work = scratchFolder();
    const server = new Server(version, { dataDir: copy }, work);
    onTestFinished(() => server.stop());
    await server.start();
    const [, port] = /^clientPort=(\d+)$/m.exec(readFileSync(join(work, "zoo.cfg"), "utf8")) ?? [];
    const answers = await zkCli(
      version,
      port as string,
      work,
      script.split("\n").filter((line) => !line.startsWith("#")),
    );
    await server.stop();

    const { steps, kept } = undo(before.tree, after.tree, [
      ...diffTrees(before.tree, after.tree, { oneHistory: true }),
    ]);
    expect(steps.length).toBeGreaterThan(100);
    const left = new Set([...steps.filter((step) => isMessage(zkCliCommands(step))), ...kept].map(({ path }) => path));
    const now = await stateAt(copy, "latest");
    const differing = [...diffTrees(before.tree, now.tree, { oneHistory: false })]
      .map((change) => (change.before === NONE ? pathOf(now.tree, change.after) : pathOf(before.tree, change.before)))
      .filter((path) => !left.has(path) && !path.startsWith("/zookeeper/"));
    expect(differing, answers.slice(-3000)).toEqual([]);
  },
);

function stateAt(folder: string, point: string): Promise<State> {
  return rebuild(discover([folder]), { point: parsePoint(point), inclusive: true });
}
