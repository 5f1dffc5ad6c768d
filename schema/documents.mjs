// The documents, by their "type". One with `lists` has an NDJSON form: a header, the lists' items, an end with the counts.
import { backups } from "./backups.mjs";
import { source, at, findings, startable } from "./common.mjs";
import { node, nodeOptional, session, sessionOptional, usage } from "./shapes.mjs";
import {
  arrayOf,
  boolean,
  count,
  mapOf,
  object,
  oneOf,
  orNull,
  path,
  ref,
  string,
  strings,
  time,
  zxid,
} from "./terms.mjs";
import { written } from "./written.mjs";

const range = { from: orNull(zxid), to: orNull(zxid) };
const states = { from: ref("point"), to: ref("point") };
const epoch = object({ epoch: count, first: zxid, last: zxid, count });
const logEnd = string;
const counted = { count, bytes: count, errors: count, largest: count };
const speakers = arrayOf(object({}, { class: string, level: string, releases: string }));

/** What `info` and `verify` say of the points that can be rebuilt, and of a start. */
const verdict = {
  replayed: boolean,
  exact: arrayOf(ref("exactRange")),
  covered: arrayOf(ref("exactRange")),
  later: orNull(object({ zxid, why: string })),
  gaps: arrayOf(object({ after: zxid, before: zxid, bridgedBy: orNull(string) })),
  startable,
  findings,
};

export const parts = {
  exactRange: {
    description: "Points that can be rebuilt, from the snapshot base; null: from the beginning of the logs.",
    ...object({ from: zxid, to: zxid, base: orNull(string), unproven: ref("unproven") }),
  },
};

/** The trees of servers, as `compare` has them. */
const servedTrees = orNull(
  object({
    zxid,
    results: arrayOf(
      object(
        {
          node: string,
          reason: orNull(string),
          sessions: count,
          verified: boolean,
          same: { type: ["boolean", "null"] },
          differing: count,
          differences: arrayOf(object({ path, change: oneOf("added", "removed", "changed"), fields: strings })),
        },
        { znodes: count, digest: ref("decimal") },
      ),
    ),
  }),
);

/** `fields` each has, `optional` may be left out. `shared` fields of JSON are a line of their own in NDJSON. */
export const documents = {
  tree: {
    about:
      "A tree, or some of its znodes: export, ls, tree, find. Without counts (and in NDJSON without an end), a damaged snapshot could not be read whole.",
    fields: { source, at },
    optional: { digest: ref("digest"), include: strings, exclude: strings },
    lists: { sessions: ref("session"), nodes: ref("node") },
    counts: ["nodes", "sessions"],
    mayLackCounts: true,
  },
  transactions: {
    about: "Transactions: log, export --txns. from and to are the range that was asked for.",
    fields: { source, ...range },
    lists: { transactions: ref("txn") },
    counts: ["transactions"],
  },
  history: {
    about: "The changes of a znode, or of a subtree, and where transactions are missing.",
    fields: { source, path, recursive: boolean, ...range },
    lists: { changes: { anyOf: [ref("change"), ref("hole")] } },
    counts: ["changes"],
  },
  diff: {
    about:
      "What differs between two states. unlogged: transactions between them that no log has (before is null: up to the end).",
    fields: {
      source,
      ...states,
      attributed: boolean,
      unlogged: arrayOf(object({ after: zxid, before: orNull(zxid) })),
      sessions: object({ opened: arrayOf(zxid), closed: arrayOf(zxid) }),
    },
    lists: { changes: ref("change") },
    counts: ["added", "removed", "changed"],
  },
  undo: {
    about: "The way back from a state (to) to an earlier one (from). kept: what is left as it is.",
    fields: { source, ...states, kept: arrayOf(object({ path, why: string })) },
    lists: { operations: ref("undo") },
    counts: ["operations"],
  },
  sessions: {
    about: "The sessions at a point; with --all those that have ended, too.",
    fields: { source, at, ephemeralsWithoutSession: arrayOf(object({ path, owner: zxid })) },
    lists: { sessions: ref("session") },
    counts: ["sessions"],
  },
  session: {
    about:
      "One session's life, and its ephemerals. In JSON the session's fields stand beside the document's; in NDJSON they are a line.",
    fields: { source, ...range },
    shared: { fields: session, optional: sessionOptional },
    lists: { ephemeralZnodes: ref("ephemeral") },
    counts: ["ephemeralZnodes"],
  },
  du: {
    about:
      "What takes the space. at is null where one snapshot was read as it is. records: the bytes of znodes in a snapshot; values: the bytes of their data.",
    fields: { source, path, at: orNull(at), total: object(usage) },
    lists: {
      subtrees: ref("subtree"),
      depths: ref("depth"),
      largest: ref("value"),
      children: ref("children"),
      patterns: ref("pattern"),
    },
    counts: ["subtrees", "depths", "largest", "children", "patterns"],
  },
  growth: {
    about: "What grew between two points: du --from.",
    fields: { source, path, ...states },
    lists: { growth: ref("grown") },
    counts: ["growth"],
  },
  audit: {
    about: "What audits found: find --audit. Each audit counts all of its hits; --limit shortens the list.",
    fields: { source, at, audits: arrayOf(object({ audit: string, explanation: string, hits: count })) },
    lists: { hits: ref("hit") },
    counts: ["hits"],
  },
  node: {
    about: "One znode: stat, cat. Its fields stand beside the document's.",
    fields: { source, at, ...node },
    optional: nodeOptional,
  },
  info: {
    about: "What is in a data directory. exact is empty where nothing was replayed. runs: transactions without a gap.",
    fields: {
      source,
      ...verdict,
      snapshots: arrayOf(
        object({
          file: string,
          path: string,
          zxid: orNull(zxid),
          size: count,
          bytes: count,
          compression: string,
          layout: orNull(string),
          sealed: boolean,
          znodes: count,
          ephemerals: count,
          sessions: count,
          acls: count,
          fuzzyUntil: orNull(zxid),
          largestValue: count,
        }),
      ),
      logs: arrayOf(
        object({
          file: string,
          path: string,
          size: count,
          compression: string,
          soundEnd: count,
          transactions: count,
          digests: count,
          largestRecord: count,
          end: logEnd,
          runs: arrayOf(object({ first: zxid, last: zxid, firstTime: time, lastTime: time, count })),
        }),
      ),
      epochs: orNull(
        object({
          current: orNull(ref("decimal")),
          accepted: orNull(ref("decimal")),
          temporary: orNull(string),
          updating: boolean,
          unread: strings,
          unopened: strings,
        }),
      ),
    },
  },
  verify: {
    about: "Whether the files are sound, and whether a server would start on them.",
    fields: {
      source,
      sound: boolean,
      ...verdict,
      transactions: count,
      applied: count,
      digestsMatched: count,
      snapshots: arrayOf(object({ file: string, sound: boolean, znodes: count })),
      logs: arrayOf(object({ file: string, transactions: count, end: logEnd })),
    },
  },
  compare: {
    about:
      "Several servers held against each other. line: the history to follow; tails: transactions that less than a majority holds.",
    fields: {
      source,
      voters: count,
      observers: strings,
      majority: count,
      shared: orNull(epoch),
      line: arrayOf(epoch),
      last: orNull(zxid),
      common: orNull(zxid),
      nodes: arrayOf(
        object({
          name: string,
          sources: strings,
          snapshots: count,
          logs: count,
          transactions: count,
          epochs: arrayOf(epoch),
          currentEpoch: orNull(string),
          acceptedEpoch: orNull(string),
          lastLogged: orNull(zxid),
          lastSnapshot: orNull(zxid),
          reach: orNull(zxid),
          behind: count,
          damage: findings,
          holes: arrayOf(object({ first: zxid, last: zxid, count, bridgedBy: orNull(string), filledBy: strings })),
        }),
      ),
      divergence: orNull(
        object({
          kind: oneOf("fork", "conflict", "digest"),
          zxid,
          after: orNull(zxid),
          sides: arrayOf(object({ nodes: strings, next: orNull(ref("txn")), own: arrayOf(ref("txn")), count })),
        }),
      ),
      tails: arrayOf(
        object({
          kind: oneOf("dead", "uncommitted"),
          nodes: strings,
          first: zxid,
          last: zxid,
          count,
          firstTime: time,
          lastTime: time,
          transactions: arrayOf(ref("txn")),
        }),
      ),
      trees: servedTrees,
      loaded: servedTrees,
      best: object({ nodes: strings, reasons: strings }),
      findings,
    },
  },
  explain: {
    about: "What lines of a server's log mean, or (finding) what a code of zkrewind's own does.",
    fields: { source },
    optional: {
      finding: object(
        { code: string, severity: string, meaning: string, server: string, next: string },
        { damage: boolean, stops: string },
      ),
      lines: count,
      unknown: count,
      others: arrayOf(object({ phrase: string, count, speakers })),
      explanations: arrayOf(
        object(
          {
            id: string,
            role: string,
            phrase: string,
            speakers,
            meaning: string,
            line: string,
            count,
            facts: { type: "object" },
            codes: strings,
            next: arrayOf(object({ say: string }, { run: string })),
          },
          {
            first: string,
            last: string,
            zxid,
            findings,
            seen: arrayOf({ type: "object" }),
            notes: strings,
            damaged: boolean,
            transaction: ref("txn"),
          },
        ),
      ),
    },
  },
  ...written,
  ...backups,
  stats: {
    about: "What there is most of in a range of transactions: log --stats.",
    fields: {
      source,
      total: object(counted),
      first: orNull(ref("moment")),
      last: orNull(ref("moment")),
      busiestSecond: orNull(object({ count, time })),
      largest: arrayOf(
        object({ zxid, time, op: string, bytes: count, file: string, offset: count, path: orNull(path) }),
      ),
    },
    optional: {
      ops: arrayOf(object({ op: string, ...counted })),
      members: arrayOf(object({ op: string, ...counted })),
      errors: mapOf(count),
      paths: arrayOf(
        object({ pattern: string, ...counted, creates: count, sets: count, deletes: count, bySessionEnd: count }),
      ),
      sessions: arrayOf(object({ session: zxid, ...counted, first: zxid, last: zxid })),
      minutes: arrayOf(object({ minute: time, ...counted })),
    },
  },
};
