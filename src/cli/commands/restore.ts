import type { Command } from "commander";
import { select } from "../../export/index.js";
import { pointShape } from "../../export/shapes/point.js";
import { carryOut, type State } from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import { documentLine } from "../output/document.js";
import {
  addGlobs,
  addPoint,
  addSources,
  type PointFlags,
  pointRequest,
  type SourceOptions,
} from "../options/options.js";
import { addBeforeDelete, beforeDeletion, type BeforeDeleteOptions } from "../options/before-delete.js";
import { addChoose, chooseOf, type ChooseOptions } from "../options/choose.js";
import { addPlan, planFromFlags, type PlanFlags } from "../options/restore-plan.js";
import { addTarget, openTarget, type TargetOptions, writeTarget } from "../options/target.js";
import { LineWriter, withOutput } from "../output/output.js";
import { restoredJson, restoredLines } from "../render/restored.js";
import { openRebuilt, openSource } from "../source.js";
import { say } from "../../text/message.js";

interface RestoreCommandOptions
  extends SourceOptions,
    PointFlags,
    BeforeDeleteOptions,
    PlanFlags,
    ChooseOptions,
    TargetOptions {
  include?: string[];
  exclude?: string[];
  partial?: boolean;
}

export const command: CommandModule = {
  define(command: Command) {
    addSources(command);
    addBeforeDelete(addPoint(command));
    addPlan(addChoose(addGlobs(command)));
    addTarget(command, "as the source's");
    command.option("--with-logs", "keep history: an unchanged snapshot, and the logs from there to the point");
    command.option("--open-dangling-acls", "give znodes whose ACL is lost world:anyone:cdrwa instead of refusing");
    command.option("--partial", "with --inexact: write what logs without a beginning show, though much is missing");
    addExamples(command, [
      ["zkrewind restore /var/lib/zookeeper -o restored", "the latest state"],
      ["zkrewind restore /var/lib/zookeeper -o before --before 0x400", "the state just before transaction 0x400"],
      [
        "zkrewind restore /var/lib/zookeeper -o undone --before-delete /busy/f1-0-24-0000000016",
        "the state just before a delete",
      ],
      [
        "zkrewind restore /var/lib/zookeeper -o earlier --at 0x400 --bump-epoch",
        "an earlier state that clients from later can connect to",
      ],
      [
        "zkrewind restore /var/lib/zookeeper -o servers --ensemble zoo.cfg --before 0x400 --extended-types",
        "a directory for each server, and the runbook",
      ],
      [
        "zkrewind restore /var/lib/zookeeper -o grafted --graft /counters@0x400",
        "one subtree as it was, everything else as it is",
      ],
      [
        "zkrewind restore /var/lib/zookeeper -o part --include '/busy/**'",
        "one subtree and the znodes above it, nothing else",
      ],
      ["zkrewind restore /var/lib/zookeeper -o history --at 0x400 --with-logs", "with the transactions that led there"],
    ]);
    addNotes(
      command,
      `--include and --exclude drop whole subtrees. Znodes that stay keep their stat, except for the pzxid of parents that lose
a child. /zookeeper stays, without the quotas of znodes that are dropped. Every change to the tree raises the epoch: the
new zxid is above all that clients and servers have seen, as far as the files show. If the restore also goes back in time,
sessions and ephemerals are dropped, so that clients begin new sessions instead of using stale caches. Without a raised
epoch, a standalone server refuses clients that have seen a later zxid until it passes that; an ensemble lets them in, with
stale caches. The output and the manifest list everything
that is dropped or changed.

--graft replaces a subtree with the same one at another point; --merge merges the two. Parents that are missing are made;
ephemerals are left out; sequence numbers continue above the highest one in any log. In options that take a path and more,
the path ends at the last @ that begins a point, or at the first =; a backslash before the character keeps it in the path.

--with-logs takes a snapshot that is proven not to be ahead of the point, as it is, and the logs from there on, cut at the
point: servers replay them, and what happened can still be asked for. With a raised epoch they stay as history below the
snapshot of the new zxid, which servers load instead. Logs lead to the tree as it was, so nothing can be chosen or changed.

In an ensemble every server needs a copy of the restored directory, with its own myid: two servers that start empty are
a majority, and their empty tree would win. --ensemble writes DIR/N/data and DIR/N/datalog for each server that a zoo.cfg
lists (or each server's own zoo.cfg), and DIR/runbook.md, which says how to install them.`,
    );
    command.action(run);
  },
};

async function run(sources: string[], options: RestoreCommandOptions): Promise<void> {
  const ensemble = openTarget(options);
  const directory = await openSource(sources, options);
  const request =
    options.beforeDelete === undefined
      ? pointRequest(options)
      : await beforeDeletion(directory, options.beforeDelete, options.tz);
  const more = await chooseOf(options, directory);
  // Sorted, written, and read back.
  const state = await openRebuilt(directory, options, request, 3);
  refusePartial(state, options);
  const selection = select(state.tree, { include: options.include ?? [], exclude: options.exclude ?? [] });
  const plan = planFromFlags(options, {
    chosen: selection ? (slot) => selection.has(slot) : null,
    release: options.release?.release ?? null,
    ensemble,
    openDanglingAcls: options.openDanglingAcls ?? false,
    more,
  });
  const restored = await writeTarget(await carryOut(state, directory, plan), ensemble, state.layout, options);
  await withOutput(undefined, async (out) => {
    const lines = new LineWriter(out);
    if (options.format === "json")
      lines.add(documentLine("restored", { source: sources, at: pointShape(state), ...restoredJson(restored) }));
    else for (const line of restoredLines(restored, options.output)) lines.add(line);
    await lines.flush();
  });
}

/** What only some transactions show is no tree that a server should start on by mistake. */
function refusePartial({ partial, doubt }: State, options: RestoreCommandOptions): void {
  if (!partial || options.partial) return;
  throw new ZkRewindError(say`no whole tree can be restored: ${doubt ?? "they hold too little"}`, {
    exitCode: 4,
    hint: say`--partial writes what there is. zkrewind export --inexact shows it.`,
  });
}
