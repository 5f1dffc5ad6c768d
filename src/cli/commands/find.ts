import { type Command, InvalidArgumentError, Option } from "commander";
import { exportTree, json, matcher, ndjson } from "../../export/index.js";
import { aclShape } from "../../export/shapes/acl.js";
import { pointShape } from "../../export/shapes/point.js";
import { type AuditHit, type AuditName, AUDIT_GROUPS, AUDITS, auditTree } from "../../forensics/inspect/audit.js";
import { finder, type FindQuery, placeOf } from "../../forensics/inspect/find.js";
import { millisOf, parsePoint, type State } from "../../recovery/index.js";
import { type Acl } from "../../storage/acl.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { ChildIndex, orphans, pathOf, ROOT, type ZnodeKind } from "../../tree/index.js";
import { addExamples, addNotes, type CommandModule, filled } from "../command.js";
import { type RangeBounds, bytes, duration, number, permissions } from "../options/bounds.js";
import { didYouMeanOf } from "../options/nearest.js";
import {
  addOutput,
  addPoint,
  addSourceAndPath,
  collect,
  type OutputOptions,
  type PointFlags,
  type SourceOptions,
  wholeNumber,
} from "../options/options.js";
import { addZnodeOrder, ordered, type ZnodeOrderOptions } from "../options/znode-order.js";
import { DocumentWriter } from "../output/document.js";
import { LineWriter, type Output, styleFor, withOutput } from "../output/output.js";
import { note } from "../output/report.js";
import { addQuiet, raiseExitCode } from "../output/verdict.js";
import { findZnode, openState, parsePath } from "../source.js";
import { counted, visible } from "../output/text.js";
import { say, tag } from "../../text/message.js";
import { joinSafe, safe, words } from "../../text/safe.js";
import { aclEntryText } from "../render/acl-text.js";
import { said } from "../redaction.js";

interface FindOptions extends SourceOptions, PointFlags, OutputOptions, ZnodeOrderOptions {
  basename?: string[];
  path?: string[];
  kind?: ZnodeKind[];
  size?: RangeBounds;
  znodeVersion?: RangeBounds;
  children?: RangeBounds;
  mtime?: RangeBounds;
  ctime?: RangeBounds;
  now?: string;
  owner?: bigint;
  scheme?: string;
  id?: string;
  perm?: number;
  content?: string;
  regex?: RegExp;
  ignoreCase?: boolean;
  audit?: AuditName[];
  juteMaxbuffer: number;
  near: number;
}

const KINDS: readonly ZnodeKind[] = ["persistent", "ephemeral", "container", "ttl"];

export const command: CommandModule = {
  define(command) {
    addSourceAndPath(command, "[path]");
    addQuery(command);
    const audits = new Option("--audit <names>", "run audits: all, groups or names (listed below), comma-separated");
    command
      .addOption(audits.argParser(auditNames).conflicts(["sort", "reverse"]))
      .option("--jute-maxbuffer <bytes>", "the servers' limit, for audits", wholeNumber, 0xfffff)
      .option("--near <percent>", "audits report what is above this percentage of a limit", wholeNumber, 80);
    addZnodeOrder(command, "list at most this many; in text, 20 for each audit if not given");
    addQuiet(command);
    addPoint(command);
    addOutput(command, ["text", "json", "ndjson"]);
    addExamples(command, [
      ["zkrewind find /var/lib/zookeeper --basename 'multi-*' --size +20", "znodes by name and size"],
      [
        "zkrewind find /var/lib/zookeeper /busy --mtime -1m --content owner",
        "znodes set in the last minute, whose data has this text",
      ],
      ["zkrewind find /var/lib/zookeeper --kind ephemeral --kind ttl", "ephemerals and TTL znodes"],
      [
        "zkrewind find /var/lib/zookeeper --scheme digest --perm a",
        "znodes whose ACLs a user with a password may change",
      ],
      ["zkrewind find /var/lib/zookeeper --sort bytes -n 5", "the five largest values"],
      ["zkrewind find /var/lib/zookeeper --audit all -n 3", "all audits"],
    ]);
    addNotes(
      command,
      `Numbers are +N (more than), -N (less than) or N; sizes may end in k, M or G, ages in s, m, h or d. Ages count from the
point's own time, or from --now. Several --basename, --path or --kind are alternatives; all other options must hold at once. Exit code 1 where an audit found something.

Audits:
${auditHelp()}`,
    );
    command.action(find);
  },
};

function addQuery(command: Command): void {
  command
    .option("--basename <glob>", "the last part of the path; may be repeated", collect)
    .option("--path <glob>", "the whole path; may be repeated", collect)
    .addOption(new Option("--kind <kind>", "persistent, ephemeral, container or ttl; may be repeated").argParser(kinds))
    .option("--size <n>", "bytes of data", bytes)
    .option("--znode-version <n>", "the data's version", number)
    .option("--children <n>", "how many children", number)
    .option("--mtime <age>", "since the data was last set", duration)
    .option("--ctime <age>", "since it was created", duration)
    .option("--now <time>", "count ages from this time (default: the point's)")
    .option("--owner <session>", "ephemerals of this session", session)
    .option("--scheme <scheme>", "an ACL entry of this scheme")
    .option("--id <id>", "an ACL entry with this id")
    .option("--perm <perms>", "an ACL entry that allows all of these (cdrwa)", permissions)
    .option("--content <text>", "data with this text")
    .option("--regex <pattern>", "data that matches this regular expression", regex)
    .option("-i, --ignore-case", "for --content and --regex");
}

async function find(source: string, path: string | undefined, options: FindOptions): Promise<void> {
  const wanted = parsePath(path ?? "/");
  await withOutput(options.output, async (out) => {
    const state = await openState([source], options);
    const top = findZnode(state, wanted);
    const matches = matching(state, top, finder(queryOf(options, state)));
    if (options.audit) await audit(options.audit, source, state, matches, out, options);
    else await list(source, state, matches, out, options);
  });
}

function* matching(state: State, top: number, test: ReturnType<typeof finder>): Generator<number> {
  const children = new ChildIndex(state.tree.znodes);
  for (const start of top === ROOT ? [top, ...orphans(state.tree.znodes)] : [top]) {
    for (const slot of children.walk(start)) if (test(placeOf(state.tree, slot))) yield slot;
  }
}

async function list(
  source: string,
  state: State,
  slots: Iterable<number>,
  out: Output,
  options: FindOptions,
): Promise<void> {
  const most = options.limit ?? Number.POSITIVE_INFINITY;
  const { tree } = state;
  let count = 0;
  function* limited(): Generator<number> {
    for (const slot of ordered(state, slots, options)) {
      if (count++ >= most) return;
      yield slot;
    }
  }
  if (options.format === "text") {
    const lines = new LineWriter(out);
    for (const slot of limited()) await lines.line(visible(pathOf(tree, slot), "path"));
    await lines.flush();
  } else {
    const format = options.format === "json" ? json : ndjson;
    await exportTree(state, out.json, { format, source: [source], data: "none", say: said, slots: limited() });
  }
  note(count > most ? say`${counted(most, "znode")} shown; there are more` : say`${counted(count, "znode")}`);
}

async function audit(
  audits: readonly AuditName[],
  source: string,
  state: State,
  slots: Iterable<number>,
  out: Output,
  options: FindOptions,
): Promise<void> {
  const { juteMaxbuffer: juteMaxBuffer, near } = options;
  const most = options.limit ?? (options.format === "text" ? 20 : Number.POSITIVE_INFINITY);
  const results = new Map<AuditName, AuditResult>(audits.map((name) => [name, { count: 0, hits: [] }]));
  for (const hit of auditTree(state.tree, slots, { audits, juteMaxBuffer, near: near / 100 })) {
    const result = results.get(hit.audit) as AuditResult;
    if (result.count++ < most) result.hits.push(hit);
  }
  if (options.format === "text") await writeAudit(results, out, options);
  else await writeAuditJson(results, source, state, out, options);
  if ([...results.values()].some(({ count }) => count > 0)) raiseExitCode(1);
}

/** How many hits there are, and those that are shown: every znode of a tree can be one. */
interface AuditResult {
  count: number;
  hits: AuditHit[];
}

async function writeAudit(
  results: ReadonlyMap<AuditName, AuditResult>,
  out: Output,
  options: FindOptions,
): Promise<void> {
  const { bold, dim, green, yellow } = await styleFor(options.output);
  const lines = new LineWriter(out);
  for (const [name, { count, hits }] of results) {
    await lines.line(safe`${bold(words(name))}: ${count === 0 ? green(words("none")) : yellow(counted(count, "hit"))}`);
    if (count === 0) continue;
    await lines.line(dim(safe`  ${AUDITS[name]}`));
    for (const { path, session: owner, detail, acl = [] } of hits) {
      const what = path === undefined ? safe`session ${hex(owner ?? 0n)}` : visible(path, "path");
      await lines.line(safe`  ${what}  ${dim(joinSafe([detail, ...acl.map(aclEntryText)], ", "))}`);
    }
    const rest = count - hits.length;
    if (rest > 0) await lines.line(dim(safe`  … and ${counted(rest, "more hit")} (-n shows more)`));
  }
  await lines.flush();
}

async function writeAuditJson(
  results: ReadonlyMap<AuditName, AuditResult>,
  source: string,
  state: State,
  out: Output,
  options: FindOptions,
): Promise<void> {
  const audits = [...results].map(([audit, { count }]) => ({ audit, explanation: AUDITS[audit], hits: count }));
  const list = [...results.values()].flatMap(({ hits }) => hits);
  const lines = new LineWriter(out);
  const document = new DocumentWriter(lines, options.format === "json" ? "json" : "ndjson");
  await document.begin("audit", { source: [source], at: pointShape(state), audits });
  await document.list("hits");
  for (const hit of list) await document.item(hitJson(hit));
  await document.end({ hits: list.length });
  await lines.flush();
}

function hitJson({ audit: name, path, session: owner, detail, acl }: AuditHit): object {
  const what = path === undefined ? { session: hex(owner ?? 0n) } : { path };
  return { type: "hit", audit: name, ...what, detail, ...(acl ? { acl: aclShape(acl) } : {}) };
}

function queryOf(options: FindOptions, state: State): FindQuery {
  const { basename, path, kind, size, znodeVersion, children, mtime, ctime, owner, scheme, id, perm } = options;
  const query: FindQuery = {};
  if (basename) query.name = nameMatcher(basename);
  const paths = matcher(path);
  if (paths) query.path = paths;
  if (kind) query.kinds = kind;
  if (size) query.size = size;
  if (znodeVersion) query.version = znodeVersion;
  if (children) query.children = children;
  if (mtime) query.modified = mtime;
  if (ctime) query.created = ctime;
  if (mtime || ctime) query.now = nowOf(options, state);
  if (owner !== undefined) query.owner = owner;
  if (scheme !== undefined || id !== undefined || perm !== undefined) query.acl = aclTest(scheme, id, perm);
  const content = contentTest(options);
  if (content) query.content = content;
  return query;
}

/** Names have no slashes, so a glob for one is a glob for a path of one part. */
function nameMatcher(globs: readonly string[]): (name: string) => boolean {
  const test = matcher(globs.map((glob) => `/${glob}`));
  return (name) => test?.(name === "/" ? name : `/${name}`) ?? false;
}

function nowOf({ now, tz }: FindOptions, { time }: State): number {
  if (now !== undefined) {
    const point = parsePoint(now, tz);
    if (point.kind === "time") return Number(millisOf(point.nanos));
    throw new ZkRewindError(say`--now takes a time: ${tag.line(now)}`, { exitCode: 2 });
  }
  if (time !== null) return Number(time);
  const hint = say`Only logs have times. --now 2026-11-23T14:05:00Z says what ages count from.`;
  throw new ZkRewindError(say`the point has no time`, { exitCode: 2, hint });
}

function aclTest(scheme: string | undefined, id: string | undefined, perms: number | undefined) {
  return (entries: readonly Acl[]): boolean =>
    entries.some(
      (entry) =>
        (scheme === undefined || entry.scheme === scheme) &&
        (id === undefined || entry.id === id) &&
        (perms === undefined || (entry.perms & perms) === perms),
    );
}

function contentTest({ content, regex: pattern, ignoreCase }: FindOptions): ((data: Buffer) => boolean) | undefined {
  const patterns: RegExp[] = [];
  if (pattern) patterns.push(new RegExp(pattern.source, ignoreCase ? "iu" : "u"));
  if (content !== undefined && ignoreCase)
    patterns.push(new RegExp(content.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu"));
  const literal = content !== undefined && !ignoreCase ? Buffer.from(content) : undefined;
  if (patterns.length === 0 && !literal) return undefined;
  return (data) => {
    if (literal && !data.includes(literal)) return false;
    if (patterns.length === 0) return true;
    const text = data.toString("utf8");
    return patterns.every((each) => each.test(text));
  };
}

function kinds(text: string, before: ZnodeKind[] | undefined): ZnodeKind[] {
  const kind = KINDS.find((each) => each === text);
  if (!kind) throw new InvalidArgumentError(`Choose from ${KINDS.join(", ")}.`);
  return [...(before ?? []), kind];
}

function session(text: string): bigint {
  if (!/^0x[0-9a-f]{1,16}$/i.test(text)) throw new InvalidArgumentError("A session is 0x and up to 16 hex digits.");
  return BigInt(text);
}

function regex(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function auditNames(text: string, before: AuditName[] | undefined): AuditName[] {
  const groups: Readonly<Record<string, readonly string[]>> = {
    all: Object.keys(AUDITS),
    ...Object.fromEntries(Object.entries(AUDIT_GROUPS).map(([group, audits]) => [group, Object.keys(audits)])),
  };
  const names = text.split(",").flatMap((name): readonly AuditName[] => {
    if (Object.hasOwn(groups, name)) return groups[name] as readonly AuditName[];
    if (Object.hasOwn(AUDITS, name)) return [name as AuditName];
    throw new InvalidArgumentError(didYouMeanOf(name, [...Object.keys(groups), ...Object.keys(AUDITS)]));
  });
  return [...new Set([...(before ?? []), ...names])];
}

/** Each group and its audits, with why they matter, in lines of a terminal's usual width. */
function auditHelp(): string {
  return Object.entries(AUDIT_GROUPS)
    .flatMap(([group, audits]) => [
      `  ${group}`,
      ...Object.entries(audits).flatMap(([name, why]) => [
        `    ${name}`,
        ...filled(why, 72)
          .split("\n")
          .map((line) => `      ${line}`),
      ]),
    ])
    .join("\n");
}
