import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { carryOut, Ensemble, type Written } from "./ensemble.js";
import { zkrewind } from "./zkrewind.js";

const ZNODES = 1_000_000;

/** Lines of NDJSON: a thousand znodes below each of a thousand. */
async function writeLines(path: string): Promise<void> {
  const out = createWriteStream(path);
  for (let folder = 0; folder < ZNODES / 1000; folder++) {
    const lines = [`{"type":"node","path":"/f${folder}","data":""}`];
    for (let each = 0; each < 999; each++)
      lines.push(`{"type":"node","path":"/f${folder}/n${each}","data":"value ${each}"}`);
    if (!out.write(`${lines.join("\n")}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
}

/** With copies on two of three the others would be sent all, within initLimit; with three nobody is sent anything. */
test("a million znodes and an initLimit of one tick: three servers with a copy each start, and are equal", async () => {
  const limits = { initLimit: 1, tickTime: 5000, heap: "1200m" };
  const ensemble = new Ensemble("3.9.5", { limits });
  await ensemble.prepare([1, 2, 3]);
  ensemble.configure();
  const lines = join(ensemble.folder, "lines.ndjson");
  await writeLines(lines);
  const configs = ensemble.ids.flatMap((id) => ["--ensemble", ensemble.config(id)]);
  const target = join(ensemble.folder, "built");
  const written = JSON.parse(await zkrewind("build", lines, "-o", target, "--json", ...configs)) as Written;
  const start = written.runbook.steps.find(({ step }) => step === "start") as unknown as { say: string[] };
  expect(start.say.join()).toMatch(/initLimit is 5\.0 s: a server that is sent this snapshot .* Set initLimit=\d+/);

  carryOut(written, "set-aside");
  carryOut(written, "copy");
  // A busy machine takes its time to load them.
  await ensemble.start([1, 2, 3], 0, 300_000);
  const said = await Promise.all(ensemble.ids.map((id) => ensemble.server(id).ask("srvr")));
  // The root, which servers count twice (as "" and as "/"), /zookeeper and its quota; followers make themselves a config.
  for (const answer of said)
    expect([ZNODES + 4, ZNODES + 5]).toContain(Number(/^Node count: (\d+)$/m.exec(answer)?.[1]));
  expect((await ensemble.modes()).sort()).toEqual(["follower", "follower", "leader"]);
  await ensemble.stop();
  await zkrewind("compare", ...ensemble.ids.map((id) => ensemble.config(id)));
});
