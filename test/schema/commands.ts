import { readdirSync } from "node:fs";
import { join } from "node:path";
import { discover, LATEST, rebuild } from "../../src/recovery/index.js";
import { hex } from "../../src/storage/zxid.js";
import { pathOf } from "../../src/tree/index.js";
import type { Source } from "../fixtures/index.js";

/** A command that writes JSON, and whether it writes NDJSON too. */
export interface Command {
  args: string[];
  lines: boolean;
}

/** Every command that writes JSON, on one source; `scratch` is a folder for what they make. */
export async function commandsFor(
  { path, logDir }: Pick<Source, "path" | "logDir">,
  scratch: string,
): Promise<Command[]> {
  const directory = discover([path], logDir === undefined ? {} : { logDir });
  const { tree, zxid } = await rebuild(directory, LATEST, { inexact: true });
  const session = tree.ephemerals.sorted()[0]?.[0] ?? tree.sessions.sorted()[0]?.[0];
  const slot = Array.from({ length: tree.znodes.slots }, (_, each) => each).findLast((each) =>
    tree.znodes.exists(each),
  );
  const znode = pathOf(tree, slot ?? 0);
  const earlier = hex(zxid > 40n ? zxid - 40n : zxid);
  const logs = logDir === undefined ? [] : ["--log-dir", logDir];
  const point = ["--inexact", ...logs];
  const both = (...args: string[]): Command => ({ args, lines: true });
  const whole = (...args: string[]): Command => ({ args, lines: false });
  return [
    both("export", path, ...point, "--data", "base64"),
    both("export", path, "--txns", ...logs),
    both("log", path, "-n", "50", "--reverse", ...logs),
    both("ls", path, "/", "-lR", ...point),
    both("tree", path, "/", "--depth", "1", ...point),
    both("find", path, "/", "--kind", "ephemeral", ...point),
    both("find", path, "/", "--audit", "all", ...point),
    both("history", path, "/", "-r", ...logs),
    both("diff", path, "--from", earlier, ...point),
    both("undo", path, "--from", earlier, ...point),
    both("sessions", path, "--all", ...point),
    ...(session === undefined ? [] : [both("session", path, hex(session), ...logs)]),
    both("du", path, ...point),
    both("du", path, "--from", earlier, ...point),
    whole("stat", path, znode, ...point),
    whole("cat", path, znode, ...point),
    whole("info", path, ...logs),
    whole("verify", path, ...logs),
    whole("verify", path, "--no-replay", ...logs),
    whole("retention", path, ...logs),
    whole("log", path, "--stats", ...logs),
    whole("explain", "java.io.IOException: CRC check failed", path, ...logs),
    whole("explain", "log.crc"),
    whole("salvage", path, ...logs, "-o", join(scratch, "salvaged")),
    whole("restore", path, ...point, "-o", join(scratch, "restored")),
    ...readdirSync(directory.snapshots[0] ? join(directory.snapshots[0].path, "..") : path)
      .filter((name) => name.startsWith("snapshot."))
      .slice(-1)
      .flatMap((name) => {
        const file = join(directory.snapshots[0]?.path ?? "", "..", name);
        return [both("export", file, "--order", "file", "--data", "hex"), both("du", file)];
      }),
  ];
}
