import { ZkRewindError } from "../../findings/finding.js";
import { epochOf, hex, makeZxid } from "../../storage/zxid.js";
import { type Message, say, tag } from "../../text/message.js";
import type { DataDirectory } from "../directory/data-directory.js";
import type { Folder } from "../directory/folder.js";
import { readEpochs } from "../directory/epoch-files.js";
import { lastZxid } from "../scan/headers.js";

/** How far a source shows that its ensemble has been. */
export interface Reach {
  /** The highest epoch that anything in it shows. */
  epoch: number;
  /** What shows that. */
  by: Message;
  /** The highest zxid that a transaction or a snapshot of it has. */
  zxid: bigint;
}

/**
 * The highest epoch of a source: of its snapshots and logs, of epoch files (servers write them before an epoch's first
 * transaction), of the versions of dynamic configurations, and of the point itself. It cannot show what came after it was
 * taken.
 */
export async function reachOf(directory: DataDirectory, point: bigint): Promise<Reach> {
  const reach: Reach = { epoch: 0, by: say`no file shows a later epoch`, zxid: 0n };
  const see = (epoch: number, by: Message): void => {
    if (epoch > reach.epoch && epoch <= MOST_EPOCH) Object.assign(reach, { epoch, by });
  };
  const seeZxid = (zxid: bigint, by: Message): void => {
    if (zxid > reach.zxid) reach.zxid = zxid;
    see(epochOf(zxid), by);
  };
  seeZxid(point, say`the point itself, ${hex(point)}`);
  for (const { zxid, name } of directory.snapshots) if (zxid !== null) seeZxid(zxid, say`${tag.file(name)}`);
  const last = await lastZxid(directory.logs);
  if (last !== null) seeZxid(last, say`the last transaction, ${hex(last)}`);
  for (const { zxid, name } of directory.logs) if (zxid !== null) see(epochOf(zxid), say`${tag.file(name)}`);
  for (const folder of foldersOf(directory)) {
    for (const [name, text] of epochTexts(folder)) {
      if (/^\d{1,10}\s*$/.test(text)) see(Number(text), say`${tag.file(folder.idOf(name))}`);
    }
    for (const { name, version } of dynamicFiles(folder)) see(epochOf(version), say`${tag.file(folder.idOf(name))}`);
  }
  return reach;
}

/** A dynamic configuration, by the version in its name: the zxid that made it. */
export function dynamicVersion(name: string): bigint | null {
  const version = /\.dynamic\.([0-9a-f]{1,16})$/.exec(name)?.[1];
  return version === undefined ? null : BigInt.asIntN(64, BigInt(`0x${version}`));
}

/** An epoch that was chosen, and what is to be said about it. */
export interface BumpedEpoch {
  epoch: number;
  zxid: bigint;
  warnings: Message[];
}

/**
 * The epoch of a restored tree: a leap above the highest that the sources show, so that no server that still has its
 * old data comes to the same one by itself; or `wanted`, where the living ensemble is known to be further.
 *
 * Throws ZkRewindError 2 where the sources show as much as `wanted` already.
 */
export function bumpEpoch({ epoch: highest, by }: Reach, wanted: number | null): BumpedEpoch {
  const epoch = wanted ?? highest + LEAP;
  const hint = say`Without a number, --bump-epoch takes ${highest + LEAP}. If the running ensemble, or the message that refuses a client, shows a higher epoch, name that plus ${LEAP}.`;
  if (epoch <= highest)
    throw new ZkRewindError(say`epoch ${epoch} is not above ${highest}, the highest that the files show (${by})`, {
      exitCode: 2,
      hint,
    });
  if (epoch > MOST_EPOCH)
    throw new ZkRewindError(say`epoch ${epoch} leaves no room for elections`, { exitCode: 2, hint });
  const warnings =
    epoch - highest >= LEAP
      ? []
      : [
          say`epoch ${epoch} is only ${epoch - highest} above ${highest}: servers that still have their old data reach it in ${epoch - highest === 1 ? "one election" : "as many elections"}, and would then serve a different tree from this one`,
        ];
  return { epoch, zxid: makeZxid(epoch, 0), warnings };
}

/** Elections that servers with old data may have had, or have, without anybody knowing. */
export const LEAP = 16;
/** Each election takes one more, and a zxid is signed. */
export const MOST_EPOCH = 0x7fffff00;

/** The folders that hold epoch files and dynamic configurations. */
function foldersOf({ places }: DataDirectory): Folder[] {
  const around = places.flatMap((folder) =>
    folder.name === "version-2" ? [folder.above()] : [folder.inner("version-2")],
  );
  return [...new Map([...places, ...around].map((folder) => [folder.id, folder])).values()];
}

function epochTexts(folder: Folder): [name: string, text: string][] {
  const { current, accepted } = readEpochs(folder, () => undefined);
  const list: [string, string][] = [];
  if (current !== null) list.push(["currentEpoch", current]);
  if (accepted !== null) list.push(["acceptedEpoch", accepted]);
  return list;
}

function dynamicFiles(folder: Folder): { name: string; version: bigint }[] {
  let names: string[];
  try {
    names = folder.names();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const version = dynamicVersion(name);
    return version === null ? [] : [{ name, version }];
  });
}
