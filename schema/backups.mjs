// The documents of `backup` and of `retention`.
import { source, at, findings } from "./common.mjs";
import { arrayOf, boolean, count, object, orNull, ref, string, strings, time, zxid } from "./terms.mjs";

const recoveryPoint = orNull(object({ zxid, time }));

/** What a repository holds. */
const backedUp = {
  recoveryPoint,
  first: orNull(zxid),
  confirmed: orNull(zxid),
  voters: orNull(strings),
  holes: arrayOf(object({ after: orNull(zxid), before: zxid })),
  branches: arrayOf(object({ name: string, servers: strings, first: zxid, last: zxid })),
  newestSnapshot: orNull(zxid),
  snapshots: count,
  segments: count,
  bytes: count,
  servers: arrayOf(object({ server: string, recoveryPoint, shipped: string, segments: count, snapshots: count })),
};

/** What a run of backup run has shipped, and what not. */
const run = {
  time,
  pid: count,
  following: boolean,
  server: string,
  source: string,
  recoveryPoint,
  unshipped: object({ bytes: count, since: orNull(time) }),
  repositories: arrayOf(
    object({
      location: string,
      lacks: object({ links: count, objects: count, bytes: count }),
      since: orNull(time),
      why: orNull(string),
    }),
  ),
};

export const backups = {
  retention: {
    about: "Which files of a directory may go, for the points that are to be kept: retention.",
    fields: {
      source,
      points: arrayOf(object({ point: string, from: zxid, to: zxid, exact: boolean })),
      files: arrayOf(object({ file: string, size: count, keep: boolean, reason: string })),
    },
  },
  backups: {
    about: "What repositories hold: backup list. Each alone, and all of them taken together.",
    fields: {
      repositories: arrayOf(
        object({
          location: string,
          behind: boolean,
          lacks: orNull(object({ after: orNull(zxid), upTo: zxid, since: time })),
          ...backedUp,
        }),
      ),
      together: object(backedUp),
      problems: arrayOf(object({ location: string, message: string })),
      runs: arrayOf(object(run)),
    },
  },
  "backup-run": {
    about: "What was shipped, and what not, since when and why: backup run, and what it writes for backup list.",
    fields: run,
  },
  "backup-verify": {
    about: "Whether repositories hold what they say: backup verify.",
    fields: {
      repositories: arrayOf(
        object({
          location: string,
          objects: count,
          bytes: count,
          replayed: orNull(object({ transactions: count, digests: count, exactTo: orNull(zxid) })),
          findings,
          sound: boolean,
        }),
      ),
    },
  },
  "backup-compact": {
    about: "What compaction made of a repository's objects: backup compact.",
    fields: {
      repository: string,
      maxReplay: count,
      merged: arrayOf(object({ object: string, segments: count, bytes: count })),
      bases: arrayOf(object({ zxid, znodes: count, digest: ref("digest"), bytes: count })),
      unproven: arrayOf(object({ zxid, message: string })),
      damaged: arrayOf(object({ object: string, message: string })),
    },
  },
  "backup-sync": {
    about: "What was copied between repositories, and what is lost in all of them: backup sync.",
    fields: {
      repositories: arrayOf(object({ location: string, copied: count, healed: count, bytes: count })),
      lost: arrayOf(object({ object: string, damagedIn: strings })),
      undecided: arrayOf(object({ object: string, in: strings })),
      failed: arrayOf(object({ location: string, message: string })),
      examined: count,
    },
  },
  "backup-prune": {
    about: "What becomes of each object of a repository, and why; what was marked and deleted: backup prune.",
    fields: {
      repository: string,
      applied: boolean,
      points: arrayOf(object({ point: string, server: string, from: zxid, to: zxid, whole: boolean })),
      objects: arrayOf(object({ object: string, size: count, keep: boolean, reason: string })),
      marked: strings,
      deleted: strings,
      waiting: strings,
      until: orNull(time),
    },
  },
  "backup-rekey": {
    about: "What was encrypted to other recipients: backup rekey.",
    fields: { repository: string, encrypted: count, earlier: count, links: strings },
  },
  "backup-drill": {
    about: "A restore that was rehearsed, and how long each part of it took, in milliseconds: backup drill.",
    fields: {
      repositories: strings,
      time,
      at,
      digestVerified: boolean,
      znodes: count,
      server: orNull(string),
      phases: arrayOf(object({ phase: string, milliseconds: count })),
      milliseconds: count,
    },
  },
};
