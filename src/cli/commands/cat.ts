import { exportZnode } from "../../export/index.js";
import type { DataMode } from "../../export/index.js";
import { readZnode } from "../../tree/index.js";
import { addExamples, type CommandModule } from "../command.js";
import {
  addData,
  addOutput,
  addPoint,
  addSourceAndPath,
  type OutputOptions,
  type PointOptions,
  type SourceOptions,
} from "../options/options.js";
import { withOutput } from "../output/output.js";
import { note } from "../output/report.js";
import { visible } from "../output/text.js";
import { findZnode, openState, parsePath } from "../source.js";
import { say } from "../../text/message.js";

interface CatOptions extends SourceOptions, PointOptions, OutputOptions {
  data: DataMode;
}

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "<path>");
    addPoint(command);
    addOutput(command, ["text", "json"]);
    addData(command, "auto");
    addExamples(command, [
      ["zkrewind cat /var/lib/zookeeper /counters/c7", "its bytes, exactly"],
      ["zkrewind cat /var/lib/zookeeper /counters/c7 --before 0xe3a", "what it was before that transaction"],
      ["zkrewind cat /var/lib/zookeeper /counters/c7 --at -10s", "ten seconds before the last transaction"],
      ["zkrewind cat /var/lib/zookeeper/version-2/snapshot.207 /counters/c7 --format json", "with its stat and ACL"],
    ]);
    command.action(cat);
  },
};

async function cat(source: string, path: string, options: CatOptions): Promise<void> {
  const wanted = parsePath(path);
  await withOutput(options.output, async (sink) => {
    const state = await openState([source], options);
    const slot = findZnode(state, wanted);
    if (options.format === "json") return exportZnode(state.tree, slot, sink, options.data);
    const { data } = readZnode(state.tree, slot);
    if (data === null) note(say`the data of ${visible(wanted, "path")} is null, which is not the same as empty`);
    else await sink.write(data);
  });
}
