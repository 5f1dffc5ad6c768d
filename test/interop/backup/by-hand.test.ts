import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { blocksOf, runBlock } from "../../repository/guide.js";
import { complaints } from "../complaints.js";
import { scratchFolder, serve } from "../scratch.js";
import { asTold, byPath, parseExport } from "../tree.js";
import { zkrewind } from "../zkrewind.js";

test.each(["3.6.4", "3.9.5"])(
  "out of an encrypted repository, with file copies, age and gunzip alone: a stock server of %s serves the same",
  async (release) => {
    const [root, source] = [scratchFolder(), join(scratchFolder(), "data")];
    const whole = fixtureDir(`${release}-standalone`);
    cpSync(whole, source, { recursive: true });
    // At first the newer half is not there: the segment that ends in the midst of a slot stays beside the later ones.
    const logs = readdirSync(join(source, "version-2")).filter((name) => name.startsWith("log."));
    logs.sort((a, b) => Number.parseInt(a.slice(4), 16) - Number.parseInt(b.slice(4), 16));
    for (const name of logs.slice(logs.length / 2)) rmSync(join(source, "version-2", name));
    const repo = join(root, "repo");
    await zkrewind("backup", "init", repo);
    const [keys = ""] = blocksOf("Encryption and signatures");
    const places = { "/var/lib/zookeeper": source, REPO: repo };
    expect(runBlock(keys.replace(/^zkrewind restore .*$/m, ""), root, places)).toMatchObject({ status: 0 });
    cpSync(whole, source, { recursive: true });
    const again = keys.split("\n").find((line) => line.includes("backup run"));
    expect(runBlock(again ?? "", root, places)).toMatchObject({ status: 0 });

    const [byHand = ""] = blocksOf("Without zkrewind");
    // Nothing of ours takes part: the copies are all that is left.
    const copied = join(root, "copied");
    cpSync(repo, copied, { recursive: true });
    rmSync(repo, { recursive: true });
    const { status, output } = runBlock(byHand.replace("/mnt/backup-a/zk", "COPIED"), root, { COPIED: copied });
    expect([status, output]).toEqual([0, ""]);
    const exported = parseExport(await zkrewind("export", whole, "--format", "ndjson", "--data", "base64"));
    const server = await serve(release, { dataDir: join(root, "tmp/by-hand") });
    const served = await server.read();
    expect(byPath(served.nodes)).toEqual(asTold(exported.nodes));
    expect(served.sessions.sort()).toEqual(exported.sessions.sort());
    // What it says about a fuzzy snapshot it says of the directory itself, too.
    const itself = await serve(release, { dataDir: source });
    const said = (log: string): string[] => complaints(log).map((line) => line.replace(/^\S+ \S+ /, ""));
    expect(said(server.log())).toEqual(said(itself.log()));
  },
);
