import { exportZnode } from "../../export/index.js";
import { isoTime, type State } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { readZnode, type Znode } from "../../tree/index.js";
import { addExamples, addNotes, type CommandModule } from "../command.js";
import {
  addOutput,
  addPoint,
  addSourceAndPath,
  type OutputOptions,
  type PointFlags,
  type SourceOptions,
} from "../options/options.js";
import { LineWriter, type Style, styleFor, withOutput } from "../output/output.js";
import { said } from "../redaction.js";
import { findZnode, openState, parsePath } from "../source.js";
import { type Safe, safe, words } from "../../text/safe.js";
import { aclEntryText } from "../render/acl-text.js";

type StatOptions = SourceOptions & PointFlags & OutputOptions;

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "<path>");
    addPoint(command);
    addOutput(command, ["text", "json"]);
    addExamples(command, [
      ["zkrewind stat /var/lib/zookeeper /counters/c7", "as zkCli shows it, with ACL and owner"],
      ["zkrewind stat /var/lib/zookeeper /counters/c7 --at 2026-11-23T01:34:45Z", "as it was then"],
    ]);
    addNotes(
      command,
      `cversion is the stored one, which counts the children ever created; a client is shown twice that less the number of
children, which counts deletions too. Both
are shown where they differ.`,
    );
    command.action(stat);
  },
};

async function stat(source: string, path: string, options: StatOptions): Promise<void> {
  const wanted = parsePath(path);
  await withOutput(options.output, async (out) => {
    const state = await openState([source], options);
    const slot = findZnode(state, wanted);
    if (options.format === "json")
      return exportZnode(state, slot, out.json, { source: [source], data: "none", say: said });
    const style = await styleFor(options.output);
    const lines = new LineWriter(out);
    for (const line of describe(readZnode(state.tree, slot), state, style)) await lines.line(line);
    await lines.flush();
  });
}

/** zkCli's names in zkCli's order, then what zkCli does not show. */
function describe(znode: Znode, state: State, { dim }: Style): Safe[] {
  const { stat, kind } = znode;
  const shown = stat.cversion * 2 - stat.numChildren;
  const clients = shown === stat.cversion ? "" : dim(safe`  (stored; a client is shown ${shown})`);
  return [
    safe`cZxid = ${hex(stat.czxid)}`,
    safe`ctime = ${isoTime(stat.ctime)}`,
    safe`mZxid = ${hex(stat.mzxid)}`,
    safe`mtime = ${isoTime(stat.mtime)}`,
    safe`pZxid = ${hex(stat.pzxid)}`,
    safe`cversion = ${stat.cversion}${clients}`,
    safe`dataVersion = ${stat.version}`,
    safe`aclVersion = ${stat.aversion}`,
    safe`ephemeralOwner = ${hex(stat.ephemeralOwner)}${ownerNote(znode, state, dim)}`,
    safe`dataLength = ${stat.dataLength}${znode.data === null ? dim(words("  (null)")) : ""}`,
    safe`numChildren = ${stat.numChildren}`,
    safe`kind = ${kind}${znode.ttl === undefined ? "" : safe`, TTL ${znode.ttl} ms`}`,
    ...aclTexts(znode).map((each) => safe`acl = ${each}`),
  ];
}

/** An ACL's entries as `scheme:id:perms`. */
export function aclTexts({ acl, aclId }: Znode): Safe[] {
  return acl ? acl.map(aclEntryText) : [safe`unknown: the ACL id ${aclId} is in no map`];
}

/** Whether the session that an ephemeral belongs to is open at the point. */
function ownerNote({ kind, stat }: Znode, { tree }: State, dim: (text: Safe) => Safe): Safe {
  if (kind !== "ephemeral") return words("");
  const timeout = tree.sessions.get(Number(stat.ephemeralOwner >> 32n), Number(stat.ephemeralOwner & 0xffffffffn));
  return dim(
    timeout === undefined ? words("  (that session is not open)") : safe`  (session open, timeout ${timeout} ms)`,
  );
}
