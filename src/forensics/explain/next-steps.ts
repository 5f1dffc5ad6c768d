import { curesOf, type FindingCode, isFindingCode } from "../../findings/kinds.js";
import type { Verification } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { shellWord } from "../../text/shell-word.js";
import { joined, say, tag, type Message, type Tagged } from "../../text/message.js";
import { LOOK_CURES, type LookName } from "./looks/names.js";

/** Something to do: a command where one does it, and what it does. */
export interface NextStep {
  run?: Message;
  say: Message;
}

/** The same, with words in capitals where something is to be filled in. */
export interface StepTemplate {
  run?: string;
  say: string;
}

/** What a step is filled in with; a part that is not known stays a word in capitals. */
export interface StepContext {
  source: string;
  path?: string;
  session?: string;
  /** A file that is to be moved away. */
  file?: string;
  /** The newest state that can be rebuilt exactly; null where none can, undefined where nothing was looked at. */
  exact?: bigint | null;
  /** Whether nothing in the files shows a later state than that. */
  isLatest?: boolean;
  /** Whether anything can be rebuilt, exactly or not. */
  isCovered?: boolean;
  /** The longest record or value that is over the default limit, in bytes. */
  longest?: number;
}

/** What a verification of `source` tells of what can be restored from it. */
export function contextOf({ coverage, exact, later }: Verification, source: string): StepContext {
  const newest = (exact ?? []).reduce<bigint | null>((most, { to }) => (most === null || to > most ? to : most), null);
  return {
    source,
    exact: newest,
    isCovered: coverage.covered.length > 0,
    isLatest: later === null && (coverage.last === null || (newest !== null && newest >= coverage.last)),
  };
}

/**
 * What answers and findings recommend. Each command exists and a test runs it; SOURCE is the data directory, DIR a new
 * one.
 */
export const STEPS = {
  verify: { run: "zkrewind verify SOURCE", say: "lists all damage, and says whether a server starts on the files" },
  info: { run: "zkrewind info SOURCE", say: "shows which snapshots are sound, and which points can be rebuilt" },
  restore: {
    run: "zkrewind restore SOURCE -o DIR",
    say: "makes a new directory that servers start on",
  },
  "restore-3.4": {
    run: "zkrewind restore SOURCE -o DIR --release 3.4.14 --make-persistent",
    say: "makes one snapshot in 3.4's layout, without the transactions that 3.4 does not know; containers and TTL znodes, which it would delete, become persistent",
  },
  salvage: {
    run: "zkrewind salvage SOURCE -o DIR",
    say: "keeps every record that its checksum proves, with an account of the rest; zkrewind verify DIR says whether a server starts on it",
  },
  compare: {
    run: "zkrewind compare NODE NODE…",
    say: "given the data directories of all servers, shows which of them agree, and which to restore from",
  },
  session: { run: "zkrewind session SOURCE SESSION", say: "shows the session's life and its ephemerals" },
  history: { run: "zkrewind history SOURCE PATH", say: "shows every change to the znode, and who made it" },
  stat: { run: "zkrewind stat SOURCE PATH", say: "shows the znode's ACL and owner" },
  owner: {
    run: "zkrewind find SOURCE --kind container --kind ttl",
    say: "lists the containers and TTL znodes; servers need 3.5 for the first, zookeeper.extendedTypesEnabled=true for the second",
  },
  quota: { run: "zkrewind tree SOURCE /zookeeper/quota", say: "shows all quotas" },
  du: { run: "zkrewind du SOURCE", say: "names the largest values, and the parents with the most children" },
  "open-acls": {
    run: "zkrewind restore SOURCE -o DIR --open-dangling-acls",
    say: "makes a directory in which znodes whose ACL is lost are open to anyone: set their ACLs afterwards",
  },
  resync: {
    say: "if only one member of the ensemble is affected and a majority of the others is up, it needs no recovery: stop it, move version-2 aside (in dataDir and in dataLogDir), keep myid, and start it; its leader sends it everything",
  },
  "max-buffer": {
    say: "if a record is really that long, start the servers with -Djute.maxbuffer=BYTES (in SERVER_JVMFLAGS), more than its length: all servers, and the clients that write or read it",
  },
  "move-empty": { say: "move FILE out of the folder: it holds nothing, and some servers do not start on it" },
  "move-out": { say: "move FILE out of the folder: servers from 3.6 on read it, whatever its suffix" },
  "mixed-folders": {
    say: "stop the server; move snapshot.* into version-2 of dataDir and log.* into version-2 of dataLogDir, or exchange the two settings in zoo.cfg",
  },
  myid: { say: "write the server's own number, N of its server.N in zoo.cfg, into the file myid in dataDir" },
  config: { say: "check zoo.cfg and the server's -D options" },
  disk: {
    say: "check the disk (free space, health in dmesg, who else uses it) and the folders' owner and permissions",
  },
  network: { say: "check the other servers and the network between them" },
  quorum: {
    say: "check that a majority of the servers is up (srvr on each); the first cause is in the log of the server that went down first",
  },
  "init-limit": { say: "if a large snapshot takes long to load or send, raise initLimit in zoo.cfg on all servers" },
  heap: { say: "raise the server's heap (-Xmx in SERVER_JVMFLAGS)" },
  "start-again": { say: "start the server again: it reads its files, and its leader sends it what it lacks" },
  "restart-clients": { say: "once the servers are as they should be, restart the clients that are refused" },
  nothing: { say: "nothing to do" },
} as const satisfies Record<string, StepTemplate>;

export type StepName = keyof typeof STEPS;

/** Something in the files that is behind a message: what a finding's code or a look's name is, and where it is. */
export interface NextStepCause {
  kind: FindingCode | LookName;
  file?: string | undefined;
}

/** What to do: about the causes where there is something to do about them, else what the answer recommends. */
export function stepsFor(
  names: readonly StepName[],
  causes: readonly NextStepCause[],
  context: StepContext,
): NextStep[] {
  const cures = new Set(causes.flatMap(stepsAgainst));
  return recommended(cures.size > 0 ? [...cures] : names, context);
}

export function recommended(names: readonly StepName[], context: StepContext): NextStep[] {
  return names.flatMap((name) => filled(name, context) ?? []);
}

function stepsAgainst({ kind, file }: NextStepCause): readonly StepName[] {
  return isFindingCode(kind) ? curesOf(kind, isLog(file)) : LOOK_CURES[kind];
}

function isLog(file: string | undefined): boolean {
  return file !== undefined && /(?:^|\/)log\.[^/]*$/.test(file);
}

function filled(name: StepName, context: StepContext): NextStep | null {
  const { run, say: words }: StepTemplate = STEPS[name];
  if (name === "restore" || name === "open-acls") return restoring(run as string, words, context);
  const { source, path, session, file } = context;
  const step = {
    say: fillIn(words, {
      FILE: file === undefined ? tag.system("the file") : tag.file(file),
      BYTES: tag.system(bytesOver(context)),
    }),
  };
  if (run === undefined) return step;
  const filling = {
    SOURCE: tag.file(source),
    ...(path === undefined ? {} : { PATH: tag.path(shellWord(path)) }),
    ...(session === undefined ? {} : { SESSION: tag.given(session) }),
  };
  return { run: fillIn(run, filling), ...step };
}

/** A template with values in the place of its words in capitals. */
function fillIn(template: string, values: Readonly<Record<string, Tagged>>): Message {
  const parts = template.split(/\b(SOURCE|PATH|SESSION|FILE|BYTES)\b/);
  return joined(
    parts.map((part) => values[part] ?? tag.system(part)),
    "",
  );
}

function bytesOver({ longest }: StepContext): string {
  return longest === undefined ? "BYTES" : String(longest + SPARE);
}

/** What a server needs above the longest record, in bytes. */
const SPARE = 1024;

/** The latest state where that is exact, else the newest that is, else the newest there is. */
function restoring(run: string, words: string, { source, exact, isLatest, isCovered }: StepContext): NextStep | null {
  const command = fillIn(run, { SOURCE: tag.file(source) });
  const what = tag.system(words);
  if (exact === undefined || (exact !== null && isLatest)) return { run: command, say: say`${what}` };
  if (exact !== null) {
    return {
      run: say`${command} --newest-exact`,
      say: say`${what}, as of ${hex(exact)}, the newest state that is known exactly; later transactions are not in it`,
    };
  }
  if (!isCovered) return null;
  return {
    run: say`${command} --inexact`,
    say: say`${what}; no state is known exactly, and it says what is in doubt`,
  };
}
