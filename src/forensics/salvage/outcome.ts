import { join } from "node:path";
import { discover, type ServerOptions, type Startable, verify } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import { type FindingCode, isAbout } from "../../findings/kinds.js";
import { hex } from "../../storage/zxid.js";
import { tag, type Message, say } from "../../text/message.js";
import { contextOf, recommended, type NextStep } from "../explain/next-steps.js";

/** What servers would do with the directory that was written. */
export interface SalvageOutcome {
  /** Null where there is no snapshot or log in it, and where the source was no directory. */
  server: Startable | null;
  /** Where a server would not start, or not with all: what makes a directory that it starts on. */
  next: NextStep[];
  /** What is wrong with it though every file is sound and nothing is missing: a history that contradicts itself. */
  remains: Message[];
}

/** `root`: where it is now; `target`: where it is going to be. */
export async function outcomeOf(root: string, target: string, options: ServerOptions): Promise<SalvageOutcome> {
  const directory = discover([join(root, "version-2")]);
  if (directory.snapshots.length + directory.logs.length === 0) return { server: null, next: [], remains: [] };
  const verification = await verify(directory, { server: options });
  const server = relocated(verification.startable, root, target);
  const remains = remaining(verification.findings);
  if (server.starts && server.lost.length === 0) return { server, next: [], remains };
  const context = contextOf(verification, target);
  const { isLatest, exact, isCovered } = context;
  const steps = recommended(["restore"], context);
  // Of the newest exact state something is missing, of the newest state something is in doubt: which, is for people to say.
  const other = exact !== null && exact !== undefined && !isLatest && isCovered ? [inexact(target)] : [];
  const partial = isCovered || directory.logs.length === 0 ? [] : [beginningLost(target)];
  return { server, next: [...steps, ...other, ...partial], remains };
}

/** The first few. */
function remaining(findings: readonly Finding[]): Message[] {
  const errors = findings.filter(({ code, severity }) => severity === "error" && !isAccounted(code));
  const first = errors
    .slice(0, MOST_REMAINS)
    .map(({ zxid, message }) => (zxid === undefined ? message : say`${hex(zxid)}: ${message}`));
  const more = errors.length - first.length;
  return more > 0 ? [...first, say`${more} more: zkrewind verify has all`] : first;
}

const MOST_REMAINS = 5;

/** What the account says in its own words. */
function isAccounted(code: FindingCode): boolean {
  return code === "server.start" || isAbout({ code }, "coverage");
}

function beginningLost(target: string): NextStep {
  return {
    run: say`zkrewind restore ${tag.file(target)} -o DIR --inexact --partial`,
    say: PARTIAL,
  };
}

const PARTIAL: Message = say`makes a directory of what the transactions alone show, that servers start on: what is older than the first of them is not in it. Another server's snapshot is better: zkrewind salvage --node`;

function inexact(target: string): NextStep {
  return {
    run: say`zkrewind restore ${tag.file(target)} -o DIR --inexact`,
    say: INEXACT,
  };
}

const INEXACT: Message = say`the same, with as much as there is of what came after that; it says what is in doubt`;

/** Places in files by their names in the target. */
function relocated(server: Startable, root: string, target: string): Startable {
  const moved = <S extends Pick<Startable, "stop">>(start: S): S => {
    const { stop } = start;
    if (!stop?.file.startsWith(root)) return start;
    return { ...start, stop: { ...stop, file: target + stop.file.slice(root.length) } };
  };
  return { ...moved(server), others: server.others.map(moved) };
}
