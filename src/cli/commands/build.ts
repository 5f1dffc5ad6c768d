import type { Command } from "commander";
import { pointShape } from "../../export/shapes/point.js";
import { BEGINNING, carryOut, NO_FILES, readTree, type State } from "../../recovery/index.js";
import { say, tag } from "../../text/message.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { documentLine } from "../output/document.js";
import { LineWriter, withOutput } from "../output/output.js";
import { note } from "../output/report.js";
import { addPlan, planFromFlags, type PlanFlags } from "../options/restore-plan.js";
import { addTarget, openTarget, type TargetOptions, writeTarget } from "../options/target.js";
import { restoredJson, restoredLines } from "../render/restored.js";

type BuildOptions = PlanFlags & TargetOptions;

export const command: CommandModule = {
  define(command: Command) {
    command.argument("<tree.ndjson>", "a tree as zkrewind export writes it, edited, or made by a program");
    addTarget(command, "3.9");
    addPlan(command);
    addExamples(command, [
      [
        "zkrewind export /var/lib/zookeeper -o export.ndjson && zkrewind build export.ndjson -o built",
        "a data directory that holds the same tree",
      ],
      [`echo '{"type":"node","path":"/app"}' >seed && zkrewind build seed -o made`, "a seed for a test cluster"],
    ]);
    addNotes(
      command,
      `Each line is a znode: {"type":"node","path":"/app","data":"x"}; docs/json.md lists the fields. Without "stat" it is a
znode that never changed, without "acl" anyone may do anything with it, without "data" its data is null. The first line
may be a header; the tree gets the zxid in its at.zxid. An unedited export gives the same tree again. Where the lines no
longer match the header's digest, the epoch is raised, as for every changed tree (zkrewind restore --help).`,
    );
    command.action(run);
  },
};

async function run(file: string, options: BuildOptions): Promise<void> {
  const ensemble = openTarget(options);
  const { tree, zxid, digest, edited, doubt } = await readTree(file);
  if (edited) note(say`the tree is another than the header's digest is of: it was edited`);
  const state: State = {
    tree,
    zxid,
    time: null,
    exact: doubt === null,
    doubt,
    unproven: [],
    partial: false,
    later: null,
    digest: { version: 2, value: digest, verified: false },
    base: BEGINNING,
    layout: LAYOUT,
    plan: [{ file, use: "snapshot", detail: say`${tag.file(file)}` }],
    inDoubt: [],
    findings: [],
  };
  const plan = planFromFlags(options, {
    chosen: null,
    release: options.release?.release ?? null,
    ensemble,
    openDanglingAcls: false,
    more: { isChanged: edited },
  });
  const restored = await writeTarget(await carryOut(state, NO_FILES, plan), ensemble, LAYOUT, options);
  await withOutput(undefined, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json")
      lines.add(documentLine("restored", { source: [file], at: pointShape(state), ...restoredJson(restored) }));
    else for (const line of restoredLines(restored, options.output)) lines.add(line);
    await lines.flush();
  });
}

/** As 3.9 writes it: every release from 3.4 on reads that. */
const LAYOUT = { digest: true, lastZxid: true };
