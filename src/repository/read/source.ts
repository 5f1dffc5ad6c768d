import { type Finding, finding } from "../../findings/finding.js";
import type { Scratch } from "../../io/scratch.js";
import type { GivenArchive } from "../../recovery/directory/given.js";
import type { PointRequest } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { joined, plain, say, tag } from "../../text/message.js";
import type { Identities } from "../crypt/index.js";
import type { Memory } from "../memory/memory.js";
import { parsePartName, parseSegmentName } from "../names.js";
import type { PublicKey } from "../sign/index.js";
import { EVERYTHING, gather, type Wanted } from "./gather.js";
import type { History } from "./history.js";
import { isS3 } from "../store/s3-location.js";
import { KeptObjects } from "./kept-objects.js";
import { Objects } from "./objects.js";
import { type Opened, openRepositories } from "./open.js";
import { RepositoryTree } from "./tree.js";

export interface RepositorySourceOptions {
  scratch: Scratch;
  /** The keys that must have signed what is believed, if any. */
  pinned: ReadonlySet<PublicKey>;
  identities: Identities | null;
  /** What repositories are held against, if anything. */
  memory?: Memory | null | undefined;
  /** Told of what is kept of objects that are fetched: it is to be taken away once they are not needed any more. */
  onKept?: (kept: KeptObjects) => void;
  /** Which branch is read; the main line unless given. */
  branch?: string | undefined;
  /** What is asked for; everything is fetched unless given. */
  asked?: Asked | undefined;
  onProgress?: (done: number, total: number) => void;
}

/** A state, or transactions from one zxid to another: null where that is open, or where only the transactions tell. */
export type Asked =
  | { kind: "state"; at: PointRequest }
  | { kind: "transactions"; from: bigint | null; to: bigint | null };

/**
 * Makes a source of repositories that are read as one: the files that the question needs, in a scratch folder.
 *
 * Throws ZkRewindError: 3 where none can be read, 2 where a branch is named that there is not.
 */
export async function repositorySource(
  locations: readonly string[],
  { scratch, pinned, identities, memory, branch, asked, onKept, onProgress }: RepositorySourceOptions,
): Promise<GivenArchive> {
  const opened = await openRepositories(locations, { pinned, branch, memory });
  const { stores, history, problems, pruned } = opened;
  // Objects on this machine's own disks are not copied.
  const kept = locations.some(isS3)
    ? new KeptObjects(
        scratch,
        opened.each.map(({ id }) => id),
      )
    : null;
  if (kept) onKept?.(kept);
  const objects = new Objects(stores, identities, kept);
  const wanted = asked ? wantedFor(asked, history) : EVERYTHING;
  const gathered = await gather(history, objects, scratch, wanted, onProgress);
  const { files } = gathered;
  const lost = gathered.lost.filter((each) => !pruned.has(each.name));
  const name = plain(
    joined(
      locations.map((each) => tag.file(each)),
      ",",
    ),
  );
  const findings: Finding[] = [
    ...problems
      .filter(({ why }) => !opened.broken.some((each) => plain(each) === plain(why)))
      .map(({ location, why }) => finding("backup.unreachable", why, { file: location })),
    ...opened.broken.map((why) => finding("backup.lost", why, { file: name })),
    ...lost.map(({ name: file, why }) => finding("backup.lost", why, { file, ...reached(file) })),
    ...shownBefore(opened, name, branch !== undefined),
    ...opened.unremembered.map(({ location, why }) => finding("backup.unremembered", why, { file: location })),
    ...objects.problems
      .filter((each) => !gathered.lost.some((other) => other.name === each.name))
      .map(({ location, name: object, why }) => finding("backup.damaged", why, { file: `${location}/${object}` })),
    ...history.holes
      .filter(({ after }) => after !== null)
      .map(({ after, before }) =>
        finding("backup.hole", say`what came after ${hex(after ?? 0n)} is missing`, { file: name, zxid: before }),
      ),
  ];
  const shown = files.filter((file) => !CONFIGURATION.has(file.name));
  return { id: name, tree: new RepositoryTree(name, shown, findings), path: "/" };
}

/** Up to where an object that is lost shows that history went. */
function reached(name: string): { zxid?: bigint } {
  const zxid = parseSegmentName(name)?.last ?? parsePartName(name)?.zxid;
  return zxid === undefined ? {} : { zxid };
}

/** What shows that the repositories had more than they have now. */
function shownBefore({ history, later, rolledBack }: Opened, name: string, isBranch: boolean): Finding[] {
  const next = (history.tip?.zxid ?? -1n) + 1n;
  const told = history.lines.map(({ tip }) => tip?.zxid ?? -1n).reduce((a, b) => (a > b ? a : b), -1n);
  const isWanting = !isBranch && told >= next;
  return [
    ...(isWanting
      ? [
          finding("backup.lost", say`links tell of transactions up to ${hex(told)}: they are in none`, {
            file: name,
            zxid: told,
          }),
        ]
      : []),
    ...later.map(({ location, name }) =>
      finding(
        "backup.lost",
        say`a link later than all that can be read, which is damaged or not signed as it must be`,
        {
          file: `${location}/${name}`,
          zxid: next,
        },
      ),
    ),
    ...rolledBackFindings(rolledBack, next),
  ];
}

/** A finding for each repository that shows less than it did; `next`: after what is read now. */
export function rolledBackFindings(rolledBack: Opened["rolledBack"], next: bigint): Finding[] {
  return rolledBack.map(({ location, why, zxid, isCovered }) =>
    finding("backup.rolled-back", why, {
      file: location,
      ...(isCovered ? { severity: "warning" as const } : { zxid: zxid !== null && zxid > next ? zxid : next }),
    }),
  );
}

function wantedFor(asked: Asked, history: History): Wanted {
  if (asked.kind === "state") return wantedForState(asked.at, history);
  return { snapshotsUpTo: NONE, from: asked.from, to: asked.to };
}

/**
 * What a state needs: the newest snapshots that can be its base, and the transactions from there on. What a time is, only
 * the transactions tell, so that all from there on are wanted.
 */
function wantedForState({ point, inclusive }: PointRequest, history: History): Wanted {
  switch (point.kind) {
    case "latest":
      return { snapshotsUpTo: null, snapshots: BASES, from: null, to: null };
    case "zxid": {
      const zxid = inclusive ? point.zxid : point.zxid - 1n;
      return { snapshotsUpTo: zxid, snapshots: BASES, from: null, to: zxid };
    }
    case "time":
      return { snapshotsUpTo: zxidAt(history, point.nanos / 1_000_000n), snapshots: BASES, from: null, to: null };
    case "ago":
      return {
        snapshotsUpTo: zxidAt(history, (history.tip?.time ?? 0n) - point.millis),
        snapshots: BASES,
        from: null,
        to: null,
      };
    default:
      return point satisfies never;
  }
}

/** No transaction that is not later than a time comes before the first piece that begins later. */
function zxidAt({ main }: History, millis: bigint): bigint {
  return main.find(({ segment }) => segment.from > millis || segment.to > millis)?.from ?? main.at(-1)?.to ?? 0n;
}

/** No snapshot is of before the first transaction. */
const NONE = -1n;
/** The newest snapshot can be ahead of the point, and another may be damaged. */
const BASES = 3;
const CONFIGURATION = new Set(["zoo.cfg", "zoo.cfg.dynamic"]);
