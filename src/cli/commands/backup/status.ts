import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { RunStatus } from "../../../export/shapes/backup.js";
import { runShape } from "../../../export/shapes/backup.js";
import { ZkRewindError } from "../../../findings/finding.js";
import { cannotWrite } from "../../../io/new/new-path.js";
import { replaceFile } from "../../../io/new/replaced-file.js";
import { asUnreadable } from "../../../io/unreadable-file.js";
import { Fields } from "../../../repository/link/fields.js";
import { memoryFolder, placeOf } from "../../../repository/memory/memory.js";
import type { Backup } from "../../../repository/ship/backup.js";
import type { Distributor } from "../../../repository/ship/distributor.js";
import { plain, say } from "../../../text/message.js";
import { context } from "../../context/context.js";
import { documentLine } from "../../output/document.js";
import { note } from "../../output/report.js";

/** What a run has shipped, and what not: since when, and why. */
export function statusOf(backup: Backup, distributor: Distributor, source: string, following: boolean): RunStatus {
  const { line, unshipped } = backup;
  return {
    time: new Date().toISOString(),
    pid: process.pid,
    following,
    server: line.server,
    source: resolve(source),
    recoveryPoint: line.tip,
    unshipped: { bytes: unshipped.bytes, since: timeOf(unshipped.since) },
    repositories: distributor.targets.map((target) => ({
      location: target.store.location,
      lacks: distributor.lackedBy(target),
      since: timeOf(target.trouble?.since ?? null),
      why: target.trouble && plain(target.trouble.why),
    })),
  };
}

/** When something began, of which performance.now() was kept: by this host's clock as it is now. */
export function clockTime(since: number): string {
  return new Date(Date.now() - (performance.now() - since)).toISOString();
}

function timeOf(since: number | null): string | null {
  return since === null ? null : clockTime(since);
}

/** Keeps a run's status where `backup list` finds it: in a file that is named, or in the user's folder for state. */
export class StatusFile {
  private readonly path: string | null;
  private readonly isNamed: boolean;
  private isTold = false;

  constructor(named: string | undefined, source: string) {
    this.isNamed = named !== undefined;
    const folder = statusFolder();
    const key = createHash("sha256").update(resolve(source)).digest("hex").slice(0, 32);
    this.path = named ?? (folder && join(folder, `${key}.json`));
  }

  /** Throws ZkRewindError 3 where a file that was named cannot be written; where none was, that is told once. */
  write(status: RunStatus): void {
    if (this.path === null) return;
    try {
      if (!this.isNamed) mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      replaceFile(this.path, `${documentLine("backup-run", runShape(status))}\n`, 0o600);
    } catch (error) {
      const failure = cannotWrite(this.path, error);
      if (this.isNamed || !(failure instanceof ZkRewindError)) throw failure;
      if (!this.isTold) note(say`backup list cannot tell what this run does: ${failure.said.message}`);
      this.isTold = true;
    }
  }
}

/** What runs on this machine say of repositories. `named`: files, instead of those in the user's folder for state. */
export function statusesOf(locations: readonly string[], named: readonly string[] | undefined): RunStatus[] {
  const places = new Set(locations.map(placeOf));
  return (named ?? filesIn(statusFolder()))
    .map(readStatus)
    .filter(({ repositories }) => repositories.some(({ location }) => places.has(placeOf(location))));
}

function readStatus(path: string): RunStatus {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw asUnreadable(path, error);
  }
  const fields = Fields.ofDocument(path, bytes, "backup-run", 1, "schema");
  const unshipped = fields.within("unshipped");
  const tip = fields.isNull("recoveryPoint") ? null : fields.within("recoveryPoint");
  return {
    time: fields.text("time"),
    pid: fields.count("pid"),
    following: fields.flag("following"),
    server: fields.text("server"),
    source: fields.text("source"),
    recoveryPoint: tip && { zxid: tip.zxid("zxid"), time: tip.time("time") },
    unshipped: { bytes: unshipped.count("bytes"), since: textOrNull(unshipped, "since") },
    repositories: fields.list("repositories").map((each) => {
      const lacks = each.within("lacks");
      return {
        location: each.text("location"),
        lacks: { links: lacks.count("links"), objects: lacks.count("objects"), bytes: lacks.count("bytes") },
        since: textOrNull(each, "since"),
        why: textOrNull(each, "why"),
      };
    }),
  };
}

function textOrNull(fields: Fields, key: string): string | null {
  return fields.isNull(key) ? null : fields.text(key);
}

function filesIn(folder: string | null): string[] {
  if (folder === null) return [];
  try {
    return readdirSync(folder)
      .filter((name) => /^[0-9a-f]{32}\.json$/.test(name))
      .map((name) => join(folder, name));
  } catch {
    // Nobody has told anything there.
    return [];
  }
}

/** Beside what is remembered of repositories; null where nothing is. */
function statusFolder(): string | null {
  const { env } = context();
  return env["ZKREWIND_MEMORY"] === "off" ? null : join(dirname(memoryFolder(env)), "runs");
}
