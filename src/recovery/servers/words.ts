import { hex } from "../../storage/zxid.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import type { Deletion } from "./deletions.js";
import type { Loss } from "./loss.js";
import type { Release } from "./releases.js";
import type { ServerVerdict } from "./verdict.js";

/** What a server that starts does not have, or does not keep. */
export function reservations({
  snapshot,
  skipped,
  lost,
  deletes,
  settings,
  needsDigestsOff,
}: ServerVerdict): Message[] {
  const instead = snapshot ? say`${tag.file(snapshot.file)} is taken instead` : say`none is taken`;
  // DataTree.deserialize begins with a new map of znodes, and with the ephemerals of the snapshot before.
  const ephemeralsLeft = snapshot ? say`; znodes that it names as ephemerals may be deleted` : say``;
  return [
    ...skipped.slice(0, MOST_SKIPPED).map(({ name, reading }) => {
      if (reading === "passed over") return say`${tag.file(name)} does not end as a snapshot does: ${instead}`;
      return say`${tag.file(name)} cannot be read: ${instead}${ephemeralsLeft}`;
    }),
    ...(needsDigestsOff && snapshot
      ? [
          say`it needs -Dzookeeper.digest.enabled=false: otherwise it cannot read ${tag.file(snapshot.file)}, which has no digest`,
        ]
      : []),
    ...(lost.length > 0 ? [say`it lacks ${lossText(lost)}`] : []),
    ...deletes.map((each) => say`${deletionText(each, settings.release)}${followers(settings.mode)}`),
  ];
}

/** Ranges of transactions, by where they are. */
export function lossText(lost: readonly Loss[]): Message {
  const shown = lost.slice(0, MOST_LOST).map(({ from, to, where }) => say`${rangeText(from, to)} (${WHERE[where]})`);
  const more = lost.length - shown.length;
  return say`${joined(shown, ", ")}${more > 0 ? say`, and ${more} more` : say``}`;
}

export function deletionText({ kind, count, paths }: Deletion, release: Release): Message {
  const names = paths.map((each) => tag.path(each));
  const some =
    names.length === 0 ? say`` : say` (${joined(names, ", ")}${(count ?? 2) > names.length ? say`, …` : say``})`;
  const what =
    count === null ? say`may delete ${KINDS[kind][1]}` : say`deletes ${count} ${KINDS[kind][count === 1 ? 0 : 1]}`;
  const unless = kind === "ttl" && release.containers ? say`without -Dzookeeper.extendedTypesEnabled=true ` : say``;
  return say`${unless}it ${what}${some}`;
}

function followers(mode: ServerVerdict["settings"]["mode"]): Message {
  return mode === "ensemble" ? say`, if it is the leader; a follower keeps them` : say``;
}

function rangeText(from: bigint, to: bigint): Message {
  return from === to ? say`${hex(from)}` : say`${hex(from)} to ${hex(to)}`;
}

const WHERE: Readonly<Record<Loss["where"], "in no file" | "in a file, not read" | "read, and left out">> = {
  "in no file": "in no file",
  "not read": "in a file, not read",
  "left out": "read, and left out",
};
/** One, and several. */
const KINDS: Readonly<Record<Deletion["kind"], readonly [Message, Message]>> = {
  container: [say`container`, say`containers`],
  ttl: [say`TTL znode`, say`TTL znodes`],
  ephemeral: [say`ephemeral of a session that is gone`, say`ephemerals of sessions that are gone`],
};
const MOST_LOST = 5;
const MOST_SKIPPED = 3;
