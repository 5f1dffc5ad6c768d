import { hex } from "../../storage/zxid.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { counted } from "../../text/safe.js";

/**
 * Something that became of the tree between the point and what is written, or that will become of it when servers
 * start. Every one is told whole: nothing is dropped or changed in silence.
 */
export interface RestoreChange {
  change: ChangeCode;
  /** How many znodes, or sessions. */
  count: number;
  /** Which: every one; where whole subtrees went, their tops. */
  paths: readonly string[];
  sessions: readonly bigint[];
}

/** What each of them says, by how many there are. */
const CHANGES = {
  "znodes.left-out": (n: number) => say`${counted(n, "znode")} left out`,
  "sessions.dropped": (n: number) =>
    say`${counted(n, "session")} dropped: its client gets Expired, and begins a new session`,
  "sessions.added": (n: number) =>
    say`${counted(n, "session")} added that owned ephemerals without being open: each expires after 30 s, with its ephemerals`,
  "ephemerals.dropped": (n: number) =>
    say`${counted(n, "ephemeral")} dropped with ${n === 1 ? "its session" : "their sessions"}`,
  "ephemerals.dropped-alone": (n: number) =>
    say`${counted(n, "ephemeral")} dropped although their sessions stay: their owners will not notice`,
  "containers.emptied": (n: number) =>
    say`${counted(n, "container")} left without a child: servers delete ${n === 1 ? "it" : "them"} at their first check (--make-persistent keeps ${n === 1 ? "it" : "them"})`,
  "containers.persistent": (n: number) => say`${counted(n, "container")} made persistent`,
  "ttl.persistent": (n: number) => say`${counted(n, "TTL znode")} made persistent`,
  "ttl.expired": (n: number) =>
    say`${counted(n, "TTL znode")} past ${n === 1 ? "its" : "their"} time by now: servers delete ${n === 1 ? "it" : "them"} at their first check`,
  "ephemerals.dropped-moved": (n: number) =>
    say`${counted(n, "ephemeral")} dropped with their place: their owners know only the old paths`,
  "graft.taken": (n: number) => say`${counted(n, "znode")} grafted`,
  "graft.replaced": (n: number) => say`${counted(n, "znode")} replaced by a graft`,
  "graft.parents": (n: number) => say`${counted(n, "znode")} created above a graft, with data and ACL from its point`,
  "graft.ephemerals": (n: number) => say`${counted(n, "ephemeral")} not grafted: their sessions do not exist here`,
  "graft.quotas": (n: number) => say`${counted(n, "quota")} grafted with what ${n === 1 ? "it is" : "they are"} of`,
  "graft.quotas-incomplete": (n: number) =>
    say`${counted(n, "quota")} not grafted: ${n === 1 ? "it lacks" : "they lack"} limits or usage`,
  "graft.quotas-gone": (n: number) => say`${counted(n, "quota")} removed: the graft has none there`,
  "counters.raised": (n: number) =>
    say`${counted(n, "counter")} of sequence names raised above every number used below`,
  renamed: (n: number) => say`${counted(n, "znode")} renamed, from and to`,
  "quotas.dropped": (n: number) => say`${counted(n, "quota")} dropped: there is no place for them under the new name`,
  "acls.reset": (n: number) => say`${counted(n, "ACL")} set to world:anyone:cdrwa, from this znode down`,
  "acls.mapped": (n: number) => say`${counted(n, "ACL")} with other identities`,
  "values.set": (n: number) => say`${counted(n, "znode")} given data from a file`,
  "config.written": () => say`the ensemble's servers written into the tree`,
} as const satisfies Record<string, (count: number) => Message>;

/** The stable code of a change that {@link carryOut} makes. */
export type ChangeCode = keyof typeof CHANGES;

/** The account of what becomes of a tree. */
export class Changes {
  readonly list: RestoreChange[] = [];

  /** Adds an entry, unless there is nothing to tell. `count`: of znodes, where `paths` are the tops of subtrees. */
  add(
    change: ChangeCode,
    { paths = [], sessions = [], count }: { paths?: readonly string[]; sessions?: readonly bigint[]; count?: number },
  ): void {
    const all = count ?? (paths.length > 0 ? paths.length : sessions.length);
    if (all > 0) this.list.push({ change, count: all, paths, sessions });
  }
}

/**
 * An entry in a line, with the first of what it names.
 *
 * @example
 * import { plain } from "zkrewind";
 * import { AS_IT_IS, carryOut, changeText, discover, rebuild } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const { changes } = await carryOut(await rebuild(directory), directory, { ...AS_IT_IS, epoch: "leap", now: Date.now() });
 * console.log(changes?.map((change) => plain(changeText(change))));
 */
export function changeText({ change, count, paths, sessions }: RestoreChange): Message {
  const what = CHANGES[change](count);
  const names = paths.length > 0 ? paths.map(tag.path) : sessions.map(hex);
  if (names.length === 0) return what;
  const more = names.length > MOST_NAMED ? ", …" : "";
  return say`${what}: ${joined(names.slice(0, MOST_NAMED), ", ")}${more}`;
}

/**
 * An entry as schema 1 has it.
 *
 * @example
 * import { AS_IT_IS, carryOut, changeJson, discover, rebuild } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const plan = { ...AS_IT_IS, epoch: "leap", resetAcls: ["/counters"], now: Date.now() };
 * const { changes } = await carryOut(await rebuild(directory), directory, plan);
 * console.log(JSON.stringify(changes?.map(changeJson)).slice(0, 200));
 */
export function changeJson({ change, count, paths, sessions }: RestoreChange): object {
  return {
    change,
    count,
    ...(paths.length > 0 ? { paths } : {}),
    ...(sessions.length > 0 ? { sessions: sessions.map(hex) } : {}),
  };
}

const MOST_NAMED = 5;
