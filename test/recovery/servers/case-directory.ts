import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { discover, scanLog, scanSnapshot } from "../../../src/recovery/index.js";
import { filesForServersOnly } from "../../../src/recovery/directory/for-servers.js";
import { serverEvidence } from "../../../src/recovery/servers/evidence.js";
import { Loads } from "../../../src/recovery/servers/loads.js";
import { JUTE_MAXBUFFER, type Release } from "../../../src/recovery/servers/releases.js";
import { treeAsServer } from "../../../src/recovery/servers/server-load.js";
import { serverVerdict, type ServerVerdict } from "../../../src/recovery/servers/verdict.js";
import { type DataTree, NONE, pathOf, ROOT } from "../../../src/tree/index.js";
import type { ServerCase } from "./cases.js";
import { DATA, type Files, LOG } from "./files.js";
import type { Mode } from "./observed.js";

/** Writes a case's files below a folder. */
export function writeFiles(folder: string, files: Files): void {
  mkdirSync(join(folder, DATA), { recursive: true });
  for (const [path, bytes] of files) {
    const file = join(folder, path);
    mkdirSync(path.endsWith("/") ? file : dirname(file), { recursive: true });
    if (!path.endsWith("/")) writeFileSync(file, bytes);
  }
}

export function hasLogFolder(files: Files): boolean {
  return [...files.keys()].some((path) => path.startsWith(LOG));
}

/** A case's verdicts, from one scan of its files. */
export interface CaseVerdicts {
  verdict(release: Release, mode: Mode): Promise<ServerVerdict>;
  /** The paths that a verdict's files lead to, before the server deletes any; null where it has no tree. */
  paths(verdict: ServerVerdict): Promise<Set<string> | null>;
}

/** Puts a case's files on disk for as long as `use` takes. */
export async function withCase<T>(each: ServerCase, use: (verdicts: CaseVerdicts) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-case-"));
  try {
    const files = await each.files();
    writeFiles(folder, files);
    const directory = discover([join(folder, "data")], hasLogFolder(files) ? { logDir: join(folder, "log") } : {});
    const stored = [...directory.snapshots, ...directory.logs, ...filesForServersOnly(directory)];
    const scans = [];
    for (const file of stored) scans.push(await (file.kind === "snapshot" ? scanSnapshot(file) : scanLog(file)));
    const evidence = serverEvidence(directory, stored, scans);
    const loads = new Loads([]);
    return await use({
      verdict: (release, mode) =>
        serverVerdict(
          evidence,
          {
            release,
            mode,
            juteMaxbuffer: each.juteMaxbuffer ?? JUTE_MAXBUFFER,
            extendedTypes: each.extendedTypes ?? false,
            digests: !each.digestsOff,
          },
          loads,
        ),
      paths: async ({ snapshot, played, base, settings: { release } }) =>
        played &&
        reachable(
          (await treeAsServer({ files: evidence.files, snapshot, played, base, release, looksUp: false })).tree,
        ),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every path that can be come to from the root. */
function reachable(tree: DataTree): Set<string> {
  const { znodes } = tree;
  const paths = new Set<string>();
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    let above = slot;
    while (above !== ROOT && above !== NONE) above = znodes.parent(above);
    if (above === ROOT) paths.add(pathOf(tree, slot));
  }
  return paths;
}
