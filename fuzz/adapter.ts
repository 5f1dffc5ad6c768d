import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { exportTxns, ndjson } from "../src/export/index.js";
import {
  ChildIndex,
  type DataDirectory,
  discover as discoverPaths,
  type Finding,
  LATEST,
  parsePoint,
  rebuild,
  readZnode,
  restore,
  type State,
  salvage,
  verify,
  ZkRewindError,
} from "../src/index.js";
import { diffTrees } from "../src/forensics/diff/diff.js";
import { undo } from "../src/forensics/diff/undo.js";
import { resolveBound } from "../src/recovery/point/resolve.js";
import { orphans } from "../src/tree/index.js";
import { plain } from "../src/text/message.js";
import { readingOf } from "./both-ways.js";
import { aclBytes } from "./model/txn.js";
import { addHash, nodeHash, sessionsText, textOf, type TreeHash, type Znode } from "./model/tree.js";

/** All that the harness asks of the project goes through here, so that it follows where the project's API goes. */

export type { DataDirectory };

export interface SeenFinding {
  code: string;
  severity: "error" | "warning" | "note";
  /** The file's name. */
  file: string | null;
  message: string;
}

export interface Range {
  from: bigint;
  to: bigint;
  /** Parts of its states that nothing proves. */
  unproven: readonly string[];
}

export interface SeenVerify {
  sound: boolean;
  findings: SeenFinding[];
  ranges: Range[];
}

/** A state that was rebuilt, in the form of the harness's own trees. */
export interface SeenState {
  zxid: bigint;
  exact: boolean;
  tree: TreeHash;
  sessions: string;
  /** Parts that the state itself says are not proven. */
  unproven: readonly string[];
  findings: SeenFinding[];
  /** A znode's data as text; null where there is none. */
  dataOf(path: string): string | null;
  /** Everything, a line a znode, for those who want to see a difference. */
  lines(): string[];
  /** Writes it as a new data directory; answers the snapshot's path. */
  restore(target: string): Promise<string>;
}

/** A refusal that the project means: anything else that is thrown is a crash. */
export class Refusal extends Error {
  readonly exitCode: number;
  readonly findings: SeenFinding[];

  constructor(error: ZkRewindError) {
    super(`${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`);
    this.exitCode = error.exitCode;
    this.findings = error.findings.map(seen);
  }
}

export function discover(path: string): DataDirectory {
  try {
    return discoverPaths([path]);
  } catch (error) {
    throw meant(error);
  }
}

export async function verifyAll(directory: DataDirectory): Promise<SeenVerify> {
  return guarded(async () => {
    const { findings, exact } = await verify(directory);
    // What a release's server does with files is no statement about what they hold.
    const about = findings.filter(({ code }) => code !== "server.start").map(seen);
    return { sound: about.every(({ severity }) => severity !== "error"), findings: about, ranges: exact ?? [] };
  });
}

/** What to do where a point cannot be had exactly: refuse, or answer with the nearest or with the newest exact state. */
export type Otherwise = "refuse" | "inexact" | "newest exact";

export async function rebuildAt(
  directory: DataDirectory,
  zxid: bigint | "latest",
  otherwise: Otherwise = "refuse",
): Promise<SeenState> {
  return guarded(async () => {
    const request =
      zxid === "latest" ? LATEST : { point: { kind: "zxid" as const, zxid, text: String(zxid) }, inclusive: true };
    const options = { inexact: otherwise === "inexact", newestExact: otherwise === "newest exact" };
    return seenState(await rebuild(directory, request, options));
  });
}

/** What a point's text means: a zxid, milliseconds since 1970 for a time, or the exit code of a refusal. */
export function pointOf(text: string, zone?: string): bigint | number | string {
  try {
    const point = parsePoint(text, zone);
    if (point.kind === "zxid") return point.zxid;
    return point.kind === "time" ? point.nanos / 1_000_000n : point.kind;
  } catch (error) {
    const refusal = meant(error);
    if (refusal instanceof Refusal) return refusal.exitCode;
    throw error;
  }
}

/** The transaction that a time (milliseconds since 1970) means; null where that is refused. */
export async function zxidAtTime(directory: DataDirectory, millis: bigint): Promise<bigint | null> {
  try {
    const point = { kind: "time" as const, nanos: millis * 1_000_000n, text: String(millis) };
    return await guarded(() => resolveBound(directory, { point, inclusive: true }));
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** The steps that lead back from a state to another, and the paths that are there before them. */
export async function quotaUndo(
  directory: DataDirectory,
  from: bigint,
  to: bigint,
): Promise<{ paths: string[]; steps: { op: string; path: string }[] }> {
  return guarded(async () => {
    const [before, after] = await Promise.all(
      [from, to].map((zxid) =>
        rebuild(directory, { point: { kind: "zxid", zxid, text: String(zxid) }, inclusive: true }),
      ),
    );
    if (!before || !after) throw new Error("no states");
    const { steps } = undo(before.tree, after.tree, [...diffTrees(before.tree, after.tree, { oneHistory: true })]);
    const paths = Array.from(znodesOf(after), ({ node: { path } }) => (path === "" ? "/" : path));
    return { paths, steps: steps.map(({ op, path }) => ({ op, path })) };
  });
}

/** What a log command says: each transaction's zxid and whether its checksum is right, and what is found on the way. */
export interface SeenLog {
  txns: { zxid: bigint; sound: boolean }[];
  findings: SeenFinding[];
}

export async function readLogs(directory: DataDirectory): Promise<SeenLog> {
  return guarded(async () => {
    const pieces: Buffer[] = [];
    const findings: SeenFinding[] = directory.findings.map(seen);
    await exportTxns(
      directory.logs,
      { write: (bytes) => void pieces.push(Buffer.from(bytes)) },
      {
        format: ndjson,
        source: directory.sources,
        range: { from: null, to: null },
        onFinding: (each) => void findings.push(seen(each)),
      },
    );
    const lines = Buffer.concat(pieces).toString("utf8").trimEnd().split("\n");
    const txns = lines
      .map((line) => JSON.parse(line) as { type: string; zxid: string; damaged?: string })
      .filter(({ type }) => type === "txn")
      .map((txn) => ({ zxid: BigInt.asIntN(64, BigInt(txn.zxid)), sound: txn.damaged === undefined }));
    return { txns, findings };
  });
}

export interface SeenSalvage {
  whole: boolean;
}

export async function salvageTo(directory: DataDirectory, target: string): Promise<SeenSalvage> {
  return guarded(async () => ({ whole: (await salvage(directory, target)).whole }));
}

/** The names of snapshots that are read otherwise by the kernel's runs than one znode at a time. */
export async function readOtherwise(directory: DataDirectory): Promise<string[]> {
  return guarded(async () => {
    const names: string[] = [];
    for (const file of directory.snapshots) {
      if (!isDeepStrictEqual(await readingOf(file, false), await readingOf(file, true))) names.push(file.name);
    }
    return names;
  });
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw meant(error);
  }
}

function meant(error: unknown): unknown {
  return error instanceof ZkRewindError ? new Refusal(error) : error;
}

function seen({ code, severity, file, message }: Finding): SeenFinding {
  return { code, severity, file: file === undefined ? null : basename(file), message: plain(message) };
}

function seenState(state: State): SeenState {
  const { tree } = state;
  const hash: TreeHash = { one: 0, two: 0, bare: 0, acls: 0, system: 0, config: 0, znodes: 0 };
  for (const { node, children } of znodesOf(state)) {
    addHash(hash, nodeHash(node, children), 1);
    hash.znodes++;
  }
  return {
    zxid: state.zxid,
    exact: state.exact,
    tree: hash,
    sessions: sessionsText(new Map(tree.sessions.sorted())),
    unproven: state.unproven,
    findings: state.findings.map(seen),
    dataOf: (path) => {
      const slot = tree.znodes.findPath(Buffer.from(path));
      return slot < 0 ? null : (readZnode(tree, slot).data?.toString("utf8") ?? null);
    },
    lines: () => Array.from(znodesOf(state), ({ node, children }) => `${textOf(node, children)}\n${node.acl ?? "?"}`),
    restore: (target) =>
      guarded(async () => (await restore(state, target, { layout: state.layout, openDanglingAcls: true })).snapshot),
  };
}

/** The znodes that a walk comes to, then those that no list leads to. */
function* znodesOf({ tree }: State): Generator<{ node: Omit<Znode, "children">; children: number }> {
  const children = new ChildIndex(tree.znodes);
  const slots = [...children.walk(), ...orphans(tree.znodes).flatMap((top) => [...children.walk(top)])];
  for (const slot of slots) {
    const { pathBytes, data, acl, stat } = readZnode(tree, slot);
    const path = pathBytes.toString("latin1");
    const entries = acl?.map(({ perms, scheme, id }) => [perms, latin(scheme), latin(id)] as const);
    const node = {
      ...stat,
      path: path === "/" ? "" : path,
      data,
      acl: entries ? aclBytes(entries) : null,
      owner: stat.ephemeralOwner,
    };
    yield { node, children: stat.numChildren };
  }
}

function latin(text: string | null): string | null {
  return text === null ? null : Buffer.from(text, "utf8").toString("latin1");
}
