import { ARCHIVE_FINDINGS } from "./topics/archive.js";
import { BACKUP_FINDINGS } from "./topics/backup.js";
import { COVERAGE_FINDINGS } from "./topics/coverage.js";
import { ENSEMBLE_FINDINGS } from "./topics/ensemble.js";
import { FILE_FINDINGS } from "./topics/file.js";
import { LOG_FINDINGS } from "./topics/log.js";
import { REPLAY_FINDINGS } from "./topics/replay.js";
import { SERVER_FINDINGS } from "./topics/server.js";
import { SNAPSHOT_FINDINGS } from "./topics/snapshot.js";
import { TREE_FINDINGS } from "./topics/tree.js";
import type { Cure, FindingKind, Trouble } from "./kind.js";

/** The tables, by what they are about. */
const TOPICS = {
  file: FILE_FINDINGS,
  snapshot: SNAPSHOT_FINDINGS,
  archive: ARCHIVE_FINDINGS,
  backup: BACKUP_FINDINGS,
  coverage: COVERAGE_FINDINGS,
  ensemble: ENSEMBLE_FINDINGS,
} as const;

/** Every kind of finding, by its stable code. */
export const FINDINGS = {
  ...FILE_FINDINGS,
  ...ARCHIVE_FINDINGS,
  ...BACKUP_FINDINGS,
  ...SNAPSHOT_FINDINGS,
  ...LOG_FINDINGS,
  ...COVERAGE_FINDINGS,
  ...REPLAY_FINDINGS,
  ...TREE_FINDINGS,
  ...ENSEMBLE_FINDINGS,
  ...SERVER_FINDINGS,
} satisfies Record<string, FindingKind>;

/** The stable code of a kind of finding. */
export type FindingCode = keyof typeof FINDINGS;

export const FINDING_CODES = Object.keys(FINDINGS) as FindingCode[];

/**
 * Whether a text is a finding's code.
 *
 * @example
 * import { FINDINGS, isFindingCode } from "zkrewind/findings";
 *
 * const code = "log.crc";
 * if (isFindingCode(code)) console.log(FINDINGS[code].meaning);
 */
export function isFindingCode(text: string): text is FindingCode {
  return Object.hasOwn(FINDINGS, text);
}

/** The kinds that `is` has, likeliest first: what is found in a file tells more than what is found of a whole one. */
function kindsThat(is: (kind: FindingKind, code: FindingCode) => boolean): FindingCode[] {
  const codes = FINDING_CODES.filter((code) => is(FINDINGS[code], code));
  const isOfFile = (code: FindingCode): boolean => isAbout({ code }, "file");
  return [...codes.filter((code) => !isOfFile(code)), ...codes.filter(isOfFile)];
}

/** The kinds that can cause a trouble of a server, likeliest first. */
export function kindsCausing(trouble: Trouble): FindingCode[] {
  return kindsThat(({ causes }) => causes.includes(trouble));
}

/** Whether it can cause a trouble of a server. */
export function isCauseOf({ code }: { code: FindingCode }, trouble: Trouble): boolean {
  const { causes }: FindingKind = FINDINGS[code];
  return causes.includes(trouble);
}

/** The kinds of damage of a snapshot and whatever else keeps a server from loading one, likeliest first. */
export function kindsThatStopSnapshots(): FindingCode[] {
  return kindsThat(({ damage }, code) => stopsSnapshot({ code }) || (damage && isAbout({ code }, "snapshot")));
}

/** Whether a file's bytes are damaged. */
export function isDamage({ code }: { code: FindingCode }): boolean {
  return FINDINGS[code].damage;
}

/** Whether it is one of a topic's. */
export function isAbout({ code }: { code: FindingCode }, topic: keyof typeof TOPICS): boolean {
  return Object.hasOwn(TOPICS[topic], code);
}

/** Whether a replay finds it: a pass over the files does not. */
export function isOfReplay({ code }: { code: FindingCode }): boolean {
  return FINDINGS[code].replay !== "none";
}

/** Whether it says that the replayed tree, or a transaction, is not what the server had. */
export function isMisfit({ code }: { code: FindingCode }): boolean {
  const { replay } = FINDINGS[code];
  return replay === "digest" || replay === "tree";
}

/** Whether a transaction did not find the tree as it should be. */
export function isMisfitOfTxn({ code }: { code: FindingCode }): boolean {
  return FINDINGS[code].replay === "tree";
}

/** Whether a server does not load a snapshot in which this is found. */
export function stopsSnapshot({ code }: { code: FindingCode }): boolean {
  const { stops } = FINDINGS[code];
  return stops === "snapshot" || stops === "either";
}

/** Whether a sound file that a server is still writing looks like this. */
export function mayBeUnfinished({ code }: { code: FindingCode }): boolean {
  return FINDINGS[code].unfinished;
}

/** What cures it, in a log or in another file. */
export function curesOf(code: FindingCode, inLog: boolean): readonly Cure[] {
  const { cures }: FindingKind = FINDINGS[code];
  if ("log" in cures) return inLog ? cures.log : cures.snapshot;
  return cures;
}
